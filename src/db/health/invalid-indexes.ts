import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { dropStatement } from './index-facts.ts';
import type { IndexFacts } from './index-facts.ts';

/** REINDEX CONCURRENTLY leaves these behind when it fails: the index itself is still there. */
const LEFT_BEHIND = /_cc(new|old)\d*"?$/;

const remedy = (index: IndexFacts): Pick<DatabaseFinding, 'suggestion' | 'statement'> => {
  if (index.is_partitioned)
    return {
      suggestion: 'Give each partition that lacks one an index of the same columns and attach it (ALTER INDEX … ATTACH PARTITION).',
    };
  if (LEFT_BEHIND.test(index.name))
    return { suggestion: 'A REINDEX CONCURRENTLY that failed left it behind. Drop it, then repeat that.', statement: dropStatement(index) };
  const first = index.is_unique ? 'Remove the rows that are there twice, then rebuild it' : 'Rebuild it';
  return { suggestion: `${first}; or drop it when it is not wanted.`, statement: `REINDEX INDEX CONCURRENTLY ${index.name};` };
};

const findingOf = (index: IndexFacts): DatabaseFinding => {
  const about = { kind: 'invalid_index', object: index.name, facts: { size_bytes: index.size_bytes } } as const;
  if (index.is_being_built) {
    const sentence = `${index.name} on ${index.table} is being built, and no query uses it yet.`;
    return { ...about, severity: 'info', sentence, suggestion: 'Wait until CREATE INDEX or REINDEX has ended.' };
  }
  const unique = index.is_unique ? ' Rows that it should refuse may be there already.' : '';
  const sentence = index.is_partitioned
    ? `${index.name} on ${index.table} is not valid: not every partition has its part of it.`
    : `${index.name} on ${index.table} is not valid: making it did not end well. No query uses it, while writes may pay for it.${unique}`;
  return { ...about, severity: 'warning', sentence, ...remedy(index) };
};

/** Indexes that do not work. */
export const invalidIndexFindings = (indexes: readonly IndexFacts[]): DatabaseFinding[] =>
  indexes.filter((index) => !index.is_valid).map(findingOf);
