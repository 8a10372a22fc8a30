import { writeFile } from 'node:fs/promises';
import type { Sequelize } from 'sequelize';
import { readMigrations } from '../../../src/db/migrate.ts';
import { selectRows } from '../../../src/db/query.ts';

interface TableColumns {
  table: string;
  columns: string[];
  /** Its identity column, if any. */
  identity: string | null;
}

/** Tables of this schema, partitioned ones as one, with the columns that can be written. */
export const dumpedTables = (db: Sequelize): Promise<TableColumns[]> =>
  selectRows<TableColumns>(
    db,
    `SELECT c.relname AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns, max(a.attname::text) FILTER (WHERE a.attidentity <> '') AS identity
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition GROUP BY 1 ORDER BY 1`,
  );

const partitions = async (db: Sequelize): Promise<string[]> => {
  const rows = await selectRows<{ sql: string }>(
    db,
    `SELECT format('CREATE TABLE %I PARTITION OF %s %s;', c.relname, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)) AS sql
     FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid WHERE c.relkind = 'r' AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT' ORDER BY 1`,
  );
  return rows.map(({ sql }) => sql);
};

const rowsOf = async (db: Sequelize, { table, columns, identity }: TableColumns): Promise<string[]> => {
  const names = columns.map((name) => `"${name}"`);
  const values = names.map((name) => `quote_nullable(${name}::text)`).join(` || ', ' || `);
  const rows = await selectRows<{ sql: string }>(
    db,
    `SELECT 'INSERT INTO ${table} (${names.join(', ')}) VALUES (' || ${values} || ');' AS sql FROM ${table} ORDER BY ${names[0]}, 1`,
  );
  const next = `SELECT setval(pg_get_serial_sequence('${table}', '${identity}'), (SELECT coalesce(max("${identity}"), 0) + 1 FROM ${table}), false);`;
  return [...rows.map(({ sql }) => sql), ...(identity === null ? [] : [next])];
};

/** Writes a migrated and used database as SQL that one simple query restores into an empty one: the migrations as they were, then the rows. */
export const writeDump = async (db: Sequelize, path: string): Promise<void> => {
  const tables = await dumpedTables(db);
  const rows: string[] = [];
  for (const table of tables) rows.push(...(await rowsOf(db, table)));
  const lines = [
    ...(await readMigrations()).map(({ sql }) => sql),
    ...(await partitions(db)),
    'SET session_replication_role = replica;',
    `TRUNCATE ${tables.map(({ table }) => table).join(', ')};`,
    ...rows,
    'RESET session_replication_role;',
  ];
  await writeFile(path, `${lines.join('\n')}\n`);
};
