import type { Catalog, CatalogFunction, CatalogView } from './catalog.ts';
import * as ddl from './ddl.ts';
import { pairByName } from './difference.ts';
import type { Difference } from './difference.ts';

/** What the comparison of views and that of functions have in common. */
interface Definition<T extends { name: string }> {
  kind: 'view' | 'function';
  noun: string;
  spell: (item: T) => string;
  create: (item: T) => string;
  drop: (name: string) => string;
  /** Replaced in place, where its users may stay. */
  canReplace: (expected: T, actual: T) => boolean;
}

const VIEW: Definition<CatalogView> = {
  kind: 'view',
  noun: 'View',
  spell: ({ definition }) => definition,
  create: ddl.createView,
  drop: ddl.dropView,
  // It could be when the columns are the same, which the text does not tell.
  canReplace: () => false,
};

const FUNCTION: Definition<CatalogFunction> = {
  kind: 'function',
  noun: 'Function',
  spell: ({ returns, language, body }) => `RETURNS ${returns} LANGUAGE ${language} AS ${body}`,
  create: ddl.createFunction,
  drop: ddl.dropFunction,
  canReplace: (expected, actual) => expected.returns === actual.returns,
};

const compareDefinitions = <T extends { name: string }>(of: Definition<T>, expected: readonly T[], actual: readonly T[]): Difference[] => {
  const pairs = pairByName(expected, actual);
  const changed = pairs.both.filter(([ours, theirs]) => of.spell(ours) !== of.spell(theirs));
  return [
    ...pairs.missing.map((item): Difference => ({
      severity: 'error',
      change: 'missing',
      kind: of.kind,
      object: item.name,
      expected: of.spell(item),
      sentence: `${of.noun} ${item.name} is missing.`,
      mend: of.create(item),
    })),
    ...changed.map(([ours, theirs]): Difference => ({
      severity: 'error',
      change: 'different',
      kind: of.kind,
      object: ours.name,
      expected: of.spell(ours),
      actual: of.spell(theirs),
      sentence: `${of.noun} ${ours.name} has another text than ours: what it gives or does has changed.`,
      mend: of.canReplace(ours, theirs) ? of.create(ours) : `${of.drop(ours.name)}\n${of.create(ours)}`,
    })),
    ...pairs.extra.map((item): Difference => ({
      severity: 'warning',
      change: 'extra',
      kind: of.kind,
      object: item.name,
      actual: of.spell(item),
      sentence: `${of.noun} ${item.name} is not ours.`,
      mend: of.drop(item.name),
    })),
  ];
};

export const compareViews = (expected: Catalog, actual: Catalog): Difference[] => compareDefinitions(VIEW, expected.views, actual.views);

export const compareFunctions = (expected: Catalog, actual: Catalog): Difference[] =>
  compareDefinitions(FUNCTION, expected.functions, actual.functions);

/** Extensions in addition are nobody's harm: many servers bring some. */
export const compareExtensions = (expected: Catalog, actual: Catalog): Difference[] =>
  expected.extensions
    .filter((name) => !actual.extensions.includes(name))
    .map((name) => ({
      severity: 'error',
      change: 'missing',
      kind: 'extension',
      object: name,
      expected: name,
      sentence: `Extension ${name} is missing.`,
      mend: ddl.createExtension(name),
    }));
