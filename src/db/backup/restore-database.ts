import type { Sequelize } from 'sequelize';
import { OpsError } from '../../domain/ops-error.ts';
import { ensureMonthPartitions } from '../partitions.ts';
import { execute } from '../query.ts';
import { findRestoreTools } from './find-tools.ts';
import type { ToolSearch } from './find-tools.ts';
import { loadBackup } from './load-backup.ts';
import { majorOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { readBackupFile } from './read-backup-file.ts';
import { readServerVersion } from './read-state.ts';
import { refuseFilled, refuseForeignMigrations, refuseOlderServer, refuseSessions, refuseWithoutExtension } from './refuse-restore.ts';
import { verifyRestored } from './verify-restored.ts';

export interface RestoreOptions {
  /** With the password; it goes into the environment of psql only. */
  url: string;
  file: string;
  /** Drop what OpsConductor has in the database, in the same transaction. */
  replace: boolean;
  tools: ToolSearch;
  signal: AbortSignal;
  onBytes?: (bytes: number, total: number) => void;
}

export interface Restored {
  manifest: Manifest;
  /** Migrations of this build that the restored database lacks. */
  pending: string[];
}

const DIFFERENCES_SHOWN = 10;

/** The backup knows the months until it was taken and a few more; those of now must be there before the first row is written. */
const makePartitions = (db: Sequelize): Promise<void> =>
  db.transaction((transaction) => ensureMonthPartitions(db, new Date(), transaction));

const verify = async (db: Sequelize, manifest: Manifest): Promise<void> => {
  const differences = await verifyRestored(db, manifest);
  if (differences.length === 0) return;
  const shown = differences.slice(0, DIFFERENCES_SHOWN).join('; ');
  throw new OpsError(
    'UNPROCESSABLE',
    `The backup was restored, but the database is not what the backup says (${differences.length} difference(s)): ${shown}. Do not use it; please report this.`,
  );
};

const afterLoad = async (db: Sequelize, manifest: Manifest, pending: readonly string[]): Promise<void> => {
  await execute(db, 'ANALYZE');
  await verify(db, manifest);
  if (pending.length === 0) await makePartitions(db);
};

/**
 * Puts a backup into the database, and looks whether all came. All that can be refused is refused before anything is touched; the load is one transaction.
 * @throws OpsError VALIDATION or NOT_FOUND for the file; CONFLICT for what it meets (newer version, rows, sessions, extension); UNPROCESSABLE when the
 *   programs are missing or fail.
 */
export const restoreDatabase = async (db: Sequelize, options: RestoreOptions): Promise<Restored> => {
  const backup = await readBackupFile(options.file);
  const { manifest } = backup;
  const pending = await refuseForeignMigrations(manifest);
  const server = await readServerVersion(db);
  refuseOlderServer(manifest, server);
  const tools = await findRestoreTools(majorOf(server), options.tools);
  await refuseSessions(db);
  await refuseFilled(db, manifest.schema, options.replace);
  await refuseWithoutExtension(db);
  const onBytes = (bytes: number): void => options.onBytes?.(bytes, backup.bytes);
  await loadBackup({ backup, ...tools, url: options.url, replace: options.replace, signal: options.signal, onBytes });
  await afterLoad(db, manifest, pending).catch((error: unknown) => {
    if (error instanceof OpsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OpsError('UNPROCESSABLE', `The backup was restored, but could not be verified: ${reason}.`, { cause: error });
  });
  return { manifest, pending };
};
