import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../src/contracts/transport.ts';

const SNMPD = '/usr/sbin/snmpd';

/** Tests of a real SNMP agent are left out on a machine without net-snmp; never in CI, where they then fail. */
export const withoutSnmpd = !existsSync(SNMPD) && process.env['CI'] === undefined;

export const AUTH_PROTOCOLS = ['MD5', 'SHA', 'SHA-224', 'SHA-256', 'SHA-384', 'SHA-512'] as const;
export const PRIVACY_PROTOCOLS = ['DES', 'AES'] as const;

export const AUTH_KEY = 'auth key "1"';
export const PRIVACY_KEY = 'privacy key 2';

/** Name of the user that the agent knows by these protocols. */
export const userOf = (auth: string, privacy = 'AES'): string => `u_${auth}_${privacy}`.replaceAll('-', '');

export interface SnmpdFixture extends AsyncDisposable {
  port: number;
  endpoint(config: Record<string, unknown>, secret: Endpoint['secret'], fields?: Partial<Endpoint>): Endpoint;
  stop(): Promise<void>;
}

const freeUdpPort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
};

const quoted = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;

const users = (): string[] =>
  AUTH_PROTOCOLS.flatMap((auth) =>
    PRIVACY_PROTOCOLS.flatMap((privacy) => {
      const name = userOf(auth, privacy);
      return [`createUser ${name} ${auth} ${quoted(AUTH_KEY)} ${privacy} ${quoted(PRIVACY_KEY)}`, `rwuser ${name} auth`];
    }),
  );

const configuration = (): string =>
  [
    'rocommunity public',
    'rocommunity6 public',
    'rwcommunity private',
    'sysDescr agent of the test',
    'sysName first\\name',
    'createUser open_user',
    'rouser open_user noauth',
    `createUser strict_user SHA ${quoted(AUTH_KEY)} AES ${quoted(PRIVACY_KEY)}`,
    'rwuser strict_user priv',
    ...users(),
    '',
  ].join('\n');

/** A real snmpd on 127.0.0.1 and ::1, of its own folder; `public` reads, `private` writes, a user for each pair of protocols. */
export const startSnmpd = async (): Promise<SnmpdFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-snmpd-'));
  const file = join(folder, 'snmpd.conf');
  writeFileSync(file, configuration(), { mode: 0o600 });
  mkdirSync(join(folder, 'state'));
  const port = await freeUdpPort();
  const args = ['-f', '-C', '-c', file, '-Le', '-p', join(folder, 'pid'), `udp:127.0.0.1:${port}`, `udp6:[::1]:${port}`];
  const env = { ...process.env, SNMP_PERSISTENT_DIR: join(folder, 'state'), MIBS: '' };
  const child = spawn(SNMPD, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  const exited = once(child, 'exit');
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('NET-SNMP version')) resolve();
    });
    void exited.then(() => reject(new Error(`snmpd ended: ${log}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    port,
    endpoint: (config, secret, fields = {}) => ({
      methodType: 'snmp',
      host: '127.0.0.1',
      port,
      config: { retries: 0, ...config },
      hostKeyFingerprint: undefined,
      platform: 'posix',
      connectTimeoutMs: 10_000,
      keepAliveMs: 0,
      secret,
      ...fields,
    }),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
