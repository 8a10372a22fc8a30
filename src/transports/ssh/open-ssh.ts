import { once } from 'node:events';
import type { OpenSession, Session } from '../transport.ts';
import { connectSsh } from './connect-ssh.ts';
import type { SshLink } from './connect-ssh.ts';
import { createLoginMethods } from './login-methods.ts';
import { runProgram } from './run-program.ts';
import { within } from './within.ts';

const GOODBYE_MS = 1000;

const close = async (link: SshLink): Promise<void> => {
  if (!link.isOpen) return;
  const closed = once(link.client, 'close');
  link.client.end();
  if (!(await within(GOODBYE_MS, closed))) link.client.destroy();
};

const sessionOf = (link: SshLink): Session => ({
  hostKeyFingerprint: link.hostKeyFingerprint,
  get isOpen() {
    return link.isOpen;
  },
  run: (program, output, signal) => runProgram(link, program, output, signal),
  [Symbol.asyncDispose]: () => close(link),
});

/**
 * SSH by the `ssh2` library, with all algorithms that it offers by itself, cheap ones first and those of old devices last.
 * A host key is accepted when none is pinned, and reported; another than the pinned one is refused before anything of the login is sent.
 */
export const createOpenSsh = (): OpenSession => {
  const methodsOf = createLoginMethods();
  return async (endpoint, signal) => sessionOf(await connectSsh(endpoint, methodsOf(endpoint.secret), signal));
};
