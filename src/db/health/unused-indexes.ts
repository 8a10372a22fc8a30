import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { countText, sizeText } from '../../domain/quantity-text.ts';
import { servesForeignKey } from './foreign-keys.ts';
import type { ForeignKey } from './foreign-keys.ts';
import { dropStatement } from './index-facts.ts';
import type { IndexFacts } from './index-facts.ts';
import { sinceText } from './statistics-since.ts';
import type { TableFacts } from './table-facts.ts';

/** A smaller index costs nothing worth a change, and of a small table the planner reads all anyway. */
const LEAST_BYTES = 1_048_576;
const WARNING_BYTES = 104_857_600;
const OLD_ENOUGH_MS = 7 * 86_400_000;
/** So many scans of the table, none of them by this index, say enough before the week is over. */
const MANY_SCANS = 10_000;

export interface UnusedInput {
  indexes: readonly IndexFacts[];
  /** Those that are to go anyway. */
  needless: ReadonlySet<IndexFacts>;
  foreignKeys: readonly ForeignKey[];
  tables: readonly TableFacts[];
  since: Date | null;
  now: Date;
}

const isCandidate = (index: IndexFacts): boolean =>
  index.scans === 0 &&
  index.size_bytes >= LEAST_BYTES &&
  index.is_valid &&
  !(index.is_unique || index.is_exclusion || index.is_replica_identity || index.is_attached);

/** Dropping an index must not leave a foreign key without one: that would be the next finding. */
const isLastFor = (index: IndexFacts, foreignKeys: readonly ForeignKey[], left: readonly IndexFacts[]): boolean =>
  foreignKeys.some((key) => servesForeignKey(index, key) && !left.some((other) => other !== index && servesForeignKey(other, key)));

const findingOf = (index: IndexFacts, tableScans: number, since: Date | null): DatabaseFinding => ({
  kind: 'unused_index',
  severity: index.size_bytes >= WARNING_BYTES ? 'warning' : 'info',
  object: index.name,
  sentence: `No query has used ${index.name} on ${index.table}${sinceText(since)}, while the table was scanned ${countText(tableScans)} times. It takes ${sizeText(index.size_bytes)}, and every write pays for it.`,
  suggestion:
    'Drop it, unless it was made only recently, serves a job that runs seldom, or is used on a read replica, which counts for itself.',
  statement: dropStatement(index),
  facts: { size_bytes: index.size_bytes, scans: 0, table_scans: tableScans },
});

/** Indexes that nothing reads and no rule needs. */
export const unusedIndexFindings = ({ indexes, needless, foreignKeys, tables, since, now }: UnusedInput): DatabaseFinding[] => {
  const isOld = since !== null && now.getTime() - since.getTime() >= OLD_ENOUGH_MS;
  let left = indexes.filter((index) => !needless.has(index));
  return left.filter(isCandidate).flatMap((index) => {
    const facts = tables.find(({ table }) => table === index.table);
    const tableScans = (facts?.sequential_scans ?? 0) + (facts?.index_scans ?? 0);
    if (tableScans === 0 || !(isOld || tableScans >= MANY_SCANS) || isLastFor(index, foreignKeys, left)) return [];
    left = left.filter((other) => other !== index);
    return [findingOf(index, tableScans, since)];
  });
};
