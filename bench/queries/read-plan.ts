import { z } from 'zod';

const PlanNode = z.looseObject({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  'Actual Rows': z.number().optional(),
  'Actual Loops': z.number().optional(),
  'Rows Removed by Filter': z.number().optional(),
  'Rows Removed by Index Recheck': z.number().optional(),
  get Plans() {
    return z.array(PlanNode).optional();
  },
});
type PlanNode = z.infer<typeof PlanNode>;

const Explained = z.tuple([z.object({ Plan: PlanNode })]);

/** What a plan did, summed over its scans. */
export interface Plan {
  /** How each table was read, in the order of the plan; partitions of a table count as the table. */
  scans: string[];
  /** Tables and partitions that were read from their beginning to their end. */
  sequential: string[];
  /** Rows that the scans met in each table or partition, those that a filter threw away among them. */
  rowsRead: ReadonlyMap<string, number>;
  rowsReturned: number;
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** A node that was planned but not needed has no loops; a plan that was not run has no counts at all. */
const isRun = (node: PlanNode): boolean => node['Actual Loops'] !== 0;

const PARTITION = /_(p\d{6}|default)(?=_|$)/;

/** Which partition was read whole matters: an empty one is no harm. */
const nameOf = (node: PlanNode): string => {
  const name = `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`;
  return node['Node Type'] === 'Seq Scan' ? name : name.replace(PARTITION, '');
};

const isScan = (node: PlanNode): boolean =>
  node['Node Type'].endsWith('Scan') && (node['Relation Name'] !== undefined || node['Index Name'] !== undefined);

const rowsMet = (node: PlanNode): number => {
  const each = (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return each * (node['Actual Loops'] ?? 0);
};

const sumByTable = (scans: readonly PlanNode[]): Map<string, number> => {
  const sums = new Map<string, number>();
  for (const scan of scans) {
    const table = scan['Relation Name'];
    // A bitmap's index has no table: it only points at the rows, which the heap scan above it reads.
    if (table !== undefined) sums.set(table, (sums.get(table) ?? 0) + rowsMet(scan));
  }
  return sums;
};

/** Reads what `EXPLAIN (FORMAT JSON)` gives, with or without ANALYZE. @throws ZodError when it gives something else. */
export const readPlan = (explained: unknown): Plan => {
  const [{ Plan: root }] = Explained.parse(explained);
  const scans = nodesOf(root).filter((node) => isScan(node) && isRun(node));
  return {
    scans: [...new Set(scans.map(nameOf))],
    sequential: scans.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'] ?? ''),
    rowsRead: sumByTable(scans),
    rowsReturned: Math.round((root['Actual Rows'] ?? 0) * (root['Actual Loops'] ?? 0)),
  };
};
