import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { sizeText } from '../../domain/quantity-text.ts';
import { dropStatement } from './index-facts.ts';
import type { IndexFacts } from './index-facts.ts';

/** An index that another one makes needless. */
export interface NeedlessIndex {
  index: IndexFacts;
  kept: IndexFacts;
  kind: 'duplicate_index' | 'redundant_index';
}

const startsWith = (list: readonly string[], start: readonly string[]): boolean => start.every((item, place) => list[place] === item);
const containsAll = (list: readonly string[], items: readonly string[]): boolean => items.every((item) => list.includes(item));

const isSameKind = (a: IndexFacts, b: IndexFacts): boolean => a.table === b.table && a.method === b.method && a.predicate === b.predicate;

const canGo = (index: IndexFacts): boolean =>
  index.is_valid && !(index.is_primary || index.is_exclusion || index.is_replica_identity || index.is_referenced || index.is_attached);

const rank = (index: IndexFacts): number => {
  if (index.is_primary) return 4;
  if (!canGo(index)) return 3;
  if (index.constraint !== null) return 2;
  return index.is_unique ? 1 : 0;
};

/** The one to keep first; never a tie, so that of two equal ones exactly one goes. */
const byWorth = (a: IndexFacts, b: IndexFacts): number => rank(b) - rank(a) || b.scans - a.scans || (a.name < b.name ? -1 : 1);

/** Whatever the other one refuses, this one refuses. */
const refusesLike = (kept: IndexFacts, index: IndexFacts): boolean =>
  !index.is_unique || (kept.is_unique && kept.nulls_not_distinct === index.nulls_not_distinct && kept.is_immediate === index.is_immediate);

const duplicateOf = (index: IndexFacts, better: readonly IndexFacts[]): IndexFacts | undefined =>
  better.find(
    (kept) =>
      kept.is_valid &&
      isSameKind(kept, index) &&
      kept.keys.length === index.keys.length &&
      startsWith(kept.keys, index.keys) &&
      kept.included.length === index.included.length &&
      containsAll(kept.included, index.included) &&
      refusesLike(kept, index),
  );

// Of the other methods an index of more columns is another trade: a GIN of two columns is no larger than two of one, a BRIN has no first column.
const longerThan = (index: IndexFacts, others: readonly IndexFacts[]): IndexFacts | undefined =>
  others
    .filter(
      (kept) =>
        kept !== index &&
        kept.is_valid &&
        kept.method === 'btree' &&
        isSameKind(kept, index) &&
        startsWith(kept.keys, index.keys) &&
        containsAll([...kept.key_texts, ...kept.included], index.included) &&
        kept.keys.length + kept.included.length > index.keys.length + index.included.length,
    )
    .toSorted((a, b) => b.keys.length - a.keys.length || byWorth(a, b))[0];

const isPlain = (index: IndexFacts): boolean => !index.is_unique && index.constraint === null;

/** The indexes that could go without a query or a rule missing them. What makes a rule true is never needless to what does not. */
export const needlessIndexes = (indexes: readonly IndexFacts[]): NeedlessIndex[] => {
  const sorted = indexes.toSorted(byWorth);
  const duplicates = sorted.flatMap((index, place): NeedlessIndex[] => {
    const kept = canGo(index) ? duplicateOf(index, sorted.slice(0, place)) : undefined;
    return kept === undefined ? [] : [{ index, kept, kind: 'duplicate_index' }];
  });
  const gone = new Set(duplicates.map(({ index }) => index));
  const rest = sorted.filter((index) => !gone.has(index));
  const redundant = rest.flatMap((index): NeedlessIndex[] => {
    const kept = canGo(index) && isPlain(index) ? longerThan(index, rest) : undefined;
    return kept === undefined ? [] : [{ index, kept, kind: 'redundant_index' }];
  });
  return [...duplicates, ...redundant];
};

const columnsOf = ({ key_texts: keys, included }: IndexFacts): string =>
  `(${keys.join(', ')})${included.length === 0 ? '' : ` INCLUDE (${included.join(', ')})`}`;

export const needlessFinding = ({ index, kept, kind }: NeedlessIndex): DatabaseFinding => {
  const sentence =
    kind === 'duplicate_index'
      ? `${index.name} on ${index.table} is the same index as ${kept.name}: both are of ${columnsOf(index)}.`
      : `${index.name} on ${index.table} ${columnsOf(index)} is the beginning of ${kept.name} ${columnsOf(kept)}, which answers the same queries.`;
  return {
    kind,
    severity: kind === 'duplicate_index' ? 'warning' : 'info',
    object: index.name,
    sentence: `${sentence} It takes ${sizeText(index.size_bytes)}, and every write pays for it.`,
    suggestion: `Drop ${index.name} and keep ${kept.name}.`,
    statement: dropStatement(index),
    facts: { size_bytes: index.size_bytes, scans: index.scans, kept_scans: kept.scans },
  };
};
