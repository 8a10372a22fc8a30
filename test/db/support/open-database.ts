import type { Sequelize } from 'sequelize';
import { connectDatabase } from '../../../src/db/connect.ts';
import { createTestDatabase } from '../../support/database.ts';

/** A migrated database of its own, connected. */
export const openTestDatabase = async (poolSize = 4): Promise<{ db: Sequelize; url: string } & AsyncDisposable> => {
  const database = await createTestDatabase();
  const db = connectDatabase({ url: database.url, poolSize, applicationName: 'test' });
  return {
    db,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await db.close();
      await database[Symbol.asyncDispose]();
    },
  };
};
