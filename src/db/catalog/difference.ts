import type { ConstraintKind } from './catalog.ts';

export type DifferenceKind = 'extension' | 'function' | 'table' | 'partition' | 'column' | ConstraintKind | 'index' | 'trigger' | 'view';

/** One thing in which a database is not as it should be. */
export interface Difference {
  /** `error`: statements of this version can fail, or what is stored can change silently. */
  severity: 'error' | 'warning';
  change: 'missing' | 'different' | 'extra';
  kind: DifferenceKind;
  /** Of what belongs to a table. */
  table?: string;
  /** Its name; of a column without the table. */
  object: string;
  expected?: string;
  actual?: string;
  /** For a person. */
  sentence: string;
  /** Statements that make it equal, one after the other; null where only a person can decide how. */
  mend: string | null;
}

/** Objects of two lists, brought together by name. */
export interface Pairs<T> {
  missing: T[];
  extra: T[];
  both: [expected: T, actual: T][];
}

export const pairByName = <T extends { name: string }>(expected: readonly T[], actual: readonly T[]): Pairs<T> => {
  const actualByName = new Map(actual.map((item) => [item.name, item]));
  const expectedNames = new Set(expected.map(({ name }) => name));
  const pairs: Pairs<T> = { missing: [], extra: actual.filter(({ name }) => !expectedNames.has(name)), both: [] };
  for (const item of expected) {
    const counterpart = actualByName.get(item.name);
    if (counterpart === undefined) pairs.missing.push(item);
    else pairs.both.push([item, counterpart]);
  }
  return pairs;
};

/** Takes from a missing and an extra object that differ in nothing but the name, and gives them as pairs. */
export const takeRenamed = <T extends { name: string }>(
  { missing, extra, both }: Pairs<T>,
  isSame: (expected: T, actual: T) => boolean,
): Pairs<T> & { renamed: [expected: T, actual: T][] } => {
  const renamed: [T, T][] = [];
  const left = [...extra];
  const stillMissing = missing.filter((item) => {
    const at = left.findIndex((candidate) => isSame(item, candidate));
    const [found] = at < 0 ? [] : left.splice(at, 1);
    if (found !== undefined) renamed.push([item, found]);
    return found === undefined;
  });
  return { missing: stillMissing, extra: left, both, renamed };
};
