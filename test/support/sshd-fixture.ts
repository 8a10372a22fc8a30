import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshEndpoint, SshSecret } from '../../src/transports/ssh/ssh-endpoint.ts';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import type { KeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { findSshd } from '../../src/embedded/ssh-servers/find-sshd.ts';
import { startSystemSshd } from '../../src/embedded/ssh-servers/system-sshd.ts';
import type { SystemSshd } from '../../src/embedded/ssh-servers/system-sshd.ts';
import { freePort } from './free-port.ts';

/** Tests of real OpenSSH are left out on a machine without it; never in CI, where they then fail. */
export const withoutSshd = findSshd() === undefined && process.env['CI'] === undefined;

export const endpointOf = (port: number, secret: SshSecret, fields: Partial<SshEndpoint> = {}): SshEndpoint => ({
  methodType: 'ssh',
  host: '127.0.0.1',
  port,
  config: {},
  hostKeyFingerprint: undefined,
  platform: 'posix',
  connectTimeoutMs: 10_000,
  keepAliveMs: 0,
  secret,
  ...fields,
});

export interface SshdFixture extends AsyncDisposable {
  folder: string;
  port: number;
  keys: KeyPair;
  server: SystemSshd;
  /** Logs in as the current user with the key that the server knows. */
  endpoint(fields?: Partial<SshEndpoint>): SshEndpoint;
}

export interface FixtureOptions {
  authorizedKey?: string;
  user?: string;
  passwordAuthentication?: boolean;
  sftp?: boolean;
  path?: string;
}

/** A real sshd on 127.0.0.1 with a folder and a key of its own. */
export const startSshdFixture = async (options: FixtureOptions = {}): Promise<SshdFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-sshd-'));
  const keys = createKeyPair();
  const port = await freePort();
  const server = await startSystemSshd({ folder, addresses: ['127.0.0.1'], port, authorizedKey: keys.publicKey, ...options });
  const secret: SshSecret = { type: 'ssh_key', username: options.user ?? userInfo().username, private_key: keys.privateKey };
  return {
    folder,
    port,
    keys,
    server,
    endpoint: (fields) => endpointOf(port, secret, fields),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
