import type { Model, ModelStatic, Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectRows } from '../../src/db/query.ts';
import { openTestDatabase } from './support/open-database.ts';

interface Column {
  name: string;
  type: string;
  nullable: boolean;
  has_default: boolean;
}

/** Sequelize type as the database writes it. */
const TYPES: Readonly<Record<string, string>> = {
  'TIMESTAMP WITH TIME ZONE': 'timestamp with time zone',
  BLOB: 'bytea',
  BYTEA: 'bytea',
  TIME: 'time without time zone',
  DECIMAL: 'numeric',
};

const typeOf = (text: string): string => {
  const upper = text.toUpperCase();
  return (
    TYPES[upper] ??
    upper
      .toLowerCase()
      .replace(/^varchar/, 'character varying')
      .replace(/^char\b/, 'character')
  );
};

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
});
afterAll(() => database[Symbol.asyncDispose]());

const columnsOf = (table: string): Promise<Column[]> =>
  selectRows<Column>(
    db,
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, NOT attnotnull AS nullable, atthasdef OR attidentity <> '' AS has_default
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname`,
    [table],
  );

const attributesOf = (model: ModelStatic<Model>) =>
  Object.values(model.getAttributes()).map((attribute) => ({ ...attribute, column: attribute.field ?? '' }));

test('every model has exactly the columns of its table, with the same types', async () => {
  const models = Object.values(db.models);
  expect(models).toHaveLength(45);
  for (const model of models) {
    const table = model.tableName;
    const columns = await columnsOf(table);
    const shown = attributesOf(model).map(({ column, type }) => `${column} ${typeOf(String(type))}`);
    expect(shown.toSorted(), table).toEqual(columns.map(({ name, type }) => `${name} ${type}`).toSorted());
  }
});

test('a model demands exactly what its table demands and does not fill in by itself', async () => {
  for (const model of Object.values(db.models)) {
    const columns = new Map((await columnsOf(model.tableName)).map((column) => [column.name, column]));
    for (const { column, allowNull, primaryKey } of attributesOf(model)) {
      const { nullable, has_default: hasDefault } = columns.get(column) ?? { nullable: true, has_default: true };
      if (primaryKey !== true) expect(allowNull === false, `${model.tableName}.${column}`).toBe(!nullable && !hasDefault);
    }
  }
});

test('the primary key of a model is that of its table; of a partitioned one its id', async () => {
  for (const model of Object.values(db.models)) {
    const keys = await selectRows<{ name: string }>(
      db,
      `SELECT a.attname AS name FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY(x.indkey) WHERE x.indrelid = $1::regclass AND x.indisprimary`,
      [model.tableName],
    );
    const declared = attributesOf(model).filter(({ primaryKey }) => primaryKey === true);
    const names = keys.map(({ name }) => name).toSorted();
    expect(declared.map(({ column }) => column).toSorted()).toEqual(names.includes('id') ? ['id'] : names);
  }
});
