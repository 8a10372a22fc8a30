import type { Sequelize, Transaction } from 'sequelize';
import { execute } from './query.ts';

/** Does something inside a transaction, whole or not at all: when it fails, what was done before it stays, and the transaction goes on. */
export const withSavepoint = async <T>(db: Sequelize, transaction: Transaction, work: () => Promise<T>): Promise<T> => {
  await execute(db, 'SAVEPOINT part', [], transaction);
  try {
    const result = await work();
    await execute(db, 'RELEASE SAVEPOINT part', [], transaction);
    return result;
  } catch (error) {
    await execute(db, 'ROLLBACK TO SAVEPOINT part', [], transaction);
    await execute(db, 'RELEASE SAVEPOINT part', [], transaction);
    throw error;
  }
};
