import type { Sequelize } from 'sequelize';
import type { Config } from '../../../config.ts';
import { connectDatabase } from '../../../db/connect.ts';
import { connectionProblem } from '../../../db/connection-problem.ts';
import { selectRow } from '../../../db/query.ts';
import { versionProblem } from '../../../db/server-facts.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { databaseUrlOf } from './database-url.ts';

const POOL_SIZE = 4;
const CONNECT_LIMIT_MS = 10_000;

const assertVersion = async (db: Sequelize): Promise<void> => {
  const found = await selectRow<{ versionNumber: number; version: string }>(
    db,
    `SELECT current_setting('server_version_num')::int AS "versionNumber", current_setting('server_version') AS version`,
  );
  const problem = found === undefined ? undefined : versionProblem(found);
  if (problem !== undefined) throw new OpsError('UNAVAILABLE', problem);
};

/**
 * Lends a connection to the database that the `db` commands are about (DATABASE_URL, else that of the `up` that runs on the data folder), and closes
 * it again. The server has answered and is new enough when `use` begins.
 * @throws OpsError VALIDATION when no database is named; UNAVAILABLE, in one sentence, when it cannot be used.
 */
export const withDatabase = async <T>(config: Config, use: (db: Sequelize, url: string) => Promise<T>): Promise<T> => {
  const url = await databaseUrlOf(config);
  const db = connectDatabase({ url, poolSize: POOL_SIZE, applicationName: 'opsconductor-db', connectTimeoutMs: CONNECT_LIMIT_MS });
  try {
    await assertVersion(db);
    return await use(db, url);
  } catch (error) {
    throw connectionProblem(url, error) ?? error;
  } finally {
    await db.close();
  }
};
