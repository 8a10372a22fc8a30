import { chown, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ensurePostgresDatabase } from '../../src/embedded/ensure-postgres-database.ts';
import { postgresUser } from '../../src/embedded/postgres-user.ts';
import { runCommand } from '../../src/embedded/run-command.ts';
import { spawnServer } from '../../src/embedded/spawn-server.ts';
import { freePort } from './free-port.ts';

const ROOT = '/usr/lib/postgresql';

const findBinaries = (): string | undefined =>
  (existsSync(ROOT) ? readdirSync(ROOT) : [])
    .toSorted((a, b) => Number(b) - Number(a))
    .map((major) => join(ROOT, major, 'bin'))
    .find((folder) => ['initdb', 'postgres', 'pg_dump', 'pg_restore', 'psql'].every((name) => existsSync(join(folder, name))));

/** Programs of the machine's own PostgreSQL. */
export const machineBinaries = findBinaries() ?? '/no/postgresql';

/** Tests of the machine's own PostgreSQL are left out where there is none; never in CI, where they then fail. */
export const withoutMachinePostgres = findBinaries() === undefined && process.env['CI'] === undefined;

/** Of the role that owns the databases, which is no superuser; with all that a URL must escape. */
export const ROLE_PASSWORD = `pw'"\\ $:@/%é${randomUUID()}`;

export interface MachinePostgres extends AsyncDisposable {
  /** A database, empty and owned by the role unless said otherwise; the URL logs in as the role. */
  createDatabase(options?: { owner?: 'role' | 'superuser' }): Promise<string>;
  /** Logs in to a database as superuser. */
  superuserUrl(database: string): string;
  /** Runs SQL as superuser. */
  administer(sql: string, database?: string): Promise<void>;
}

const initCluster = async (folder: string, superPassword: string, user: { uid: number; gid: number } | undefined): Promise<void> => {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, superPassword);
  if (user !== undefined) for (const path of [folder, passwordFile]) await chown(path, user.uid, user.gid);
  const args = [
    '-D',
    join(folder, 'data'),
    '-U',
    'super',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
  ];
  const { succeeded, problem } = await runCommand(join(machineBinaries, 'initdb'), args, { ...user, cwd: '/', env: {}, timeoutMs: 80_000 });
  if (!succeeded) throw new Error(`initdb: ${problem}`);
};

const startServer = async (folder: string, port: number, user: { uid: number; gid: number } | undefined, more: readonly string[]) => {
  const settings = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', fsync: 'off' };
  const all = [...Object.entries(settings).map(([name, value]) => `${name}=${value}`), ...more];
  return spawnServer({
    what: 'PostgreSQL of the machine',
    executable: join(machineBinaries, 'postgres'),
    args: ['-D', join(folder, 'data'), ...all.flatMap((setting) => ['-c', setting])],
    cwd: '/',
    logFile: join(folder, 'log'),
    env: {},
    user,
    stopSteps: [
      { signal: 'SIGINT', waitMs: 20_000 },
      { signal: 'SIGKILL', waitMs: 10_000 },
    ],
  });
};

/**
 * Starts a server of the machine's own PostgreSQL with a folder, a port and passwords of its own.
 * @param more settings, such as `max_connections=20`.
 */
export const startMachinePostgres = async (more: readonly string[] = []): Promise<MachinePostgres> => {
  const folder = await mkdtemp(join(tmpdir(), 'ops-postgres-'));
  await chmod(folder, 0o700);
  const superPassword = randomUUID();
  const { user } = await postgresUser();
  await initCluster(folder, superPassword, user);
  const port = await freePort();
  const server = await startServer(folder, port, user, more);
  const urlOf = (database: string): string => `postgresql://super:${superPassword}@127.0.0.1:${port}/${database}`;
  const ended = new AbortController();
  void server.onExit.then(() => ended.abort());
  await ensurePostgresDatabase({ url: urlOf('postgres'), passwordFile: join(folder, 'password'), signal: ended.signal });
  const administer = async (sql: string, database = 'postgres'): Promise<void> => {
    const client = new pg.Client({ connectionString: urlOf(database) });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await administer(`CREATE ROLE ops LOGIN PASSWORD ${pg.escapeLiteral(ROLE_PASSWORD)}`);
  return {
    administer,
    superuserUrl: urlOf,
    async createDatabase({ owner = 'role' } = {}) {
      const name = `test_${randomUUID().replaceAll('-', '')}`;
      await administer(`CREATE DATABASE ${name} ${owner === 'role' ? 'OWNER ops' : ''}`);
      return `postgresql://ops:${encodeURIComponent(ROLE_PASSWORD)}@127.0.0.1:${port}/${name}`;
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
