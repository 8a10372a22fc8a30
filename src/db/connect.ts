import pg from 'pg';
import { Sequelize } from 'sequelize';
import { currentTracing } from '../tracing/trace.ts';
import { defineModels } from './models/index.ts';
import { noteCommits } from './note-commits.ts';
import { traceQueries } from './trace-queries.ts';

const INT8_OID = 20;

/** @throws RangeError above 2^53−1: a number that JavaScript cannot hold exactly is refused, not rounded. */
const parseInt8 = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} from the database does not fit a JavaScript number`);
  return value;
};

export interface ConnectOptions {
  url: string;
  /** Most connections that this process opens. */
  poolSize: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** How long one connection may take to come up; without it as long as the operating system allows. */
  connectTimeoutMs?: number;
  /** How long one statement may take; without it as long as it likes. */
  statementTimeoutMs?: number;
}

/** Opens a pool; nothing is sent before the first query. Close it with `close()`. */
export const connectDatabase = ({
  url,
  poolSize,
  applicationName,
  connectTimeoutMs = 0,
  statementTimeoutMs = 0,
}: ConnectOptions): Sequelize => {
  pg.types.setTypeParser(INT8_OID, parseInt8);
  const sequelize = new Sequelize(url, {
    dialect: 'postgres',
    dialectModule: pg,
    logging: false,
    pool: { max: poolSize, min: 0, idle: 30_000, acquire: 30_000 },
    dialectOptions: {
      application_name: applicationName,
      keepAlive: true,
      connectionTimeoutMillis: connectTimeoutMs,
      ...(statementTimeoutMs > 0 && { statement_timeout: statementTimeoutMs }),
    },
    define: { underscored: true, freezeTableName: true, timestamps: false },
    retry: { max: 1 },
  });
  defineModels(sequelize);
  noteCommits(sequelize);
  if (currentTracing() !== undefined) traceQueries(sequelize);
  return sequelize;
};
