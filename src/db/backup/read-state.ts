import pg from 'pg';
import type { Sequelize, Transaction } from 'sequelize';
import { selectRow, selectRows } from '../query.ts';
import type { Manifest } from './manifest.ts';

/** The server's version, `15.12`. */
export const readServerVersion = async (db: Sequelize): Promise<string> => {
  const row = await selectRow<{ version: string }>(db, `SELECT split_part(current_setting('server_version'), ' ', 1) AS version`);
  return row?.version ?? '0';
};

/** The schema that holds OpsConductor's tables, or undefined when the database has none of them. */
export const readSchemaName = async (db: Sequelize, transaction?: Transaction): Promise<string | undefined> => {
  const row = await selectRow<{ name: string }>(
    db,
    `SELECT n.nspname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('schema_migrations')`,
    [],
    transaction,
  );
  return row?.name;
};

/** Applied migrations with their checksums, in order. */
export const readAppliedMigrations = (db: Sequelize, transaction?: Transaction): Promise<Manifest['migrations']> =>
  selectRows(db, 'SELECT name, rtrim(checksum) AS checksum FROM schema_migrations ORDER BY name', [], transaction);

export interface CountRows {
  schema: string;
  transaction?: Transaction;
  /** Told before each table. */
  onTable?: (done: number, total: number) => void;
}

/** Rows of every table of the schema; partitions count for their table. The tables stay locked against DDL until the transaction ends. */
export const countRows = async (db: Sequelize, { schema, transaction, onTable }: CountRows): Promise<Manifest['tables']> => {
  const tables = await selectRows<{ name: string }>(
    db,
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname`,
    [schema],
    transaction,
  );
  const counts: Record<string, number> = {};
  for (const [index, { name }] of tables.entries()) {
    onTable?.(index, tables.length);
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
    const row = await selectRow<{ rows: number }>(db, `SELECT count(*) AS rows FROM ${table}`, [], transaction);
    counts[name] = row?.rows ?? 0;
  }
  return counts;
};
