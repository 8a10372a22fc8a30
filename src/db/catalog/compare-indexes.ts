import type { CatalogIndex, CatalogTable } from './catalog.ts';
import * as ddl from './ddl.ts';
import { pairByName, takeRenamed } from './difference.ts';
import type { Difference } from './difference.ts';

const CONCURRENTLY = { concurrently: true };

const severityOf = ({ isUnique }: CatalogIndex): Difference['severity'] => (isUnique ? 'error' : 'warning');
const spelled = ({ isUnique, definition }: CatalogIndex): string => `${isUnique ? 'UNIQUE ' : ''}${definition}`;
const titleOf = (table: CatalogTable, { name, isUnique }: CatalogIndex): string =>
  `${isUnique ? 'Unique index' : 'Index'} ${name} of ${table.name}`;

/** `status, created_by` of `USING btree (status, created_by) WHERE …`. */
const keysOf = ({ definition }: CatalogIndex): string =>
  /^USING \w+ \((.*?)\)(?: (?:INCLUDE|NULLS NOT|WITH|TABLESPACE|WHERE).*)?$/.exec(definition)?.[1] ?? definition;

const fieldsOf = (table: CatalogTable, { name }: CatalogIndex) => ({ kind: 'index', table: table.name, object: name }) as const;

const missing = (table: CatalogTable, index: CatalogIndex): Difference => ({
  ...fieldsOf(table, index),
  severity: severityOf(index),
  change: 'missing',
  expected: spelled(index),
  sentence: `${titleOf(table, index)} is missing: ${
    index.isUnique ? `the same ${keysOf(index)} can be there twice` : `look-ups by ${keysOf(index)} become slow`
  }.`,
  mend: ddl.createIndex(table, index, CONCURRENTLY),
});

const extra = (table: CatalogTable, actualTable: CatalogTable, index: CatalogIndex): Difference => ({
  ...fieldsOf(table, index),
  severity: severityOf(index),
  change: 'extra',
  actual: spelled(index),
  sentence: `${titleOf(table, index)} is not ours${index.isUnique ? ': it can refuse what we write' : ''}.`,
  mend: ddl.dropIndex(actualTable, index.name, CONCURRENTLY),
});

/** The name of a unique index tells services what was doubled; any other is only a name. */
const renamed = (table: CatalogTable, [expected, actual]: [CatalogIndex, CatalogIndex]): Difference => ({
  ...fieldsOf(table, expected),
  severity: severityOf(expected),
  change: 'different',
  expected: expected.name,
  actual: actual.name,
  sentence: `${expected.isUnique ? 'Unique index' : 'Index'} of ${table.name} on ${keysOf(expected)} is named ${actual.name}, it should be ${expected.name}.`,
  mend: ddl.renameIndex(actual.name, expected.name),
});

/** Without a unique index doubled rows get in: that one is made anew in one go, with writes waiting. */
const recreate = (table: CatalogTable, index: CatalogIndex): string => {
  const options = { concurrently: !index.isUnique };
  return [ddl.dropIndex(table, index.name, options), ddl.createIndex(table, index, options)].join('\n');
};

const different = (table: CatalogTable, [expected, actual]: [CatalogIndex, CatalogIndex]): Difference[] => {
  const isSame = spelled(expected) === spelled(actual);
  if (isSame && expected.isValid === actual.isValid) return [];
  return [
    {
      ...fieldsOf(table, expected),
      severity: expected.isUnique || actual.isUnique ? 'error' : 'warning',
      change: 'different',
      expected: spelled(expected),
      actual: isSame ? 'not valid' : spelled(actual),
      sentence: isSame
        ? `${titleOf(table, expected)} is not valid, since its making was interrupted: it serves nothing.`
        : `Index ${expected.name} of ${table.name} is ${spelled(actual)}; it should be ${spelled(expected)}.`,
      mend: isSame && table.partitionBy === null ? ddl.reindex(expected.name) : recreate(table, expected),
    },
  ];
};

/** What is unlike in the indexes of a table that both have; those of keys and exclusions come with their constraints. */
export const compareIndexes = (expected: CatalogTable, actual: CatalogTable): Difference[] => {
  const isSame = (ours: CatalogIndex, theirs: CatalogIndex): boolean => spelled(ours) === spelled(theirs);
  const pairs = takeRenamed(pairByName(expected.indexes, actual.indexes), isSame);
  return [
    ...pairs.missing.map((index) => missing(expected, index)),
    ...pairs.both.flatMap((both) => different(expected, both)),
    ...pairs.renamed.map((both) => renamed(expected, both)),
    ...pairs.extra.map((index) => extra(expected, actual, index)),
  ];
};
