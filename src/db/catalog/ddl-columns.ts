import type { CatalogColumn } from './catalog.ts';
import { quoteIdentifier as quote } from './quote-identifier.ts';

/** A column as CREATE TABLE and ADD COLUMN take it. */
export const columnDefinition = (column: CatalogColumn): string =>
  [
    quote(column.name),
    column.type,
    column.generated !== null && `GENERATED ALWAYS AS (${column.generated}) STORED`,
    column.identity !== null && `GENERATED ${column.identity.toUpperCase()} AS IDENTITY`,
    column.default !== null && `DEFAULT ${column.default}`,
    !column.isNullable && 'NOT NULL',
  ]
    .filter((part) => part !== false)
    .join(' ');

const alter = (table: string, column: string, ...actions: string[]): string =>
  `ALTER TABLE ${quote(table)} ${actions.map((action) => `ALTER COLUMN ${quote(column)} ${action}`).join(', ')};`;

export const addColumn = (table: string, column: CatalogColumn): string =>
  `ALTER TABLE ${quote(table)} ADD COLUMN ${columnDefinition(column)};`;

export const dropColumn = (table: string, name: string): string => `ALTER TABLE ${quote(table)} DROP COLUMN ${quote(name)};`;

/** An explicit cast to a string type would cut what is too long; the implicit one refuses it. */
const usingClause = ({ name, type }: CatalogColumn): string => (/^(character|text)/.test(type) ? '' : ` USING ${quote(name)}::${type}`);

/** The default is taken off meanwhile: it may be none of the new type. */
export const alterColumnType = (table: string, to: CatalogColumn, from: CatalogColumn): string =>
  alter(
    table,
    to.name,
    ...(from.default === null ? [] : ['DROP DEFAULT']),
    `TYPE ${to.type}${usingClause(to)}`,
    ...(to.default === null ? [] : [`SET DEFAULT ${to.default}`]),
  );

export const alterColumnNull = (table: string, { name, isNullable }: CatalogColumn): string =>
  alter(table, name, isNullable ? 'DROP NOT NULL' : 'SET NOT NULL');

export const alterColumnDefault = (table: string, { name, default: value }: CatalogColumn): string =>
  alter(table, name, value === null ? 'DROP DEFAULT' : `SET DEFAULT ${value}`);

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A new sequence goes on after the numbers that are taken already. */
export const alterColumnIdentity = (table: string, to: CatalogColumn, from: CatalogColumn): string[] => {
  if (to.identity === null) return [alter(table, to.name, 'DROP IDENTITY')];
  const identity = `GENERATED ${to.identity.toUpperCase()}`;
  if (from.identity !== null) return [alter(table, to.name, `SET ${identity}`)];
  const sequence = `pg_get_serial_sequence(${literal(quote(table))}, ${literal(to.name)})`;
  return [
    alter(table, to.name, `ADD ${identity} AS IDENTITY`),
    `SELECT setval(${sequence}, coalesce(max(${quote(to.name)}), 0) + 1, false) FROM ${quote(table)};`,
  ];
};

/** From a generated to an ordinary column; what was computed stays as its values. */
export const dropColumnExpression = (table: string, name: string): string => alter(table, name, 'DROP EXPRESSION');
