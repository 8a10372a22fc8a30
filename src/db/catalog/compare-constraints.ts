import type { CatalogConstraint, CatalogTable, ConstraintKind } from './catalog.ts';
import * as ddl from './ddl.ts';
import { pairByName, takeRenamed } from './difference.ts';
import type { Difference } from './difference.ts';
import { readEnumCheck } from './enum-check.ts';

const WORDS: Record<ConstraintKind, { noun: string; missing: string; extra: string }> = {
  'primary key': { noun: 'Primary key', missing: 'rows may be doubled', extra: 'it can refuse what we write' },
  unique: { noun: 'Unique constraint', missing: 'rows may be doubled', extra: 'it can refuse what we write' },
  'foreign key': {
    noun: 'Foreign key',
    missing: 'rows may refer to what is not there',
    extra: 'it can refuse or change what we write and delete',
  },
  check: { noun: 'Check', missing: 'wrong values are let in', extra: 'it can refuse what we write' },
  exclusion: { noun: 'Exclusion constraint', missing: 'rows that exclude each other are let in', extra: 'it can refuse what we write' },
};

const NOT_VALID = / NOT VALID$/;
const isValidated = ({ definition }: CatalogConstraint): boolean => !NOT_VALID.test(definition);

const fieldsOf = ({ name: table }: CatalogTable, { name, kind }: CatalogConstraint) =>
  ({ severity: 'error', kind, table, object: name }) as const;

const titleOf = (table: CatalogTable, { name, kind }: CatalogConstraint): string => `${WORDS[kind].noun} ${name} of ${table.name}`;

const missing = (table: CatalogTable, constraint: CatalogConstraint): Difference => ({
  ...fieldsOf(table, constraint),
  change: 'missing',
  expected: constraint.definition,
  sentence: `${titleOf(table, constraint)} is missing: ${WORDS[constraint.kind].missing}.`,
  mend: ddl.addConstraint(table, constraint).join('\n'),
});

const extra = (table: CatalogTable, constraint: CatalogConstraint): Difference => ({
  ...fieldsOf(table, constraint),
  change: 'extra',
  actual: constraint.definition,
  sentence: `${titleOf(table, constraint)} is not ours: ${WORDS[constraint.kind].extra}.`,
  mend: ddl.dropConstraint(table.name, constraint.name),
});

/** An error too: services tell constraints apart by their names, and so do later migrations. */
const renamed = (table: CatalogTable, [expected, actual]: [CatalogConstraint, CatalogConstraint]): Difference => ({
  ...fieldsOf(table, expected),
  change: 'different',
  expected: expected.name,
  actual: actual.name,
  sentence: `${WORDS[expected.kind].noun} of ${table.name} is named ${actual.name}, it should be ${expected.name}.`,
  mend: ddl.renameConstraint(table.name, actual.name, expected.name),
});

const RULES =
  /^(?<body>.*?\))(?<match> MATCH \w+)?(?: ON UPDATE (?<update>[A-Z ]+?))?(?: ON DELETE (?<delete>[A-Z ]+?))?(?<rest> (?:NOT )?DEFERRABLE.*)?$/;

const rulesOf = (definition: string) => {
  const { body, match = '', rest = '', update = 'NO ACTION', delete: remove = 'NO ACTION' } = RULES.exec(definition)?.groups ?? {};
  return { key: body === undefined ? definition : `${body}${match}${rest}`, update, remove };
};

/** Of two foreign keys that only differ in what happens to rows whose parent changes. */
const rulesSentence = (expected: string, actual: string): string | undefined => {
  const [ours, theirs] = [rulesOf(expected), rulesOf(actual)];
  if (ours.key !== theirs.key) return undefined;
  const unlike = [
    ...(ours.remove === theirs.remove ? [] : [['ON DELETE', theirs.remove, ours.remove] as const]),
    ...(ours.update === theirs.update ? [] : [['ON UPDATE', theirs.update, ours.update] as const]),
  ];
  if (unlike.length === 0) return undefined;
  const has = unlike.map(([event, rule]) => `${event} ${rule}`).join(' ');
  return `has ${has}; it should have ${unlike.map(([event, , rule]) => `${event} ${rule}`).join(' ')}`;
};

const quoteAll = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

const enumSentence = (expected: string, actual: string): string | undefined => {
  const [ours, theirs] = [readEnumCheck(expected), readEnumCheck(actual)];
  if (ours === undefined || theirs === undefined || ours.column !== theirs.column) return undefined;
  const added = theirs.values.filter((value) => !ours.values.includes(value));
  const removed = ours.values.filter((value) => !theirs.values.includes(value));
  const parts = [added.length > 0 && `allows ${quoteAll(added)} in addition`, removed.length > 0 && `lacks ${quoteAll(removed)}`];
  return parts.filter((part) => part !== false).join(' and ');
};

/** What is unlike in two constraints of one name; '' when nothing is: the order of an enum's values says nothing. */
const unlikeness = (expected: CatalogConstraint, actual: CatalogConstraint): string => {
  const [ours, theirs] = [expected, actual].map(({ definition }) => definition.replace(NOT_VALID, '')) as [string, string];
  if (ours !== theirs) {
    const sentence = enumSentence(ours, theirs) ?? rulesSentence(ours, theirs) ?? `is ${theirs}; it should be ${ours}`;
    if (sentence !== '') return sentence;
  }
  return isValidated(expected) && !isValidated(actual) ? 'is not validated: rows that were there before may break it' : '';
};

const mendOf = (table: CatalogTable, expected: CatalogConstraint, actual: CatalogConstraint): string[] =>
  actual.definition.replace(NOT_VALID, '') === expected.definition
    ? [ddl.validateConstraint(table.name, expected.name)]
    : ddl.replaceConstraint(table, expected);

const different = (table: CatalogTable, [expected, actual]: [CatalogConstraint, CatalogConstraint]): Difference[] => {
  const unlike = unlikeness(expected, actual);
  if (unlike === '') return [];
  return [
    {
      ...fieldsOf(table, expected),
      change: 'different',
      expected: expected.definition,
      actual: actual.definition,
      sentence: `${titleOf(table, expected)} ${unlike}.`,
      mend: mendOf(table, expected, actual).join('\n'),
    },
  ];
};

/** What is unlike in the keys, checks and exclusions of a table that both have. */
export const compareConstraints = (expected: CatalogTable, actual: CatalogTable): Difference[] => {
  const pairs = takeRenamed(
    pairByName(expected.constraints, actual.constraints),
    (ours, theirs) => ours.kind === theirs.kind && ours.definition === theirs.definition,
  );
  return [
    ...pairs.missing.map((constraint) => missing(expected, constraint)),
    ...pairs.both.flatMap((both) => different(expected, both)),
    ...pairs.renamed.map((both) => renamed(expected, both)),
    ...pairs.extra.map((constraint) => extra(expected, constraint)),
  ];
};
