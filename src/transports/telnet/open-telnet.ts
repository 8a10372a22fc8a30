import type { ProgramExit, RemoteProgram } from '../../contracts/transport.ts';
import { throwIfNotSent } from '../../domain/aborted.ts';
import { commandShellOf } from '../../domain/command-shell.ts';
import { abortable, withinConnectTime } from '../abortable.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { OpenSession, OutputSink } from '../transport.ts';
import { connectTelnet } from './connect-telnet.ts';
import type { TelnetLink } from './connect-telnet.ts';
import { pressEnter, runOnDevice } from './device-commands.ts';
import { runInLoop } from './posix-loop.ts';
import { endUnknown, lostBefore } from './telnet-errors.ts';

/** Does one thing over the line; whatever fails leaves a line on which nobody knows what comes next, so it is closed. */
const overLine = async <T>(link: TelnetLink, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  throwIfNotSent(signal);
  const { line, endpoint } = link;
  if (!line.isOpen) throw lostBefore(endpoint, line);
  try {
    return await abortable(signal, line.close, work());
  } catch (error) {
    line.close();
    if (signal.aborted) throw endUnknown(endpoint, signal.reason);
    throw error;
  }
};

const run = (link: TelnetLink, program: RemoteProgram, output: OutputSink, signal: AbortSignal): Promise<ProgramExit> =>
  overLine(link, signal, () => (link.config.shell === 'posix' ? runInLoop(link, program, output) : runOnDevice(link, program, output)));

const ECHO = {
  interpreter: 'sh',
  text: 'echo ok',
  arguments: [],
  workingDirectory: undefined,
  environment: {},
  marker: 'connection-test',
} as const;

const UNENCRYPTED = 'The connection is not encrypted: anyone in between can read the password, the commands and the output.';

const probe = async (link: TelnetLink, signal: AbortSignal): Promise<string> => {
  await overLine(link, signal, async () => {
    if (link.config.shell === 'posix') await runInLoop(link, ECHO, async () => {});
    else await pressEnter(link);
  });
  return UNENCRYPTED;
};

/** Telnet (RFC 854): one connection a session, one command after the other over it. */
export const openTelnet: OpenSession = async (endpoint, signal) => {
  const link = await withinConnectTime('Telnet', endpoint, signal, (limit) => connectTelnet(endpoint, signal, limit));
  const inTurn = oneAtATime(`Telnet to ${endpoint.host} port ${endpoint.port}`);
  return {
    hostKeyFingerprint: undefined,
    login: `Logged in to ${endpoint.host}:${endpoint.port} as ${link.username}`,
    get isOpen() {
      return link.line.isOpen;
    },
    probe: (abort) => inTurn(abort, () => probe(link, abort)),
    shell: commandShellOf(endpoint),
    run: (program, output, abort) => inTurn(abort, () => run(link, program, output, abort)),
    [Symbol.asyncDispose]: async () => link.line.close(),
  };
};
