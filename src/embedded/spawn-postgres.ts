import { dirname, join } from 'node:path';
import type { PreparedPostgres } from './prepare-postgres.ts';
import { POSTGRES_STOP } from './release-postgres-folder.ts';
import { type ServerProcess, spawnServer } from './spawn-server.ts';

/** Given at every start rather than written to the data folder, so that an upgrade of this code changes them. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  max_wal_size: '1GB',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'top',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Failed statements and their rows are the caller's to tell: in this log they could show secrets.
  log_min_messages: 'log',
};

/** Starts the server process on a port; it may still recover, and takes no logins yet. @throws OpsError UNAVAILABLE, see spawnServer. */
export const spawnPostgres = ({ data, binaries, user }: PreparedPostgres, port: number): Promise<ServerProcess> => {
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return spawnServer({
    what: 'The embedded Postgres',
    executable: binaries.postgres,
    args: ['-D', data, ...settings],
    cwd: dirname(binaries.postgres),
    logFile: join(dirname(data), 'logs', 'postgres.log'),
    env: {},
    user,
    stopSteps: POSTGRES_STOP,
  });
};
