import type { Sequelize } from 'sequelize';
import type { Config } from '../../../config.ts';
import { connectDatabase } from '../../../db/connect.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { databaseAway } from '../../run-platform.ts';

const POOL_SIZE = 4;

/**
 * Lends a connection to the database that the `db` commands are about, and closes it again.
 * @throws OpsError VALIDATION when no database is named; UNAVAILABLE when it does not answer.
 */
export const withDatabase = async <T>(config: Config, use: (db: Sequelize, url: string) => Promise<T>): Promise<T> => {
  const url = config.databaseUrl;
  if (url === undefined) throw new OpsError('VALIDATION', 'DATABASE_URL is not set. Name the Postgres database.');
  const db = connectDatabase({ url, poolSize: POOL_SIZE, applicationName: 'opsconductor-db' });
  try {
    return await use(db, url);
  } catch (error) {
    if (error instanceof OpsError || !(error instanceof Error && error.name.startsWith('SequelizeConnection'))) throw error;
    throw databaseAway(url, error);
  } finally {
    await db.close();
  }
};
