import { once } from 'node:events';
import { commandShellOf } from '../../domain/command-shell.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Session } from '../transport.ts';
import { connectSsh } from './connect-ssh.ts';
import type { SshLink } from './connect-ssh.ts';
import { createSshFiles } from './files.ts';
import { createLoginMethods } from './login-methods.ts';
import { runProgram } from './run-program.ts';
import type { SshEndpoint } from './ssh-endpoint.ts';
import { within } from './within.ts';

const GOODBYE_MS = 1000;

const close = async (link: SshLink): Promise<void> => {
  if (!link.isOpen) return;
  const closed = once(link.client, 'close');
  link.client.end();
  if (!(await within(GOODBYE_MS, closed))) link.client.destroy();
};

/** A session that runs programs and works on files. */
export type SshSession = Session & Required<Pick<Session, 'run' | 'files'>>;

const PROBE = {
  interpreter: 'sh',
  text: 'echo ok',
  arguments: [],
  workingDirectory: undefined,
  environment: {},
  marker: 'connection-test',
} as const;

/** Runs an echo: a login that is let in but not given a shell is not one that actions can use. */
const probe = async (link: SshLink, signal: AbortSignal): Promise<string> => {
  const { exitCode } = await runProgram(link, PROBE, async () => {}, signal);
  if (exitCode === 0) return '';
  throw new OpsError('COMMAND_FAILED', `${loginOf(link)}, but an echo ended with exit code ${exitCode}.`);
};

const loginOf = ({ endpoint: { host, port, secret } }: SshLink): string => `Logged in to ${host}:${port} as ${secret.username}`;

const sessionOf = (link: SshLink): SshSession => ({
  login: loginOf(link),
  probe: (signal) => probe(link, signal),
  hostKeyFingerprint: link.hostKeyFingerprint,
  get isOpen() {
    return link.isOpen;
  },
  shell: commandShellOf(link.endpoint),
  run: (program, output, signal) => runProgram(link, program, output, signal),
  files: createSshFiles(link),
  [Symbol.asyncDispose]: () => close(link),
});

/**
 * SSH by the `ssh2` library, with all algorithms that it offers by itself, cheap ones first and those of old devices last.
 * A host key is accepted when none is pinned, and reported; another than the pinned one is refused before anything of the login is sent.
 */
export const createOpenSsh = () => {
  const methodsOf = createLoginMethods();
  return async (endpoint: SshEndpoint, signal: AbortSignal): Promise<SshSession> =>
    sessionOf(await connectSsh(endpoint, methodsOf(endpoint.secret), signal));
};
