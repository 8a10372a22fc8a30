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
  /** Rows that the scans met, those that a filter threw away among them. */
  rowsRead: number;
  rowsReturned: number;
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** A node that was planned but not needed has no loops; a plan that was not run has no counts at all. */
const isRun = (node: PlanNode): boolean => node['Actual Loops'] !== 0;

const PARTITION = /_(p\d{6}|default)(?=_|$)/;

const nameOf = (node: PlanNode): string => {
  const name = `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name']}`;
  return name.replace(PARTITION, '');
};

const isScan = (node: PlanNode): boolean =>
  node['Node Type'].endsWith('Scan') && (node['Relation Name'] !== undefined || node['Index Name'] !== undefined);

const rowsMet = (node: PlanNode): number => {
  const each = (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return each * (node['Actual Loops'] ?? 0);
};

/** Reads what `EXPLAIN (FORMAT JSON)` gives, with or without ANALYZE. @throws ZodError when it gives something else. */
export const readPlan = (explained: unknown): Plan => {
  const [{ Plan: root }] = Explained.parse(explained);
  const scans = nodesOf(root).filter((node) => isScan(node) && isRun(node));
  return {
    scans: [...new Set(scans.map(nameOf))],
    sequential: scans.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name'] ?? ''),
    // A bitmap's index only points at the rows, which the heap scan above it reads.
    rowsRead: Math.round(scans.filter((node) => node['Node Type'] !== 'Bitmap Index Scan').reduce((sum, node) => sum + rowsMet(node), 0)),
    rowsReturned: Math.round((root['Actual Rows'] ?? 0) * (root['Actual Loops'] ?? 0)),
  };
};
