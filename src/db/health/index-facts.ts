import { IS_OURS } from './look.ts';
import type { Ask } from './look.ts';

/** An index as the catalog describes it; names are quoted where SQL needs it. */
export interface IndexFacts {
  name: string;
  table: string;
  method: string;
  /** Text of each key: a column, or an expression. */
  key_texts: string[];
  /** Each key with its operator class and options, collation and order: equal keys are interchangeable. */
  keys: string[];
  /** Numbers of the columns that are keys; 0 of an expression. */
  key_columns: number[];
  /** Columns of INCLUDE. */
  included: string[];
  predicate: string | null;
  is_unique: boolean;
  nulls_not_distinct: boolean;
  is_primary: boolean;
  is_exclusion: boolean;
  /** False of a constraint that is deferrable. */
  is_immediate: boolean;
  is_valid: boolean;
  is_replica_identity: boolean;
  /** A foreign key points to its columns. */
  is_referenced: boolean;
  /** Of the constraint that it makes true. */
  constraint: string | null;
  /** Part of the index of a partitioned table; goes only with it. */
  is_attached: boolean;
  is_partitioned: boolean;
  /** CREATE INDEX or REINDEX is at work on it. */
  is_being_built: boolean;
  /** With those of the partitions. */
  size_bytes: number;
  scans: number;
}

const INDEXES = `
WITH use AS (
  -- An index of a partitioned table has neither pages nor scans: those of the partitions do.
  SELECT coalesce(pg_partition_root(s.indexrelid)::oid, s.indexrelid) AS root, sum(s.idx_scan)::float8 AS scans,
    sum(pg_relation_size(s.indexrelid))::float8 AS size_bytes
  FROM pg_stat_user_indexes s GROUP BY 1
)
SELECT x.indexrelid::regclass::text AS name, x.indrelid::regclass::text AS table, m.amname::text AS method,
  array(SELECT pg_get_indexdef(x.indexrelid, k, true) FROM generate_series(1, x.indnkeyatts::int) k ORDER BY k) AS key_texts,
  array(SELECT concat_ws('|', pg_get_indexdef(x.indexrelid, k, true), x.indclass[k - 1], x.indcollation[k - 1], x.indoption[k - 1], a.attoptions::text)
    FROM generate_series(1, x.indnkeyatts::int) k JOIN pg_attribute a ON a.attrelid = x.indexrelid AND a.attnum = k ORDER BY k) AS keys,
  (x.indkey::int2[])[0:x.indnkeyatts - 1] AS key_columns,
  array(SELECT pg_get_indexdef(x.indexrelid, k, true) FROM generate_series(x.indnkeyatts + 1, x.indnatts::int) k ORDER BY k) AS included,
  pg_get_expr(x.indpred, x.indrelid) AS predicate,
  x.indisunique AS is_unique, x.indnullsnotdistinct AS nulls_not_distinct, x.indisprimary AS is_primary, x.indisexclusion AS is_exclusion,
  x.indimmediate AS is_immediate, x.indisvalid AND x.indisready AS is_valid, x.indisreplident AS is_replica_identity,
  EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = x.indexrelid) AS is_referenced,
  (SELECT quote_ident(k.conname) FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x')) AS constraint,
  i.relispartition AS is_attached, i.relkind = 'I' AS is_partitioned,
  EXISTS (SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = x.indexrelid) AS is_being_built,
  coalesce(u.size_bytes, 0) AS size_bytes, coalesce(u.scans, 0) AS scans
FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_class c ON c.oid = x.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_am m ON m.oid = i.relam
  LEFT JOIN use u ON u.root = x.indexrelid
WHERE x.indislive AND ${IS_OURS}
ORDER BY 2, 1`;

/** Every index of the database, those of partitions too. */
export const readIndexes = (ask: Ask): Promise<IndexFacts[]> => ask<IndexFacts>(INDEXES);

/** The statement that removes an index, with the constraint that it makes true. */
export const dropStatement = ({ name, table, constraint, is_partitioned: isPartitioned }: IndexFacts): string => {
  if (constraint !== null) return `ALTER TABLE ${table} DROP CONSTRAINT ${constraint};`;
  return isPartitioned ? `DROP INDEX ${name};` : `DROP INDEX CONCURRENTLY ${name};`;
};
