import type { Sequelize } from 'sequelize';
import { makeMonthPartitions } from '../../../src/db/partitions.ts';

/** The last month that has to be there (YYYYMM); it is made where the template was made last month. */
export const latestMonth = async (db: Sequelize): Promise<string> => {
  const now = new Date();
  await makeMonthPartitions(db, now);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 3, 1)).toISOString().slice(0, 7).replace('-', '');
};
