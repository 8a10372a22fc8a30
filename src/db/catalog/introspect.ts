import type { Sequelize, Transaction } from 'sequelize';
import { execute, selectRow, selectRows } from '../query.ts';
import type {
  Catalog,
  CatalogColumn,
  CatalogConstraint,
  CatalogFunction,
  CatalogIndex,
  CatalogTable,
  CatalogTrigger,
  CatalogView,
} from './catalog.ts';
import * as queries from './introspect-queries.ts';
import { normaliseExpression } from './normalise-expression.ts';
import { normaliseView } from './normalise-view.ts';

type OfTable<T> = T & { table: string };

/** By code units: the same on every machine, whatever the server's collation. */
const byName = <T extends { name: string }>(rows: readonly T[]): T[] =>
  rows.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));

/** Hands out the rows of a table, sorted and without its name. */
const lookUp = <T extends { name: string }>(rows: readonly OfTable<T>[]): ((table: string) => T[]) => {
  const groups = Map.groupBy(rows, ({ table }) => table);
  return (table) => byName((groups.get(table) ?? []).map(({ table: _table, ...row }) => row as unknown as T));
};

const normalised = <T extends { definition: string }>(item: T): T => ({ ...item, definition: normaliseExpression(item.definition) });

const readTables = async (db: Sequelize, schema: string, transaction: Transaction): Promise<CatalogTable[]> => {
  const select = <T extends object>(sql: string) => selectRows<T>(db, sql, [schema], transaction);
  const tables = await select<Pick<CatalogTable, 'name' | 'partitionBy' | 'hasDefaultPartition'>>(queries.TABLES_QUERY);
  const columns = lookUp(await select<OfTable<CatalogColumn>>(queries.COLUMNS_QUERY));
  const constraints = lookUp(await select<OfTable<CatalogConstraint>>(queries.CONSTRAINTS_QUERY));
  const indexes = lookUp(await select<OfTable<CatalogIndex>>(queries.INDEXES_QUERY));
  const triggers = lookUp(await select<OfTable<CatalogTrigger>>(queries.TRIGGERS_QUERY));
  return byName(tables).map(({ name, partitionBy, hasDefaultPartition }) => ({
    name,
    columns: columns(name).map((column) => ({ ...column, generated: column.generated && normaliseExpression(column.generated) })),
    constraints: constraints(name).map(normalised),
    indexes: indexes(name).map(normalised),
    triggers: triggers(name).map(normalised),
    partitionBy,
    hasDefaultPartition,
  }));
};

const readCatalog = async (db: Sequelize, schema: string, transaction: Transaction): Promise<Catalog> => {
  const views = await selectRows<CatalogView>(db, queries.VIEWS_QUERY, [schema], transaction);
  const functions = await selectRows<CatalogFunction>(db, queries.FUNCTIONS_QUERY, [schema], transaction);
  const extensions = await selectRows<{ name: string }>(db, queries.EXTENSIONS_QUERY, [], transaction);
  return {
    tables: await readTables(db, schema, transaction),
    views: byName(views).map(({ name, definition }) => ({ name, definition: normaliseExpression(normaliseView(definition)) })),
    functions: byName(functions),
    extensions: byName(extensions).map(({ name }) => name),
  };
};

/**
 * Reads what a database has, in the words in which schemas are compared: the same for PostgreSQL 15 to 18. Partitions, and whatever an
 * extension brought, are left out.
 * @param schema left out: where the migrations were run, else the first of the search path.
 */
export const introspect = async (db: Sequelize, schema?: string): Promise<Catalog> => {
  const name = schema ?? (await selectRow<{ schema: string }>(db, queries.SCHEMA_QUERY))?.schema ?? 'public';
  return db.transaction(async (transaction) => {
    // Postgres prints the names bare of what is in the search path, and with the schema otherwise.
    await execute(db, `SELECT set_config('search_path', quote_ident($1), true)`, [name], transaction);
    return readCatalog(db, name, transaction);
  });
};
