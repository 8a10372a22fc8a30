import type { Sequelize, Transaction } from 'sequelize';

const PARTITIONED_TABLES = ['job_execution_logs', 'performance_metrics', 'audit_events'];
const MONTHS_BACK = 1;
const MONTHS_AHEAD = 3;

const monthStart = (now: Date, offset: number): Date => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

/** Makes the UTC month partitions from the previous month to three months ahead (data model, part 7). Safe to repeat. */
export const ensureMonthPartitions = async (db: Sequelize, now: Date, transaction: Transaction): Promise<void> => {
  for (const table of PARTITIONED_TABLES) {
    for (let offset = -MONTHS_BACK; offset <= MONTHS_AHEAD; offset += 1) {
      const from = monthStart(now, offset);
      const name = `${table}_p${isoDay(from).slice(0, 7).replace('-', '')}`;
      const bounds = `FROM ('${isoDay(from)}+00') TO ('${isoDay(monthStart(now, offset + 1))}+00')`;
      await db.query(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES ${bounds}`, { transaction });
    }
  }
};
