import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { countOf, countText } from '../../domain/quantity-text.ts';
import { IS_OURS } from './look.ts';
import type { Ask, Look } from './look.ts';

const MOST_COUNTED = 10_000;

interface DefaultPartition {
  name: string;
  parent: string;
  may_read: boolean;
  estimate: number;
}

const DEFAULT_PARTITIONS = `
SELECT c.oid::regclass::text AS name, h.inhparent::regclass::text AS parent, has_table_privilege(c.oid, 'SELECT') AS may_read,
  greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::float8 AS estimate
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits h ON h.inhrelid = c.oid
WHERE c.relispartition AND c.relkind = 'r' AND pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' AND ${IS_OURS}
ORDER BY 1`;

/** Counted one by one, so that one row in a million is seen, but not further than what makes no difference. */
const countRows = async (ask: Ask, { name, may_read: mayRead, estimate }: DefaultPartition): Promise<number> => {
  if (!mayRead) return estimate;
  const [row] = await ask<{ count: number }>(`SELECT count(*)::int AS count FROM (SELECT FROM ${name} LIMIT ${MOST_COUNTED + 1}) rows`);
  return row?.count ?? 0;
};

const amountText = (rows: number): string => (rows > MOST_COUNTED ? `More than ${countText(MOST_COUNTED)} rows` : countOf(rows, 'row'));

const findingOf = ({ name, parent }: DefaultPartition, rows: number): DatabaseFinding => ({
  kind: 'default_partition_rows',
  severity: 'warning',
  object: name,
  sentence: `${amountText(rows)} of ${parent} ${rows === 1 ? 'lies' : 'lie'} in ${name}, because no partition was there for that time. Every query reads ${name}, it is not dropped with its months, and the partition of that time cannot be made.`,
  suggestion: 'See that a worker runs: it makes partitions ahead. Then move the rows as docs/database-health.md says.',
  facts: { rows },
});

/** Rows that no partition was there for. */
export const defaultPartitionLook: Look = async (ask) => {
  const findings: DatabaseFinding[] = [];
  for (const partition of await ask<DefaultPartition>(DEFAULT_PARTITIONS)) {
    const rows = await countRows(ask, partition);
    if (rows > 0) findings.push(findingOf(partition, rows));
  }
  return findings;
};
