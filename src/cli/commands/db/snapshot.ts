import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatCatalog } from '../../../db/catalog/expected.ts';
import { introspect } from '../../../db/catalog/introspect.ts';
import { connectDatabase } from '../../../db/connect.ts';
import { migrate } from '../../../db/migrate.ts';
import { startPostgres } from '../../../embedded/start-postgres.ts';
import { readVersion } from '../../../version.ts';

/** `opsconductor db snapshot`: prints what the migrations make, from a database that is made for this and removed. DATABASE_URL is not touched. */
export const snapshot = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'opsconductor-schema-'));
  try {
    await using postgres = await startPostgres({ folder, port: 0, log: (line) => process.stderr.write(`${line}\n`) });
    const db = connectDatabase({ url: postgres.url, poolSize: 1, applicationName: 'opsconductor-schema' });
    try {
      await migrate(db, readVersion());
      process.stdout.write(formatCatalog(await introspect(db)));
    } finally {
      await db.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
