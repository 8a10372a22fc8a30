import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { freePort } from './free-port.ts';
import { createCertificate } from './tls-certificate.ts';

/** Tests of a real Redis are left out on a machine without it; never in CI, where they then fail. */
export const withoutRedis = spawnSync('redis-server', ['--version']).status !== 0 && process.env['CI'] === undefined;

export interface RedisFixture extends AsyncDisposable {
  port: number;
  tlsPort: number;
  password: string;
  pem: string;
  endpoint(config?: Record<string, unknown>, secret?: Endpoint['secret'] | null): Endpoint;
  /** Over TLS, its certificate trusted. */
  tlsEndpoint(config?: Record<string, unknown>, secret?: Endpoint['secret'] | null): Endpoint;
  stop(): Promise<void>;
}

/** A real Redis on 127.0.0.1 whose users are `ann`, who may do everything, and `reader`, who may only read; nobody else gets in. */
export const startRedis = async (): Promise<RedisFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-redis-'));
  const { certificateFile, keyFile, pem } = createCertificate(folder, 'IP:127.0.0.1');
  const [port, tlsPort] = [await freePort(), await freePort()];
  const password = `pass-${folder.slice(-6)}`;
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `tls-port ${tlsPort}`,
    `tls-cert-file ${certificateFile}`,
    `tls-key-file ${keyFile}`,
    'tls-auth-clients no',
    `dir ${folder}`,
    'save ""',
    'user default off',
    `user ann on >${password} ~* &* +@all`,
    `user reader on >${password} ~* +get +ping +select`,
  ];
  writeFileSync(join(folder, 'redis.conf'), `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [join(folder, 'redis.conf')], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    if (/ready to accept connections/i.test(line)) ready.resolve();
  });
  void exited.then(() => ready.reject(new Error('redis-server ended')));
  await ready.promise;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const known = { type: 'password', username: 'ann', password } as const;
  const endpoint = (at: number, config: Record<string, unknown>, secret: Endpoint['secret'] | null): Endpoint => ({
    methodType: 'redis',
    host: '127.0.0.1',
    port: at,
    config,
    hostKeyFingerprint: undefined,
    platform: 'posix',
    connectTimeoutMs: 10_000,
    keepAliveMs: 0,
    secret: secret ?? undefined,
  });
  return {
    port,
    tlsPort,
    password,
    pem,
    endpoint: (config = {}, secret = known) => endpoint(port, config, secret),
    tlsEndpoint: (config = {}, secret = known) => endpoint(tlsPort, { ssl: true, ca_certificate: pem, ...config }, secret),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
