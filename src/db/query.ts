import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import { isDatabaseAway } from './database-away.ts';
import { tracedStatement } from './trace-queries.ts';

/** What a statement gets in place of $1, $2 … */
export type Bind = readonly unknown[];

/** Runs a statement and gives its rows: of a SELECT, or of RETURNING. `T` states what the SQL says, column by column. */
export const selectRows = <T extends object>(db: Sequelize, sql: string, bind: Bind = [], transaction?: Transaction): Promise<T[]> =>
  db.query<T>(sql, { bind: [...bind], type: QueryTypes.SELECT, ...(transaction && { transaction }) });

/** The first row, or undefined. */
export const selectRow = async <T extends object>(
  db: Sequelize,
  sql: string,
  bind: Bind = [],
  transaction?: Transaction,
): Promise<T | undefined> => (await selectRows<T>(db, sql, bind, transaction))[0];

/** Runs a statement that gives no rows. */
export const execute = async (db: Sequelize, sql: string, bind: Bind = [], transaction?: Transaction): Promise<void> => {
  await db.query(sql, { bind: [...bind], type: QueryTypes.RAW, ...(transaction && { transaction }) });
};

interface PreparedClient {
  /** Sequelize's mark of a connection that its pool must not give out again. */
  _invalid?: boolean;
  query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
}

/**
 * A statement that every branch runs, prepared: each connection plans it once. Sequelize cannot prepare, so this asks its pool for a connection.
 * @param name of the text; the same name is always the same text.
 */
export const selectPrepared = async <T extends object>(db: Sequelize, name: string, sql: string, bind: Bind): Promise<T | undefined> =>
  (await selectPreparedRows<T>(db, name, sql, bind))[0];

/** As selectPrepared, with all rows. */
export const selectPreparedRows = async <T extends object>(db: Sequelize, name: string, sql: string, bind: Bind): Promise<T[]> => {
  const connection = await db.connectionManager.getConnection({ type: 'write' });
  const client = connection as PreparedClient;
  try {
    const { rows } = await tracedStatement(sql, () => client.query({ name, text: sql, values: [...bind] }));
    return rows as T[];
  } catch (error) {
    client._invalid ||= isDatabaseAway(error);
    throw error;
  } finally {
    db.connectionManager.releaseConnection(connection);
  }
};
