import { connectDatabase } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrations/migrate.ts';
import { startMachinePostgres } from './machine-postgres.ts';

export interface MachineTemplate extends AsyncDisposable {
  /** Of a migrated database that nobody is connected to, on the machine's own PostgreSQL, usually older than the embedded one. */
  templateUrl: string;
}

/** A migrated database that tests can clone, on a server of the machine's own PostgreSQL. */
export const startMachineTemplate = async (): Promise<MachineTemplate> => {
  const server = await startMachinePostgres();
  await server.administer('ALTER ROLE ops CREATEDB');
  const templateUrl = await server.createDatabase();
  const db = connectDatabase({ url: templateUrl, poolSize: 1, applicationName: 'test-setup' });
  await migrate(db, 'test');
  await db.close();
  return { templateUrl, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};
