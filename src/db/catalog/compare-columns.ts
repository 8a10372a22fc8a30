import type { CatalogColumn, CatalogTable } from './catalog.ts';
import * as ddl from './ddl-columns.ts';
import { addConstraint, createIndex } from './ddl.ts';
import { pairByName } from './difference.ts';
import type { Difference } from './difference.ts';
import { quoteIdentifier } from './quote-identifier.ts';

type Attribute = 'type' | 'isNullable' | 'default' | 'identity';

const missing = ({ name: table }: CatalogTable, column: CatalogColumn): Difference => ({
  severity: 'error',
  change: 'missing',
  kind: 'column',
  table,
  object: column.name,
  expected: ddl.columnDefinition(column),
  sentence: `Column ${table}.${column.name} is missing.`,
  mend: ddl.addColumn(table, column),
});

const extra = ({ name: table }: CatalogTable, column: CatalogColumn): Difference => {
  const mustBeGiven = !column.isNullable && column.default === null && column.generated === null && column.identity === null;
  return {
    severity: mustBeGiven ? 'error' : 'warning',
    change: 'extra',
    kind: 'column',
    table,
    object: column.name,
    actual: ddl.columnDefinition(column),
    sentence: `Column ${table}.${column.name} is not ours${mustBeGiven ? ', may not be null and has no default: no row can be inserted' : ''}.`,
    mend: `${ddl.dropColumn(table, column.name)} -- its values are lost`,
  };
};

const SENTENCES: Record<Attribute, (expected: CatalogColumn, actual: CatalogColumn) => string> = {
  type: (expected, actual) => `is ${actual.type}; it should be ${expected.type}`,
  isNullable: (expected) => (expected.isNullable ? 'may not be null; it should be allowed to' : 'may be null; it should not'),
  default: (expected, actual) =>
    `has ${actual.default === null ? 'no default' : `the default ${actual.default}`}; it should have ${expected.default ?? 'none'}`,
  identity: (expected, actual) =>
    `is ${actual.identity === null ? 'no identity' : `an identity, generated ${actual.identity}`}; it should be ` +
    (expected.identity === null ? 'none' : `${actual.identity === null ? 'one, ' : ''}generated ${expected.identity}`),
};

const MENDS: Record<Attribute, (table: string, expected: CatalogColumn, actual: CatalogColumn) => string> = {
  type: ddl.alterColumnType,
  isNullable: ddl.alterColumnNull,
  default: ddl.alterColumnDefault,
  identity: (table, expected, actual) => ddl.alterColumnIdentity(table, expected, actual).join('\n'),
};

/** In the order in which they can be mended: no column has an identity and a default at once. */
const attributesOf = ({ identity }: CatalogColumn): Attribute[] =>
  identity === null ? ['type', 'identity', 'isNullable', 'default'] : ['type', 'isNullable', 'default', 'identity'];

const attributeDiffers = (table: string, attribute: Attribute, expected: CatalogColumn, actual: CatalogColumn): Difference => ({
  severity: 'error',
  change: 'different',
  kind: 'column',
  table,
  object: expected.name,
  expected: String(expected[attribute]),
  actual: String(actual[attribute]),
  sentence: `Column ${table}.${expected.name} ${SENTENCES[attribute](expected, actual)}.`,
  mend: MENDS[attribute](table, expected, actual),
});

const mentions = (column: string, definition: string): boolean =>
  definition.split(/[^\w"]+/).some((word) => word === column || word === quoteIdentifier(column));

/** A dropped column takes its keys, checks and indexes along. */
const replaceColumn = (expected: CatalogTable, actual: CatalogTable, column: CatalogColumn): string => {
  const isLost = ({ name, definition }: { name: string; definition: string }, there: readonly { name: string }[]): boolean =>
    mentions(column.name, definition) && there.some((item) => item.name === name);
  const constraints = expected.constraints.filter((item) => isLost(item, actual.constraints));
  const indexes = expected.indexes.filter((item) => isLost(item, actual.indexes));
  return [
    ddl.dropColumn(expected.name, column.name),
    ddl.addColumn(expected.name, column),
    ...constraints.flatMap((item) => addConstraint(expected, item)),
    ...indexes.map((item) => createIndex(expected, item, { concurrently: false })),
  ].join('\n');
};

const spelledGenerated = (expression: string | null): string => (expression === null ? 'an ordinary column' : `generated as ${expression}`);

const generatedDiffers = (table: CatalogTable, actualTable: CatalogTable, expected: CatalogColumn, actual: CatalogColumn): Difference => ({
  severity: 'error',
  change: 'different',
  kind: 'column',
  table: table.name,
  object: expected.name,
  expected: String(expected.generated),
  actual: String(actual.generated),
  sentence: `Column ${table.name}.${expected.name} is ${spelledGenerated(actual.generated)}; it should be ${spelledGenerated(expected.generated)}.`,
  mend: expected.generated === null ? ddl.dropColumnExpression(table.name, expected.name) : replaceColumn(table, actualTable, expected),
});

/** What is unlike in the columns of a table that both have. */
export const compareColumns = (expected: CatalogTable, actual: CatalogTable): Difference[] => {
  const pairs = pairByName(expected.columns, actual.columns);
  const different = pairs.both.flatMap(([ours, theirs]) => {
    // Made anew, a generated column is right in all else.
    if (ours.generated !== theirs.generated && ours.generated !== null) return [generatedDiffers(expected, actual, ours, theirs)];
    const attributes = attributesOf(ours).filter((attribute) => ours[attribute] !== theirs[attribute]);
    return [
      ...(ours.generated === theirs.generated ? [] : [generatedDiffers(expected, actual, ours, theirs)]),
      ...attributes.map((attribute) => attributeDiffers(expected.name, attribute, ours, theirs)),
    ];
  });
  return [
    ...pairs.missing.map((column) => missing(expected, column)),
    ...different,
    ...pairs.extra.map((column) => extra(expected, column)),
  ];
};
