import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';

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
