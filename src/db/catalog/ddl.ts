import type { CatalogConstraint, CatalogFunction, CatalogIndex, CatalogTable, CatalogTrigger, CatalogView } from './catalog.ts';
import { columnDefinition } from './ddl-columns.ts';
import { quoteIdentifier as quote } from './quote-identifier.ts';

/** What a statement must know about the table that it is for. */
export type TableRef = Pick<CatalogTable, 'name' | 'partitionBy'>;

export const createExtension = (name: string): string => `CREATE EXTENSION IF NOT EXISTS ${quote(name)};`;

/** With all constraints but the foreign keys, whose tables may not be there yet; with its default partition. */
export const createTable = (table: CatalogTable): string[] => {
  const constraints = table.constraints.filter(({ kind }) => kind !== 'foreign key');
  const lines = [
    ...table.columns.map(columnDefinition),
    ...constraints.map(({ name, definition }) => `CONSTRAINT ${quote(name)} ${definition}`),
  ];
  const partitioning = table.partitionBy === null ? '' : ` PARTITION BY ${table.partitionBy}`;
  const create = `CREATE TABLE ${quote(table.name)} (\n  ${lines.join(',\n  ')}\n)${partitioning};`;
  return table.hasDefaultPartition ? [create, createDefaultPartition(table.name)] : [create];
};

export const dropTable = (name: string): string => `DROP TABLE ${quote(name)};`;

export const createDefaultPartition = (table: string): string =>
  `CREATE TABLE ${quote(`${table}_default`)} PARTITION OF ${quote(table)} DEFAULT;`;

export const attachDefaultPartition = (table: string): string =>
  `ALTER TABLE ${quote(table)} ATTACH PARTITION ${quote(`${table}_default`)} DEFAULT;`;

export const detachDefaultPartition = (table: string): string =>
  `ALTER TABLE ${quote(table)} DETACH PARTITION ${quote(`${table}_default`)};`;

/**
 * Rows that are there are looked through afterwards, without a lock that stops writes. Keys with an index cannot, and a foreign key of a
 * partitioned table could only from Postgres 18 on.
 */
const isValidatedLater = (table: TableRef, { kind }: CatalogConstraint): boolean =>
  kind === 'check' || (kind === 'foreign key' && table.partitionBy === null);

const addActions = (table: TableRef, constraint: CatalogConstraint, before: string): string[] => {
  const later = isValidatedLater(table, constraint);
  const add = `ADD CONSTRAINT ${quote(constraint.name)} ${constraint.definition}${later ? ' NOT VALID' : ''}`;
  const statement = `ALTER TABLE ${quote(table.name)} ${before}${add};`;
  return later ? [statement, validateConstraint(table.name, constraint.name)] : [statement];
};

/** For a table with rows. */
export const addConstraint = (table: TableRef, constraint: CatalogConstraint): string[] => addActions(table, constraint, '');

/** In one step, so that no row slips through meanwhile. */
export const replaceConstraint = (table: TableRef, constraint: CatalogConstraint): string[] =>
  addActions(table, constraint, `DROP CONSTRAINT ${quote(constraint.name)}, `);

export const validateConstraint = (table: string, name: string): string =>
  `ALTER TABLE ${quote(table)} VALIDATE CONSTRAINT ${quote(name)};`;

export const dropConstraint = (table: string, name: string): string => `ALTER TABLE ${quote(table)} DROP CONSTRAINT ${quote(name)};`;

export const renameConstraint = (table: string, from: string, to: string): string =>
  `ALTER TABLE ${quote(table)} RENAME CONSTRAINT ${quote(from)} TO ${quote(to)};`;

/** Writes go on while an index is built or dropped CONCURRENTLY; neither works in a transaction, nor on a partitioned table. */
export interface IndexOptions {
  concurrently: boolean;
}

const concurrentlyOn = (table: TableRef, { concurrently }: IndexOptions): string =>
  concurrently && table.partitionBy === null ? 'CONCURRENTLY ' : '';

export const createIndex = (table: TableRef, { name, isUnique, definition }: CatalogIndex, options: IndexOptions): string =>
  `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${concurrentlyOn(table, options)}${quote(name)} ON ${quote(table.name)} ${definition};`;

export const dropIndex = (table: TableRef, name: string, options: IndexOptions): string =>
  `DROP INDEX ${concurrentlyOn(table, options)}${quote(name)};`;

/** Makes an index valid that is not; none of a partitioned table. */
export const reindex = (name: string): string => `REINDEX INDEX CONCURRENTLY ${quote(name)};`;

export const renameIndex = (from: string, to: string): string => `ALTER INDEX ${quote(from)} RENAME TO ${quote(to)};`;

export const createTrigger = ({ definition }: CatalogTrigger): string => `${definition};`;

export const dropTrigger = (table: string, name: string): string => `DROP TRIGGER ${quote(name)} ON ${quote(table)};`;

export const enableTrigger = (table: string, name: string): string => `ALTER TABLE ${quote(table)} ENABLE TRIGGER ${quote(name)};`;

/** Replaces a view only by one that has the same columns, and maybe more after them. */
export const createView = ({ name, definition }: CatalogView): string => `CREATE OR REPLACE VIEW ${quote(name)} AS\n${definition}`;

export const dropView = (name: string): string => `DROP VIEW ${quote(name)};`;

/** A quote that the body does not hold. */
const dollarQuote = (body: string): string => {
  let quoted = '$body$';
  for (let number = 1; body.includes(quoted); number += 1) quoted = `$body${number}$`;
  return quoted;
};

/** Replaces a function only by one that returns the same. */
export const createFunction = ({ name, returns, language, body }: CatalogFunction): string => {
  const quoted = dollarQuote(body);
  return `CREATE OR REPLACE FUNCTION ${name} RETURNS ${returns} LANGUAGE ${quote(language)} AS ${quoted}${body}${quoted};`;
};

export const dropFunction = (name: string): string => `DROP FUNCTION ${name};`;
