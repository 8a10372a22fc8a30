import { readdirSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrate.ts';
import { ensurePostgresDatabase } from '../../src/embedded/ensure-postgres-database.ts';
import { postgresUser } from '../../src/embedded/postgres-user.ts';
import { POSTGRES_STOP } from '../../src/embedded/release-postgres-folder.ts';
import { runCommand } from '../../src/embedded/run-command.ts';
import { spawnServer } from '../../src/embedded/spawn-server.ts';
import { freePort } from './free-port.ts';

const DEBIAN_FOLDER = '/usr/lib/postgresql';
const OLDEST = 15;
const INITDB_TIMEOUT_MS = 60_000;

const findBinaries = (): string | undefined => {
  const versions = (): string[] => {
    try {
      return readdirSync(DEBIAN_FOLDER);
    } catch {
      return [];
    }
  };
  const [oldest] = versions()
    .map(Number)
    .filter((version) => version >= OLDEST)
    .toSorted((a, b) => a - b);
  return oldest === undefined ? undefined : `${DEBIAN_FOLDER}/${oldest}/bin`;
};

/** Tests on the PostgreSQL of the machine are left out where there is none; never in CI, where they then fail. */
export const withoutMachinePostgres = findBinaries() === undefined && process.env['CI'] === undefined;

export interface MachinePostgres extends AsyncDisposable {
  /** Of a migrated database that nobody is connected to. */
  templateUrl: string;
}

/**
 * Starts the oldest PostgreSQL from 15 on that the machine has, usually older than the embedded one, on a folder of its own.
 * @param more settings, such as `max_connections=20`.
 */
export const startMachinePostgres = async (more: readonly string[] = []): Promise<MachinePostgres> => {
  const binaries = findBinaries();
  if (binaries === undefined)
    throw new Error(`There is no PostgreSQL ${OLDEST} or later in ${DEBIAN_FOLDER}: install the package postgresql`);
  const { user } = await postgresUser();
  const folder = await mkdtemp(join(tmpdir(), 'opsc-postgres-'));
  await chmod(folder, 0o711);
  const [home, data] = [join(folder, 'home'), join(folder, 'home', 'data')];
  await mkdir(home);
  if (user !== undefined) await chown(home, user.uid, user.gid);
  const init = await runCommand(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'opsconductor', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'],
    { ...user, cwd: home, timeoutMs: INITDB_TIMEOUT_MS },
  );
  if (!init.succeeded) throw new Error(`initdb of ${binaries}: ${init.problem}`);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'fsync=off', ...more];
  const server = await spawnServer({
    what: 'The PostgreSQL of the machine',
    executable: join(binaries, 'postgres'),
    args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    cwd: home,
    logFile: join(folder, 'postgres.log'),
    env: {},
    user,
    stopSteps: POSTGRES_STOP,
  });
  const templateUrl = `postgresql://opsconductor@127.0.0.1:${port}/opsconductor`;
  const ended = new AbortController();
  void server.onExit.then(() => ended.abort(new Error('The PostgreSQL of the machine ended')));
  await ensurePostgresDatabase({ url: templateUrl, passwordFile: '', signal: ended.signal });
  const db = connectDatabase({ url: templateUrl, poolSize: 1, applicationName: 'test-setup' });
  await migrate(db, 'test');
  await db.close();
  return {
    templateUrl,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
