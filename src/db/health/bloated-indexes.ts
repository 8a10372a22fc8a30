import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { shareText, sizeText } from '../../domain/quantity-text.ts';
import { IS_OURS } from './look.ts';
import type { Ask, Look } from './look.ts';

const LEAST_BYTES = 10_485_760;
const LEAST_SHARE = 0.5;
const WARNING_BYTES = 104_857_600;

const PAGE_HEADER_BYTES = 24;
const BTREE_PAGE_BYTES = 16;
const ITEM_POINTER_BYTES = 4;
const ALIGN_BYTES = 8;

interface BtreeFacts {
  name: string;
  table: string;
  pages: number;
  rows: number;
  fill_percent: number;
  page_bytes: number;
  /** Of one row, NULLs being nothing. */
  data_bytes: number;
  has_nulls: boolean;
}

// Pages and rows are both of the last VACUUM or ANALYZE, so that a table which has grown since is not taken for bloated. An index with a column that
// has no statistics is left out: its rows have no known width. So is one of the type name, which is stored narrower than the statistics say.
const BTREES = `
WITH leaves AS (
  SELECT x.indexrelid, x.indrelid, x.indkey, x.indnatts, i.relname, i.relpages, i.reltuples, i.reloptions, c.relname AS table_name, n.nspname,
    coalesce(pg_partition_root(i.oid)::oid, i.oid) AS root, coalesce(pg_partition_root(c.oid)::oid, c.oid) AS root_table
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'
    JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE i.relkind = 'i' AND x.indisvalid AND i.reltuples >= 0 AND ${IS_OURS}
), large AS (
  SELECT root FROM leaves GROUP BY root HAVING sum(relpages::float8) * current_setting('block_size')::int > $1
)
SELECT l.root::regclass::text AS name, l.root_table::regclass::text AS table, l.relpages AS pages, l.reltuples::float8 AS rows,
  coalesce((SELECT option_value::int FROM pg_options_to_table(l.reloptions) WHERE option_name = 'fillfactor'), 90) AS fill_percent,
  current_setting('block_size')::int AS page_bytes,
  sum((1 - s.null_frac) * s.avg_width)::float8 AS data_bytes, max(s.null_frac) > 0 AS has_nulls
FROM leaves l JOIN large USING (root)
  CROSS JOIN generate_series(1, l.indnatts::int) place
  JOIN pg_attribute own ON own.attrelid = l.indexrelid AND own.attnum = place
  LEFT JOIN pg_attribute a ON a.attrelid = l.indrelid AND a.attnum = l.indkey[place - 1] AND a.attnum <> 0
  LEFT JOIN pg_stats s ON s.schemaname = l.nspname AND NOT s.inherited
    AND s.tablename = CASE WHEN a.attnum IS NULL THEN l.relname ELSE l.table_name END AND s.attname = coalesce(a.attname, own.attname)
GROUP BY l.root, l.root_table, l.indexrelid, l.relpages, l.reltuples, l.reloptions, l.indnatts
HAVING count(s.avg_width) = l.indnatts AND count(*) FILTER (WHERE a.atttypid = 'name'::regtype) = 0
ORDER BY 1`;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;

/** Pages that a freshly made index of these rows would take; see github.com/ioguix/pgsql-bloat-estimation. */
const pagesWhenFresh = (index: BtreeFacts): number => {
  const header = aligned(index.has_nulls ? 12 : 8);
  const rowBytes = ITEM_POINTER_BYTES + header + aligned(index.data_bytes);
  const usable = (index.page_bytes - PAGE_HEADER_BYTES - BTREE_PAGE_BYTES) * (index.fill_percent / 100);
  return 1 + Math.ceil(index.rows / Math.max(1, Math.floor(usable / rowBytes)));
};

const findingOf = (parts: readonly [BtreeFacts, ...BtreeFacts[]]): DatabaseFinding[] => {
  const [{ name, table, page_bytes: pageBytes }] = parts;
  const real = parts.reduce((sum, { pages }) => sum + pages, 0) * pageBytes;
  const fresh = parts.reduce((sum, part) => sum + Math.min(part.pages, pagesWhenFresh(part)), 0) * pageBytes;
  const share = real === 0 ? 0 : (real - fresh) / real;
  if (real <= LEAST_BYTES || share <= LEAST_SHARE) return [];
  return [
    {
      kind: 'bloated_index',
      severity: real - fresh >= WARNING_BYTES ? 'warning' : 'info',
      object: name,
      sentence: `${name} on ${table} takes ${sizeText(real)}, of which about ${sizeText(real - fresh)} (${shareText(share)}) are empty. This is an estimate from the statistics of the planner.`,
      suggestion: 'Rebuild it. Reads and writes go on meanwhile; it needs room for a second copy.',
      statement: `REINDEX INDEX CONCURRENTLY ${name};`,
      facts: { size_bytes: real, empty_bytes: real - fresh, empty_share: share },
    },
  ];
};

/** B-tree indexes that are mostly empty pages. */
export const bloatedIndexLook: Look = async (ask: Ask) => {
  const leaves = await ask<BtreeFacts>(BTREES, [LEAST_BYTES]);
  const groups = Map.groupBy(leaves, ({ name }) => name);
  return [...groups.values()].flatMap(([first, ...more]) => (first === undefined ? [] : findingOf([first, ...more])));
};
