import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { OidcLogin } from '../../src/services/context.ts';
import { createOidcClient } from '../../src/transports/oidc/create-oidc-client.ts';
import { freePort } from './free-port.ts';

const SERVER = fileURLToPath(new URL('oidc-server.ts', import.meta.url));

/** What the provider says of somebody. */
export interface OidcAccount {
  sub: string;
  email?: string;
  email_verified?: boolean;
  preferred_username?: string;
  groups?: readonly string[];
}

export interface OidcFixture extends AsyncDisposable {
  issuer: string;
  clientSecret: string;
  /** Who comes next; null: whoever comes refuses. */
  comes(account: OidcAccount | null): Promise<void>;
  /** Whether it publishes the keys that it signs with, or others of the same names. */
  publishesItsKeys(isSo: boolean): Promise<void>;
  /** What an API at this address needs to know of the provider. */
  login(
    options?: Partial<Pick<OidcLogin, 'roles' | 'linksByEmail' | 'groupsClaim' | 'refusesLoopback'>> & { clientSecret?: string },
  ): OidcLogin;
  stop(): Promise<void>;
}

/** A real OIDC provider, in a process of its own, that knows the API at `publicUrl`. */
export const startOidcProvider = async (publicUrl: string): Promise<OidcFixture> => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const redirectUrl = `${publicUrl}/api/v1/auth/oidc/callback`;
  const clientSecret = `secret-${port}-of-the-client`;
  const child = spawn(process.execPath, [SERVER, String(port), redirectUrl, clientSecret], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => line === 'ready' && ready.resolve());
  void exited.then(() => ready.reject(new Error(`the provider ended: ${complaints}`)));
  await ready.promise;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const put = async (path: string, body: unknown): Promise<void> => {
    const { status } = await fetch(`${issuer}${path}`, { method: 'PUT', body: JSON.stringify(body) });
    if (status !== 204) throw new Error(`the provider answered ${status}: ${complaints}`);
  };
  return {
    issuer,
    clientSecret,
    comes: (account) => put('/account', account),
    publishesItsKeys: (isSo) => put('/published-keys', isSo),
    login: ({ clientSecret: given = clientSecret, ...options } = {}) => ({
      client: createOidcClient({ issuer, clientId: 'opsconductor', clientSecret: given, scopes: 'openid email profile', redirectUrl }),
      publicUrl,
      groupsClaim: 'groups',
      roles: { admins: 'admin', ops: 'operator', staff: 'viewer' },
      linksByEmail: false,
      refusesLoopback: false,
      ...options,
    }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
