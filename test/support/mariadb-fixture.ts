import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createConnection } from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { postgresUser } from '../../src/embedded/postgres-user.ts';
import { freePort } from './free-port.ts';
import { createCertificate } from './tls-certificate.ts';

const SERVER = '/usr/sbin/mariadbd';
const INSTALL = '/usr/bin/mariadb-install-db';

/** Tests of a real MariaDB are left out on a machine without it; never in CI, where they then fail. */
export const withoutMariadb = !existsSync(SERVER) && process.env['CI'] === undefined;

/** With all that a statement or a URL must escape. */
const PASSWORD = `pw'"\\ $:@/%é`;

export interface MariadbFixture extends AsyncDisposable {
  port: number;
  password: string;
  /** The certificate of the server, for 127.0.0.1; empty without TLS. */
  pem: string;
  /** As user `ops`, who may do everything in database `things`; over TLS, its certificate trusted, where the server has it. */
  endpoint(config?: Record<string, unknown>, fields?: Partial<Endpoint>): Endpoint;
  /** Runs a statement as root. */
  administer(sql: string, values?: string[]): Promise<RowDataPacket[]>;
  /** Done when as many statements that hold this text run as are wanted. @returns the ids of their connections */
  untilRunning(text: string, count: number): Promise<number[]>;
  /** Ends the server at once, as a loss of power does. */
  kill(): Promise<void>;
}

const install = (folder: string, user: { uid: number; gid: number } | undefined): void => {
  const args = ['--no-defaults', `--datadir=${join(folder, 'data')}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
  const { status, stderr } = spawnSync(INSTALL, args, { ...user, cwd: '/', encoding: 'utf8' });
  if (status !== 0) throw new Error(`mariadb-install-db: ${stderr}`);
};

const start = async (folder: string, args: readonly string[], user: { uid: number; gid: number } | undefined) => {
  const own = [
    '--no-defaults',
    `--datadir=${join(folder, 'data')}`,
    `--socket=${join(folder, 'socket')}`,
    `--pid-file=${join(folder, 'pid')}`,
  ];
  const child = spawn(SERVER, [...own, '--bind-address=127.0.0.1', ...args], { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<void>();
  const said: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    said.push(line);
    if (line.includes('ready for connections')) ready.resolve();
  });
  void exited.then(() => ready.reject(new Error(`mariadbd ended: ${said.slice(-8).join(' | ')}`)));
  await ready.promise;
  return async () => {
    child.kill('SIGKILL');
    await exited;
  };
};

/** A real MariaDB on 127.0.0.1, with TLS unless said otherwise. */
export const startMariadb = async ({ tls = true }: { tls?: boolean } = {}): Promise<MariadbFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-mariadb-'));
  chmodSync(folder, 0o755);
  const { user } = await postgresUser();
  const { certificateFile, keyFile, pem } = createCertificate(folder, 'IP:127.0.0.1');
  if (user !== undefined) for (const path of [folder, keyFile]) chownSync(path, user.uid, user.gid);
  install(folder, user);
  const port = await freePort();
  const certificates = tls ? [`--ssl-cert=${certificateFile}`, `--ssl-key=${keyFile}`] : ['--skip-ssl'];
  const small = ['--innodb-buffer-pool-size=16M', '--innodb-flush-log-at-trx-commit=0', '--innodb-lock-wait-timeout=1'];
  const kill = await start(folder, [`--port=${port}`, ...small, ...certificates], user);
  const administer = async (sql: string, values: string[] = []): Promise<RowDataPacket[]> => {
    const client = await createConnection({ socketPath: join(folder, 'socket'), user: 'root' });
    try {
      return (await client.query<RowDataPacket[]>(sql, values))[0];
    } finally {
      await client.end();
    }
  };
  await administer('CREATE DATABASE things');
  await administer(`CREATE USER 'ops'@'127.0.0.1' IDENTIFIED BY ?`, [PASSWORD]);
  await administer(`GRANT ALL ON things.* TO 'ops'@'127.0.0.1'`);
  return {
    port,
    password: PASSWORD,
    pem: tls ? pem : '',
    administer,
    kill,
    endpoint: (config = {}, fields = {}) => ({
      methodType: 'mysql',
      host: '127.0.0.1',
      port,
      config: { database: 'things', ...(tls ? { ca_certificate: pem } : {}), ...config },
      hostKeyFingerprint: undefined,
      platform: 'posix',
      connectTimeoutMs: 10_000,
      keepAliveMs: 0,
      secret: { type: 'password', username: 'ops', password: PASSWORD },
      ...fields,
    }),
    async untilRunning(text, count) {
      for (;;) {
        const rows = await administer(
          `SELECT id FROM information_schema.processlist WHERE user = 'ops' AND command <> 'Sleep' AND info LIKE ?`,
          [`%${text}%`],
        );
        if (rows.length === count) return rows.map(({ id }) => Number(id));
      }
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
