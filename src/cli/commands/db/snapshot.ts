import { formatCatalog } from '../../../db/catalog/expected.ts';
import { introspect } from '../../../db/catalog/introspect.ts';
import { migrate } from '../../../db/migrations/migrate.ts';
import { readVersion } from '../../../version.ts';
import { withScratchDatabase } from './with-scratch-database.ts';

/** `opsconductor db snapshot`: prints what the migrations make, from a database that is made for this and removed. */
export const snapshot = (): Promise<void> =>
  withScratchDatabase(async (db) => {
    await migrate(db, readVersion());
    process.stdout.write(formatCatalog(await introspect(db)));
  });
