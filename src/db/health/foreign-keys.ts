import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { countOf } from '../../domain/quantity-text.ts';
import { readIndexes } from './index-facts.ts';
import type { IndexFacts } from './index-facts.ts';
import { IS_OURS } from './look.ts';
import type { Ask, Look } from './look.ts';
import { readTables } from './table-facts.ts';

export interface ForeignKey {
  name: string;
  table: string;
  /** Without quotes or schema, for the name of an index. */
  bare_table: string;
  referenced_table: string;
  column_numbers: number[];
  columns: string[];
  bare_columns: string[];
  is_partitioned: boolean;
}

const WARNING_ROWS = 10_000;
const MAX_NAME_BYTES = 63;

const FOREIGN_KEYS = `
SELECT quote_ident(k.conname) AS name, k.conrelid::regclass::text AS table, c.relname::text AS bare_table,
  k.confrelid::regclass::text AS referenced_table, k.conkey AS column_numbers,
  array(SELECT quote_ident(a.attname) FROM unnest(k.conkey) WITH ORDINALITY u(number, place) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY place) AS columns,
  array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(number, place) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY place) AS bare_columns,
  c.relkind = 'p' AS is_partitioned
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND ${IS_OURS}
ORDER BY 2, 1`;

/** The foreign keys of the database; that of a partitioned table stands for those of its partitions. */
export const readForeignKeys = (ask: Ask): Promise<ForeignKey[]> => ask<ForeignKey>(FOREIGN_KEYS);

/** A look-up by equality finds no NULL, so an index that leaves out only NULLs of these columns serves it. */
const leavesOutOnlyNulls = (predicate: string | null, columns: readonly string[]): boolean =>
  predicate === null ||
  predicate.split(' AND ').every((part) => columns.some((column) => part.replace(/^\(+|\)+$/g, '') === `${column} IS NOT NULL`));

/** Can the look-up that follows a changed or deleted row of the other table use this index? */
export const servesForeignKey = (index: IndexFacts, key: ForeignKey): boolean =>
  index.table === key.table &&
  index.is_valid &&
  (index.method === 'btree' || index.method === 'hash') &&
  key.column_numbers.includes(index.key_columns[0] ?? 0) &&
  leavesOutOnlyNulls(index.predicate, key.columns);

const indexName = ({ bare_table: table, bare_columns: columns }: ForeignKey): string => {
  const name = ['idx', table, ...columns].join('_').slice(0, MAX_NAME_BYTES);
  return /^[a-z_][a-z0-9_]*$/.test(name) ? `${name} ` : '';
};

const findingOf = (key: ForeignKey, rows: number): DatabaseFinding => {
  const columns = key.columns.join(', ');
  const locks = key.is_partitioned ? ' It locks the table against writes while it works: choose a quiet hour.' : '';
  return {
    kind: 'unindexed_foreign_key',
    severity: rows > WARNING_ROWS ? 'warning' : 'info',
    object: key.name,
    sentence: `${key.table} (${columns}) refers to ${key.referenced_table}, and no index begins with it: each row that is deleted there, or gets another key, makes the server read all of ${key.table} (${countOf(rows, 'row')}).`,
    suggestion: `Make an index.${locks}`,
    statement: `CREATE INDEX ${key.is_partitioned ? '' : 'CONCURRENTLY '}${indexName(key)}ON ${key.table} (${columns});`,
    facts: { live_rows: rows },
  };
};

/** Foreign keys that no index serves. */
export const foreignKeyLook: Look = async (ask) => {
  const [indexes, keys, tables] = [await readIndexes(ask), await readForeignKeys(ask), await readTables(ask)];
  return keys
    .filter((key) => !indexes.some((index) => servesForeignKey(index, key)))
    .map((key) => findingOf(key, tables.find(({ table }) => table === key.table)?.live_rows ?? 0));
};
