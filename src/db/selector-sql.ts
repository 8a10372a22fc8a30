import { isSelectorAttribute } from '../domain/selector.ts';
import type { SelectorTerm } from '../domain/selector.ts';
import type { Bind } from './query.ts';
import { ATTRIBUTE_COLUMNS } from './target-attribute.ts';

/** Part of a statement, and what it gets in place of its `$n`. */
export interface BoundCondition {
  sql: string;
  bind: Bind;
}

const columnCondition = ({ is }: SelectorTerm, column: string, place: string): string => {
  if (is === 'set') return `${column} IS NOT NULL`;
  if (is === 'unset') return `${column} IS NULL`;
  return is === 'one_of' ? `${column} = ANY(${place}::text[])` : `(${column} <> ALL(${place}::text[])) IS NOT FALSE`;
};

/** `?` and `@>` are what the index on labels can answer. */
const labelCondition = ({ is }: SelectorTerm, labels: string, place: string): string => {
  const holds = is === 'set' || is === 'unset' ? `${labels} ? ${place}::text` : `${labels} @> ANY(${place}::jsonb[])`;
  return is === 'one_of' || is === 'set' ? holds : `NOT (${holds})`;
};

const labelBind = ({ key, is, values }: SelectorTerm): unknown =>
  is === 'set' || is === 'unset' ? key : values.map((value) => JSON.stringify({ [key]: value }));

/**
 * The condition that a row of universal_targets meets when all terms hold for it: the same answer as `matchesSelector` (domain) has.
 * @param target alias of universal_targets. @param first number of the first `$n` that is free in the statement
 */
export const selectorCondition = (terms: readonly SelectorTerm[], target: string, first: number): BoundCondition => {
  const bind: unknown[] = [];
  const placeOf = (value: unknown): string => `$${first - 1 + bind.push(value)}`;
  const conditions = terms.map((term) => {
    const { key, is, values } = term;
    if (!isSelectorAttribute(key)) return labelCondition(term, `${target}.labels`, placeOf(labelBind(term)));
    const column = `${target}.${ATTRIBUTE_COLUMNS[key]}`;
    return columnCondition(term, column, is === 'set' || is === 'unset' ? '' : placeOf(values));
  });
  return { sql: `(${conditions.length === 0 ? 'true' : conditions.join(' AND ')})`, bind };
};
