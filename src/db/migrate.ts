import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import { Umzug } from 'umzug';
import { OpsError } from '../domain/ops-error.ts';
import { ensureMonthPartitions } from './partitions.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));
const MIGRATION_NAME = /^\d{4}-[a-z0-9-]+\.sql$/;

export interface MigrationFile {
  name: string;
  sql: string;
  /** SHA-256 of the file, hexadecimal. */
  checksum: string;
}

/** The migrations of this build, in the order in which they are applied. */
export const readMigrations = async (folder: string = MIGRATIONS_FOLDER): Promise<MigrationFile[]> => {
  const names = (await readdir(folder)).filter((name) => MIGRATION_NAME.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}/${name}`, 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
};

interface AppliedMigration {
  name: string;
  checksum: string;
}

const readApplied = async (db: Sequelize, transaction?: Transaction): Promise<AppliedMigration[]> => {
  const options = { type: QueryTypes.SELECT, ...(transaction && { transaction }) } as const;
  const [found] = await db.query<{ ledger: string | null }>(`SELECT to_regclass('schema_migrations')::text AS ledger`, options);
  if (!found?.ledger) return [];
  return db.query<AppliedMigration>('SELECT name, checksum FROM schema_migrations ORDER BY name', options);
};

/**
 * What still has to be applied.
 * @throws OpsError CONFLICT when an applied file was edited afterwards, or when the database is newer than this build.
 */
const pendingMigrations = (files: readonly MigrationFile[], applied: readonly AppliedMigration[]): MigrationFile[] => {
  for (const { name, checksum } of applied) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined) {
      throw new OpsError(
        'CONFLICT',
        `The database has migration ${name}, which this version of OpsConductor does not know: it is newer than the code. Upgrade OpsConductor.`,
      );
    }
    if (file.checksum !== checksum.trim()) {
      throw new OpsError(
        'CONFLICT',
        `Migration ${name} was edited after it had been applied. Restore the file; put the change into a new migration.`,
      );
    }
  }
  return files.filter(({ name }) => !applied.some((row) => row.name === name));
};

/**
 * Applies all pending migrations in one transaction under an advisory lock: of several migrators at once one works, the others find nothing to do;
 * a failing file leaves nothing behind.
 * @returns the names that were applied.
 */
export const migrate = (db: Sequelize, appVersion: string, folder?: string): Promise<string[]> =>
  db.transaction(async (transaction) => {
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('opsconductor.migrate'))`, { transaction });
    const files = await readMigrations(folder);
    const pending = pendingMigrations(files, await readApplied(db, transaction));
    const started = new Map<string, number>();
    const umzug = new Umzug({
      logger: undefined,
      migrations: pending.map(({ name, sql }) => ({
        name,
        up: async () => {
          started.set(name, performance.now());
          await db.query(sql, { transaction });
        },
      })),
      storage: {
        executed: async () => [],
        unlogMigration: async () => {},
        logMigration: async ({ name }) => {
          const durationMs = Math.round(performance.now() - (started.get(name) ?? 0));
          const checksum = pending.find((file) => file.name === name)?.checksum;
          await db.query('INSERT INTO schema_migrations (name, checksum, duration_ms, app_version) VALUES ($1, $2, $3, $4)', {
            bind: [name, checksum, durationMs, appVersion],
            transaction,
          });
        },
      },
    });
    const applied = (await umzug.up()).map(({ name }) => name);
    await ensureMonthPartitions(db, new Date(), transaction);
    return applied;
  });

/** @throws OpsError UNAVAILABLE or CONFLICT when the database is not exactly at this build's schema. */
export const assertMigrated = async (db: Sequelize): Promise<void> => {
  const pending = pendingMigrations(await readMigrations(), await readApplied(db));
  if (pending.length === 0) return;
  throw new OpsError(
    'UNAVAILABLE',
    `The database lacks ${pending.length} migration(s), first ${pending[0]?.name}. Run: opsconductor migrate`,
  );
};
