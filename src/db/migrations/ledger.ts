import { OpsError } from '../../domain/ops-error.ts';
import type { MigrationFile } from './read-files.ts';

/** A row of schema_migrations. */
export interface AppliedMigration {
  name: string;
  checksum: string;
  applied_at: Date;
  duration_ms: number;
  app_version: string;
}

/** Runs a statement and gives its rows: on one session, or on any connection of a pool. */
export type RunQuery = <T extends object>(sql: string, bind?: unknown[]) => Promise<T[]>;

/** What was applied, in order; nothing when the database was never migrated. */
export const readApplied = async (query: RunQuery): Promise<AppliedMigration[]> => {
  const [found] = await query<{ ledger: string | null }>(`SELECT to_regclass('schema_migrations')::text AS ledger`);
  if (!found?.ledger) return [];
  return query<AppliedMigration>(
    'SELECT name, trim(checksum) AS checksum, applied_at, duration_ms, app_version FROM schema_migrations ORDER BY name',
  );
};

/**
 * What still has to be applied.
 * @throws OpsError CONFLICT when an applied file was edited afterwards, or when the database is newer than this build.
 */
export const pendingMigrations = (files: readonly MigrationFile[], applied: readonly AppliedMigration[]): MigrationFile[] => {
  for (const { name, checksum, app_version: version } of applied) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined) {
      throw new OpsError(
        'CONFLICT',
        `The database has migration ${name} (applied by version ${version}), which this version of OpsConductor does not know: it is newer than the code. Upgrade OpsConductor.`,
      );
    }
    if (file.checksum !== checksum) {
      throw new OpsError(
        'CONFLICT',
        `Migration ${name} was edited after it had been applied. Restore the file; put the change into a new migration.`,
      );
    }
  }
  return files.filter(({ name }) => !applied.some((row) => row.name === name));
};

/** Writes that a file was applied. */
export const recordApplied = async (query: RunQuery, file: MigrationFile, startedAtMs: number, appVersion: string): Promise<void> => {
  await query('INSERT INTO schema_migrations (name, checksum, duration_ms, app_version) VALUES ($1, $2, $3, $4)', [
    file.name,
    file.checksum,
    Math.round(performance.now() - startedAtMs),
    appVersion,
  ]);
};
