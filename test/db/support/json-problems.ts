import type { Sequelize } from 'sequelize';
import { JSON_COLUMNS } from '../../support/json-columns.ts';
import { selectRows } from '../../../src/db/query.ts';

export interface StoredJson {
  /** How many values each column has. */
  values: Record<string, number>;
  /** What is wrong with them: column, path, message. */
  problems: string[];
}

/** Holds every JSON value of the database against the schema of its column. */
export const checkStoredJson = async (db: Sequelize): Promise<StoredJson> => {
  const found: StoredJson = { values: {}, problems: [] };
  for (const [name, { schema }] of Object.entries(JSON_COLUMNS)) {
    const [table, column] = name.split('.');
    const rows = await selectRows<{ value: unknown }>(db, `SELECT ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL`);
    found.values[name] = rows.length;
    for (const { value } of rows) {
      const issues = schema.safeParse(value).error?.issues ?? [];
      found.problems.push(...issues.map(({ path, message }) => `${name} ${path.join('.')}: ${message}`));
    }
  }
  return found;
};
