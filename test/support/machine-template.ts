import { connectDatabase } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrations/migrate.ts';
import { startMachinePostgres } from './machine-postgres.ts';

export interface MachineTemplate extends AsyncDisposable {
  /** Logs in as superuser to a migrated database that nobody else is connected to, on the machine's own PostgreSQL, usually older than the embedded one. */
  templateUrl: string;
}

/** A migrated database that tests can clone, on a server of the machine's own PostgreSQL. @param settings of the server. */
export const startMachineTemplate = async (settings: readonly string[] = []): Promise<MachineTemplate> => {
  const server = await startMachinePostgres(settings);
  await server.administer('CREATE DATABASE opsconductor');
  const templateUrl = server.superuserUrl('opsconductor');
  const db = connectDatabase({ url: templateUrl, poolSize: 1, applicationName: 'test-setup' });
  await migrate(db, 'test');
  await db.close();
  return { templateUrl, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};
