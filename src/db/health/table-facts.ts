import { IS_OURS } from './look.ts';
import type { Ask } from './look.ts';

/** What is counted of a table; a partitioned table stands for its partitions, whose numbers are added up. */
export interface TableFacts {
  table: string;
  size_bytes: number;
  index_bytes: number;
  live_rows: number;
  dead_rows: number;
  sequential_scans: number;
  sequential_rows: number;
  index_scans: number;
  last_vacuum: Date | null;
  last_analyze: Date | null;
  /** False where autovacuum is off, for the server or for this table. */
  autovacuum: boolean;
}

// After a crash the counters are empty; reltuples is what the last VACUUM or ANALYZE saw. Of a partitioned table it is the sum, which would count twice.
const TABLES = `
SELECT root::regclass::text AS table, sum(size_bytes)::float8 AS size_bytes, sum(index_bytes)::float8 AS index_bytes,
  sum(live_rows)::float8 AS live_rows, sum(n_dead_tup)::float8 AS dead_rows,
  sum(seq_scan)::float8 AS sequential_scans, sum(seq_tup_read)::float8 AS sequential_rows, sum(coalesce(idx_scan, 0))::float8 AS index_scans,
  max(greatest(last_vacuum, last_autovacuum)) AS last_vacuum, max(greatest(last_analyze, last_autoanalyze)) AS last_analyze,
  current_setting('autovacuum')::bool AND bool_and(has_autovacuum) AS autovacuum
FROM (
  SELECT coalesce(pg_partition_root(c.oid)::oid, c.oid) AS root, s.*,
    coalesce(pg_total_relation_size(c.oid), 0) AS size_bytes, coalesce(pg_indexes_size(c.oid), 0) AS index_bytes,
    CASE WHEN s.n_live_tup > 0 OR s.n_dead_tup > 0 OR c.relkind = 'p' THEN s.n_live_tup ELSE greatest(c.reltuples, 0) END AS live_rows,
    coalesce((SELECT option_value::bool FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_enabled'), true) AS has_autovacuum
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${IS_OURS}
) leaves
GROUP BY root ORDER BY size_bytes DESC, 1`;

/** Every table of the database, the largest first. */
export const readTables = (ask: Ask): Promise<TableFacts[]> => ask<TableFacts>(TABLES);
