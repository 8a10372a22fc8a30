import pg from 'pg';
import type { Sequelize, Transaction } from 'sequelize';
import { OpsError } from '../../domain/ops-error.ts';
import { execute, selectRow } from '../query.ts';
import { findTool } from './find-tools.ts';
import type { Tool, ToolSearch } from './find-tools.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import { FORMAT_VERSION, majorOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { countRows, readAppliedMigrations, readSchemaName, readServerVersion } from './read-state.ts';
import { startTool } from './start-tool.ts';
import { refuseExisting, writeBackupFile } from './write-backup-file.ts';

export interface BackupOptions {
  /** With the password; it goes into the environment of pg_dump only. */
  url: string;
  /** Absolute. */
  file: string;
  replaceExisting: boolean;
  tools: ToolSearch;
  appVersion: string;
  signal: AbortSignal;
  onTable?: (done: number, total: number) => void;
  onBytes?: (bytes: number) => void;
}

export interface Backup {
  manifest: Manifest;
  /** Size of the file. */
  bytes: number;
  /** What a person should know about the pg_dump that was used. */
  note: string | undefined;
}

const LOCK_WAIT = '60s';

const readManifest = async (
  db: Sequelize,
  transaction: Transaction,
  { appVersion, onTable }: BackupOptions,
  versions: { server: string; pgDump: string },
): Promise<Manifest> => {
  const schema = await readSchemaName(db, transaction);
  if (schema === undefined) throw new OpsError('CONFLICT', 'This database holds no OpsConductor: there is nothing to back up.');
  const now = await selectRow<{ iso: string }>(
    db,
    `SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS iso`,
    [],
    transaction,
  );
  return {
    format: 'opsconductor-backup',
    format_version: FORMAT_VERSION,
    taken_at: now?.iso ?? '',
    app_version: appVersion,
    server_version: versions.server,
    pg_dump_version: versions.pgDump,
    schema,
    migrations: await readAppliedMigrations(db, transaction),
    tables: await countRows(db, { schema, transaction, ...(onTable && { onTable }) }),
  };
};

const dumpArguments = (schema: string, snapshot: string): string[] => [
  '--format=custom',
  '--no-owner',
  '--no-privileges',
  '--no-password',
  `--schema=${pg.escapeIdentifier(schema)}`,
  `--snapshot=${snapshot}`,
  `--lock-wait-timeout=${LOCK_WAIT}`,
];

const dumpInto = async (options: BackupOptions, pgDump: Tool, manifest: Manifest, snapshot: string): Promise<number> => {
  const { url, file, replaceExisting, signal, onBytes } = options;
  const dump = startTool({ path: pgDump.path, args: dumpArguments(manifest.schema, snapshot), env: libpqEnvironment(url), signal });
  dump.stdin.end();
  return writeBackupFile({ file, manifest, dump: dump.stdout, ended: dump.ended, replaceExisting, onBytes });
};

const noteOf = (pgDump: Tool, server: string): string | undefined =>
  majorOf(pgDump.version) === majorOf(server)
    ? undefined
    : `pg_dump ${pgDump.version} is newer than the server (${server}): this backup can be restored into PostgreSQL ${majorOf(pgDump.version)} or later only.`;

const dumpSnapshot = (db: Sequelize, options: BackupOptions, pgDump: Tool, server: string): Promise<Backup> =>
  db.transaction(async (transaction) => {
    await execute(db, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY', [], transaction);
    await execute(db, 'SET LOCAL idle_in_transaction_session_timeout = 0', [], transaction);
    const exported = await selectRow<{ snapshot: string }>(db, 'SELECT pg_export_snapshot() AS snapshot', [], transaction);
    const manifest = await readManifest(db, transaction, options, { server, pgDump: pgDump.version });
    const bytes = await dumpInto(options, pgDump, manifest, exported?.snapshot ?? '');
    return { manifest, bytes, note: noteOf(pgDump, server) };
  });

/**
 * Backs up the schema of OpsConductor into one file. Rows are counted in the snapshot that pg_dump reads, so that the counts are those of the dump however
 * much is written meanwhile; nobody is stopped by it.
 * @throws OpsError CONFLICT when the file is there or the database holds no OpsConductor; UNPROCESSABLE when pg_dump is missing or fails. No file of
 *   that name is left then.
 */
export const backupDatabase = async (db: Sequelize, options: BackupOptions): Promise<Backup> => {
  await refuseExisting(options.file, options.replaceExisting);
  const server = await readServerVersion(db);
  const pgDump = await findTool('pg_dump', majorOf(server), options.tools, { orNewer: true });
  return dumpSnapshot(db, options, pgDump, server).catch((error: unknown) => {
    if (error instanceof OpsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OpsError('UNPROCESSABLE', `The backup failed, ${options.file} was not written: ${reason}.`, { cause: error });
  });
};
