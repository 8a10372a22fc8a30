import ssh2 from 'ssh2';
import type { Endpoint } from '../../contracts/transport.ts';
import { fingerprintOf } from './connect-ssh.ts';
import { SSH_ALGORITHMS } from './ssh-algorithms.ts';
import { toSshError } from './ssh-errors.ts';

/** Never sent: the connection ends before the login. */
const NOBODY = { type: 'password', username: 'nobody', password: '' } as const;

/**
 * The host key (`SHA256:…`) that an SSH server shows to a session, read before any login: nothing of a credential is sent, whoever answers.
 * The time limit is the endpoint's, and covers name, TCP and key exchange.
 * @throws OpsError as `OpenSession` says
 */
export const readHostKey = async (endpoint: Endpoint): Promise<string> => {
  const client = new ssh2.Client();
  const shown = Promise.withResolvers<string>();
  const fail = (cause: unknown): void => shown.reject(toSshError({ ...endpoint, secret: NOBODY }, cause));
  client.on('error', fail);
  client.once('close', () => fail(new Error('the connection was closed before a host key was shown')));
  try {
    client.connect({
      host: endpoint.host,
      port: endpoint.port,
      username: NOBODY.username,
      readyTimeout: endpoint.connectTimeoutMs,
      algorithms: SSH_ALGORITHMS,
      hostVerifier: (key: Buffer) => {
        shown.resolve(fingerprintOf(key));
        return false;
      },
    });
    return await shown.promise;
  } finally {
    client.destroy();
  }
};
