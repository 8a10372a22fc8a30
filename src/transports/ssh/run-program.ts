import type { ProgramExit, RemoteProgram } from '../../contracts/transport.ts';
import { Aborted, throwIfNotSent } from '../../domain/aborted.ts';
import { buildRemoteProgram } from '../../domain/remote-program.ts';
import type { BuiltProgram } from '../../domain/remote-program.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { runAsRefusal } from '../../domain/run-as.ts';
import type { OutputSink } from '../transport.ts';
import type { SshLink } from './connect-ssh.ts';
import { endRemote } from './end-remote.ts';
import { forUser } from './for-user.ts';
import { connectionLost, openExecChannel } from './exec-channel.ts';
import type { ExecChannel } from './exec-channel.ts';
import { pumpOutput } from './pump-output.ts';
import { within } from './within.ts';

/** A program that was just given its text says its process id at once; without it only half of its tree may be found. */
const PID_WAIT_MS = 2000;

const HEAD_CHARS = 1_000;
const NOT_STARTED = 'The program was not started.';
const ENDED = 'The program on the target was ended.';

const isReason = (error: unknown, signal: AbortSignal): boolean => signal.aborted && error === signal.reason;

/** What tells a program's processes from others, and whose they are. */
type Identity = Pick<RemoteProgram, 'marker' | 'runAs'>;

/** Passes output on and keeps the beginning of standard error: sudo says there why it refuses. */
const createHead = (output: OutputSink) => {
  let text = '';
  const sink: OutputSink = (stream, chunk) => {
    if (stream === 'stderr') text = (text + chunk.toString()).slice(0, HEAD_CHARS);
    return output(stream, chunk);
  };
  return { sink, text: () => text };
};

const exitOf = (link: SshLink, { exit }: ExecChannel): ProgramExit => {
  if (exit !== undefined) return exit;
  throw connectionLost(
    link,
    link.isOpen ? 'off the program without telling its exit code' : 'while the program ran; it may still run there',
  );
};

const start = async (link: SshLink, commandLine: string, aborted: Promise<never>, signal: AbortSignal): Promise<ExecChannel> => {
  const opened = openExecChannel(link, commandLine);
  try {
    return await Promise.race([opened, aborted]);
  } catch (error) {
    // The line does nothing before it is given its input, so closing is enough.
    opened.then((exec) => exec.channel.close()).catch(() => undefined);
    throw isReason(error, signal) ? new Aborted('not_sent', NOT_STARTED, error) : error;
  }
};

interface Following extends Identity {
  stdin: string;
  output: OutputSink;
  aborted: Promise<never>;
  signal: AbortSignal;
}

const follow = async (link: SshLink, exec: ExecChannel, following: Following): Promise<ProgramExit> => {
  const { marker, runAs, stdin, output, aborted, signal } = following;
  const said = createHead(output);
  const pump = pumpOutput(exec.channel, runAs === undefined ? output : said.sink);
  const finished = Promise.all([pump.delivered, exec.closed]);
  exec.channel.end(stdin);
  try {
    await Promise.race([finished, aborted]);
  } catch (error) {
    await within(PID_WAIT_MS, Promise.race([pump.pidSeen, exec.exited]));
    const isEnded = await endRemote(link, { exec, marker, pid: pump.pid, runAs });
    if (isEnded) throw isReason(error, signal) ? new Aborted('ended', ENDED, error) : error;
    if (error instanceof OpsError && !isReason(error, signal)) throw error;
    const { host, port } = link.endpoint;
    const message = `The program on ${host}:${port} was to be ended, but it could not be seen to end: it may run still. Look at the target.`;
    throw new OpsError('OUTCOME_UNKNOWN', message, { cause: error });
  } finally {
    pump.stop();
    exec.channel.close();
  }
  const exit = exitOf(link, exec);
  const { host, port, secret } = link.endpoint;
  if (runAs !== undefined && pump.pid === undefined) throw runAsRefusal(`SSH to ${host} port ${port}`, secret.username, runAs, said.text());
  return exit;
};

/** Runs what was built for the target, as `Session.run` says. @throws as runProgram */
export const runBuilt = async (
  link: SshLink,
  built: BuiltProgram,
  identity: Identity,
  output: OutputSink,
  signal: AbortSignal,
): Promise<ProgramExit> => {
  throwIfNotSent(signal, NOT_STARTED);
  const { commandLine, stdin } = forUser(link, built, identity.runAs);
  const abort = Promise.withResolvers<never>();
  abort.promise.catch(() => undefined);
  const onAbort = (): void => abort.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const exec = await start(link, commandLine, abort.promise, signal);
    return await follow(link, exec, { ...identity, stdin, output, aborted: abort.promise, signal });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/**
 * Runs a program over a link, as `Session.run` says. It ends when the output ends: what a program leaves behind in the background
 * keeps it going as long as it holds standard output or standard error.
 * @throws OpsError OUTCOME_UNKNOWN when the program was to be ended and was not seen to end; CONNECTION_LOST, PROTOCOL_ERROR, VALIDATION, METHOD_UNSUPPORTED, RUN_AS_REFUSED; the error of the sink. Aborted when it was not started, or has ended.
 */
export const runProgram = async (link: SshLink, program: RemoteProgram, output: OutputSink, signal: AbortSignal): Promise<ProgramExit> =>
  runBuilt(link, buildRemoteProgram(program, link.endpoint.platform), program, output, signal);
