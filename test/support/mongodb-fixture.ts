import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { freePort } from './free-port.ts';
import { createCertificate } from './tls-certificate.ts';

/** Where .ci/build-ferretdb puts it. */
const FERRETDB = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'opsconductor/ferretdb/1.24.0/ferretdb');

/** Tests of MongoDB's protocol are left out on a machine without FerretDB; never in CI, where they then fail. */
export const withoutFerretdb = !existsSync(FERRETDB) && process.env['CI'] === undefined;

export interface MongodbFixture extends AsyncDisposable {
  port: number;
  tlsPort: number;
  pem: string;
  password: string;
  /** As the user `ann`. */
  endpoint(config?: Record<string, unknown>, secret?: Endpoint['secret'] | null): Endpoint;
  tlsEndpoint(config?: Record<string, unknown>, secret?: Endpoint['secret'] | null): Endpoint;
  stop(): Promise<void>;
}

/** FerretDB, which speaks MongoDB's protocol, on 127.0.0.1 with its data in SQLite; it knows the user `ann` and lets nobody else in. */
export const startFerretdb = async (): Promise<MongodbFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-mongodb-'));
  mkdirSync(join(folder, 'data'));
  const { certificateFile, keyFile, pem } = createCertificate(folder, 'IP:127.0.0.1');
  const [port, tlsPort] = [await freePort(), await freePort()];
  const password = `pä"$$:/@${folder.slice(-6)}`;
  const args = [
    '--handler=sqlite',
    `--sqlite-url=file:${folder}/data/`,
    `--state-dir=${folder}`,
    `--listen-addr=127.0.0.1:${port}`,
    `--listen-tls=127.0.0.1:${tlsPort}`,
    `--listen-tls-cert-file=${certificateFile}`,
    `--listen-tls-key-file=${keyFile}`,
    '--debug-addr=-',
    '--telemetry=disable',
    '--test-enable-new-auth',
    '--setup-database=admin',
    '--setup-username=ann',
  ];
  const env = { ...process.env, FERRETDB_SETUP_PASSWORD: password, DO_NOT_TRACK: '1' };
  const child = spawn(FERRETDB, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  const heard: string[] = [];
  let listening = 0;
  createInterface(child.stderr).on('line', (line) => {
    heard.push(line);
    if (line.includes('Listening on')) listening += 1;
    if (listening === 2) ready.resolve();
  });
  void exited.then(() => ready.reject(new Error(`ferretdb ended: ${heard.join('\n')}`)));
  await ready.promise;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const ann = { type: 'password', username: 'ann', password } as const;
  const endpoint = (at: number, config: Record<string, unknown>, secret: Endpoint['secret'] | null): Endpoint => ({
    methodType: 'mongodb',
    host: '127.0.0.1',
    port: at,
    config: { database: 'shop', ...config },
    hostKeyFingerprint: undefined,
    platform: 'posix',
    connectTimeoutMs: 10_000,
    keepAliveMs: 0,
    secret: secret ?? undefined,
  });
  return {
    port,
    tlsPort,
    pem,
    password,
    endpoint: (config = {}, secret = ann) => endpoint(port, config, secret),
    tlsEndpoint: (config = {}, secret = ann) => endpoint(tlsPort, { ssl: true, ca_certificate: pem, ...config }, secret),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
