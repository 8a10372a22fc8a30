import type { ColumnSpec } from '../models/columns.ts';
import { FUNCTIONS, VIEWS } from '../models/routines.ts';
import type { ForeignKey, Index, Table } from '../models/table.ts';
import type { Catalog, CatalogColumn, CatalogConstraint, CatalogIndex, CatalogTable, CatalogTrigger } from './catalog.ts';
import { normaliseExpression } from './normalise-expression.ts';
import { quoteIdentifier } from './quote-identifier.ts';

const EXTENSIONS = ['btree_gist'];
const LONGEST_NAME = 63;

const byName = <T extends { name: string }>(items: readonly T[]): T[] => items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
const list = (columns: readonly string[]): string => columns.map(quoteIdentifier).join(', ');

const nameOf = (prefix: string, table: string, rest: readonly string[]): string => {
  const name = [prefix, table, ...rest].join('_');
  if (name.length > LONGEST_NAME)
    throw new Error(`${name} is longer than the ${LONGEST_NAME} characters that Postgres keeps; name it yourself`);
  return name;
};

const columnOf = ([name, column]: [string, ColumnSpec]): CatalogColumn => ({
  name,
  type: column.type,
  isNullable: column.isNullable,
  default: column.default,
  generated: column.generated === null ? null : normaliseExpression(column.generated),
  identity: column.isIdentity ? 'by default' : null,
});

const literal = (value: string): string => `'${value.replaceAll("'", "''")}'::text`;

const oneOfCheck = (column: string, values: readonly string[]): string => {
  const [only = ''] = values;
  return values.length === 1
    ? `(${quoteIdentifier(column)} = ${literal(only)})`
    : `(${quoteIdentifier(column)} = ANY (ARRAY[${values.map(literal).join(', ')}]))`;
};

/** Checks that a column brings by itself (data model 1.4, 1.5). */
const columnChecks = (table: string, [name, { oneOf, json }]: [string, ColumnSpec]): CatalogConstraint[] => {
  const checks: CatalogConstraint[] = [];
  if (oneOf !== null) checks.push({ name: nameOf('ck', table, [name]), kind: 'check', definition: `CHECK (${oneOfCheck(name, oneOf)})` });
  if (json !== null && json.form !== 'any') {
    const definition = `CHECK ((jsonb_typeof(${quoteIdentifier(name)}) = '${json.form}'::text))`;
    checks.push({ name: nameOf('ck', table, [name, 'json']), kind: 'check', definition });
  }
  return checks;
};

const foreignKeyDefinition = ({ columns, table, to, onDelete, onUpdate }: ForeignKey): string =>
  [
    `FOREIGN KEY (${list(columns)}) REFERENCES ${quoteIdentifier(table)}(${list(to)})`,
    ...(onUpdate === undefined ? [] : [`ON UPDATE ${onUpdate}`]),
    `ON DELETE ${onDelete}`,
  ].join(' ');

/** The constraints of a table, those that its columns bring included. */
export const catalogConstraints = (table: Table): CatalogConstraint[] => [
  { name: nameOf('pk', table.name, []), kind: 'primary key', definition: `PRIMARY KEY (${list(table.primaryKey)})` },
  ...(table.unique ?? []).map(({ columns, name, nullsNotDistinct }): CatalogConstraint => ({
    name: nameOf('uq', table.name, name === undefined ? columns : [name]),
    kind: 'unique',
    definition: `UNIQUE ${nullsNotDistinct === true ? 'NULLS NOT DISTINCT ' : ''}(${list(columns)})`,
  })),
  ...(table.foreignKeys ?? []).map((key): CatalogConstraint => ({
    name: nameOf('fk', table.name, key.columns),
    kind: 'foreign key',
    definition: foreignKeyDefinition(key),
  })),
  ...Object.entries(table.columns).flatMap((column) => columnChecks(table.name, column)),
  ...Object.entries(table.checks ?? {}).map(([name, expression]): CatalogConstraint => ({
    name: nameOf('ck', table.name, [name]),
    kind: 'check',
    definition: `CHECK (${expression})`,
  })),
  ...Object.entries(table.exclusions ?? {}).map(([name, definition]): CatalogConstraint => ({ name, kind: 'exclusion', definition })),
];

/** The columns of an index's keys, without quotes: what its name is made of. */
const keyColumns = (keys: string): string[] => keys.split(',').map((key) => key.trim().replaceAll('"', ''));

/** An index with its full name and definition. */
export const catalogIndex = (table: string, { keys, name, method, isUnique, nullsNotDistinct, where }: Index): CatalogIndex => ({
  name: name ?? nameOf(isUnique === true ? 'uq' : 'idx', table, keyColumns(keys)),
  isUnique: isUnique === true,
  isValid: true,
  definition: [
    `USING ${method ?? 'btree'} (${keys})`,
    ...(nullsNotDistinct === true ? ['NULLS NOT DISTINCT'] : []),
    ...(where === undefined ? [] : [`WHERE ${where}`]),
  ].join(' '),
});

const triggersOf = (table: Table): CatalogTrigger[] => {
  const touch = { when: 'BEFORE UPDATE', run: 'FOR EACH ROW EXECUTE FUNCTION touch_updated_at()' };
  const triggers = { ...(table.columns['updated_at'] !== undefined && { updated_at: touch }), ...table.triggers };
  return Object.entries(triggers).map(([purpose, { when, run }]) => {
    const name = nameOf('trg', table.name, [purpose]);
    return { name, definition: `CREATE TRIGGER ${name} ${when} ON ${quoteIdentifier(table.name)} ${run}`, isEnabled: true };
  });
};

const spelled = <T extends { definition: string }>(item: T): T => ({ ...item, definition: normaliseExpression(item.definition) });

const tableOf = (table: Table): CatalogTable => ({
  name: table.name,
  columns: byName(Object.entries(table.columns).map(columnOf)),
  constraints: byName(catalogConstraints(table).map(spelled)),
  indexes: byName((table.indexes ?? []).map((index) => spelled(catalogIndex(table.name, index)))),
  triggers: byName(triggersOf(table)),
  partitionBy: table.partitionBy === undefined ? null : `RANGE (${quoteIdentifier(table.partitionBy)})`,
  hasDefaultPartition: table.partitionBy !== undefined,
});

/** The schema that the models declare, in the words in which schemas are compared. */
export const modelCatalog = (tables: readonly Table[]): Catalog => ({
  tables: byName(tables.map(tableOf)),
  views: byName(VIEWS),
  functions: byName(FUNCTIONS),
  extensions: EXTENSIONS,
});
