import type { Sequelize } from 'sequelize';
import { OpsError } from '../../domain/ops-error.ts';
import { ensureMonthPartitions } from '../partitions.ts';
import { execute, selectRows } from '../query.ts';
import { migrationObstacle, readServerFacts, versionProblem } from '../server-facts.ts';
import { isDestructive } from './destructive.ts';
import { pendingMigrations, readApplied } from './ledger.ts';
import type { RunQuery } from './ledger.ts';
import { readMigrations } from './read-files.ts';
import type { MigrationFile } from './read-files.ts';
import { groupFiles, refuseDestructive, runOutsideFile, runTransactionFiles } from './run-files.ts';
import { withMigrationLock } from './session.ts';

export interface MigrateOptions {
  /** Apply files that remove data, too. An empty database has none to lose and is never refused. */
  allowDestructive?: boolean;
  /** Told once when another migrator is at work, with the process id of its session. */
  onWait?: (holderPid: number | undefined) => void;
}

const applyPending = async (
  query: RunQuery,
  files: readonly MigrationFile[],
  appVersion: string,
  allowDestructive: boolean,
): Promise<string[]> => {
  const facts = await readServerFacts(query);
  const tooOld = versionProblem(facts);
  if (tooOld !== undefined) throw new OpsError('UNAVAILABLE', tooOld);
  const applied = await readApplied(query);
  const pending = pendingMigrations(files, applied);
  const obstacle = migrationObstacle(facts);
  if (obstacle !== undefined) throw new OpsError('UNAVAILABLE', obstacle);
  if (!allowDestructive && applied.length > 0) refuseDestructive(pending, ({ statements }) => statements.some(isDestructive));
  for (const group of groupFiles(pending)) {
    const [first] = group;
    if (first?.form === 'outside') await runOutsideFile(query, first, appVersion);
    else await runTransactionFiles(query, group, appVersion);
  }
  return pending.map(({ name }) => name);
};

/** Migrators make them one after another: CREATE TABLE IF NOT EXISTS fails when two do it at once. */
const makePartitions = (db: Sequelize): Promise<void> =>
  db.transaction(async (transaction) => {
    await execute(db, `SELECT pg_advisory_xact_lock(hashtext('opsconductor.partitions'))`, [], transaction);
    await ensureMonthPartitions(db, new Date(), transaction);
  });

/**
 * Applies all pending migrations under an advisory lock: of several migrators at once one works, the others find nothing to do. Neighbouring files
 * share one transaction, so that a failing one leaves nothing of them; a file that is declared to run outside a transaction is applied by itself.
 * @returns the names that were applied.
 * @throws OpsError UNAVAILABLE when this database cannot be migrated; CONFLICT when it is newer than the code, when an applied file was edited, or
 * when data would be removed and that is not allowed; INTERNAL with file and line when a statement fails.
 */
export const migrate = async (db: Sequelize, appVersion: string, folder?: string, options: MigrateOptions = {}): Promise<string[]> => {
  const { allowDestructive = false, onWait = () => {} } = options;
  const files = await readMigrations(folder);
  const applied = await withMigrationLock(db, onWait, (query) => applyPending(query, files, appVersion, allowDestructive));
  await makePartitions(db);
  return applied;
};

/** @throws OpsError UNAVAILABLE or CONFLICT when the database is not exactly at this build's schema. */
export const assertMigrated = async (db: Sequelize): Promise<void> => {
  const pending = pendingMigrations(await readMigrations(), await readApplied((sql, bind) => selectRows(db, sql, bind)));
  if (pending.length === 0) return;
  throw new OpsError(
    'UNAVAILABLE',
    `The database lacks ${pending.length} migration(s), first ${pending[0]?.name}. Run: opsconductor migrate`,
  );
};
