import type { Catalog, CatalogTable } from './catalog.ts';
import { compareColumns } from './compare-columns.ts';
import { compareConstraints } from './compare-constraints.ts';
import { compareIndexes } from './compare-indexes.ts';
import { compareTriggers } from './compare-triggers.ts';
import * as ddl from './ddl.ts';
import { pairByName } from './difference.ts';
import type { Difference } from './difference.ts';
import { quoteIdentifier } from './quote-identifier.ts';

/**
 * Of several missing tables, each statement brings the foreign keys whose second table is there by then.
 * @param missing in the order in which they will be made.
 */
const createMissing = (missing: readonly CatalogTable[], at: number): string => {
  const orderOf = (definition: string): number =>
    missing.findIndex(({ name }) => definition.includes(` REFERENCES ${quoteIdentifier(name)}(`));
  const foreignKeys = missing
    .slice(0, at + 1)
    .flatMap((table, index) =>
      table.constraints
        .filter(({ kind, definition }) => kind === 'foreign key' && Math.max(index, orderOf(definition)) === at)
        .flatMap((constraint) => ddl.addConstraint(table, constraint)),
    );
  const table = missing[at];
  if (table === undefined) return '';
  return [
    ...ddl.createTable(table),
    ...table.indexes.map((index) => ddl.createIndex(table, index, { concurrently: false })),
    ...table.triggers.map(ddl.createTrigger),
    ...foreignKeys,
  ].join('\n');
};

const missingTable = (missing: readonly CatalogTable[], { name }: CatalogTable, at: number): Difference => ({
  severity: 'error',
  change: 'missing',
  kind: 'table',
  object: name,
  sentence: `Table ${name} is missing.`,
  mend: createMissing(missing, at),
});

const extraTable = ({ name }: CatalogTable): Difference => ({
  severity: 'warning',
  change: 'extra',
  kind: 'table',
  object: name,
  sentence: `Table ${name} is not ours.`,
  mend: `${ddl.dropTable(name)} -- its rows are lost`,
});

const spelledPartitioning = (key: string | null): string => (key === null ? 'not partitioned' : `partitioned by ${key}`);

/** A table cannot be partitioned in place: its rows have to be copied, which no statement here does. */
const partitionKeyDiffers = (expected: CatalogTable, actual: CatalogTable): Difference => ({
  severity: 'error',
  change: 'different',
  kind: 'table',
  object: expected.name,
  expected: spelledPartitioning(expected.partitionBy),
  actual: spelledPartitioning(actual.partitionBy),
  sentence: `Table ${expected.name} is ${spelledPartitioning(actual.partitionBy)}; it should be ${spelledPartitioning(expected.partitionBy)}.`,
  mend: null,
});

const defaultPartitionOf = ({ name }: CatalogTable): string => `${name}_default`;

const missingDefault = (expected: CatalogTable, actual: Catalog): Difference => {
  const partition = defaultPartitionOf(expected);
  const isDetached = actual.tables.some(({ name }) => name === partition);
  return {
    severity: 'error',
    change: 'missing',
    kind: 'partition',
    table: expected.name,
    object: partition,
    sentence: `Table ${expected.name} lacks its default partition ${partition}${isDetached ? ', which is there by itself' : ''}: rows outside its months are refused.`,
    mend: isDetached ? ddl.attachDefaultPartition(expected.name) : ddl.createDefaultPartition(expected.name),
  };
};

const extraDefault = (expected: CatalogTable): Difference => ({
  severity: 'warning',
  change: 'extra',
  kind: 'partition',
  table: expected.name,
  object: defaultPartitionOf(expected),
  sentence: `Table ${expected.name} has a default partition that is not ours.`,
  mend: ddl.detachDefaultPartition(expected.name),
});

const comparePartitioning = (expected: CatalogTable, actual: CatalogTable, all: Catalog): Difference[] => {
  if (expected.partitionBy !== actual.partitionBy) return [partitionKeyDiffers(expected, actual)];
  if (expected.hasDefaultPartition === actual.hasDefaultPartition) return [];
  return [expected.hasDefaultPartition ? missingDefault(expected, all) : extraDefault(expected)];
};

/** What is unlike in tables and in all that belongs to one. */
export const compareTables = (expected: Catalog, actual: Catalog): Difference[] => {
  const pairs = pairByName(expected.tables, actual.tables);
  const detached = new Set(expected.tables.filter((table) => table.hasDefaultPartition).map(defaultPartitionOf));
  return [
    ...pairs.missing.map((table, at) => missingTable(pairs.missing, table, at)),
    ...pairs.both.flatMap(([ours, theirs]) => [
      ...comparePartitioning(ours, theirs, actual),
      ...compareColumns(ours, theirs),
      ...compareConstraints(ours, theirs),
      ...compareIndexes(ours, theirs),
      ...compareTriggers(ours, theirs),
    ]),
    ...pairs.extra.filter(({ name }) => !detached.has(name)).map(extraTable),
  ];
};
