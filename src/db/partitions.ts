import type { Sequelize, Transaction } from 'sequelize';
import { execute, selectRow } from './query.ts';

const LOCK_TIMEOUT = '5s';
const MONTHS_BACK = 1;
const MONTHS_AHEAD = 3;

/** The tables that are divided by UTC month, and the column that decides (data model, part 7). */
export const PARTITIONED_TABLES = [
  { table: 'job_execution_logs', column: 'timestamp' },
  { table: 'performance_metrics', column: 'timestamp' },
  { table: 'audit_events', column: 'occurred_at' },
] as const;
export type PartitionedTable = (typeof PARTITIONED_TABLES)[number]['table'];

/** One month of one table; the bounds are days. */
interface Month {
  table: PartitionedTable;
  column: string;
  name: string;
  from: string;
  to: string;
}

const monthStart = (now: Date, offset: number): Date => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
const isoDay = (date: Date): string => date.toISOString().slice(0, 10);

const monthsOf = (now: Date, monthsBack: number): Month[] => {
  const offsets = Array.from({ length: monthsBack + MONTHS_AHEAD + 1 }, (_, index) => index - monthsBack);
  return PARTITIONED_TABLES.flatMap(({ table, column }) =>
    offsets.map((offset) => {
      const from = isoDay(monthStart(now, offset));
      const name = `${table}_p${from.slice(0, 7).replace('-', '')}`;
      return { table, column, name, from, to: isoDay(monthStart(now, offset + 1)) };
    }),
  );
};

/**
 * `there`: nothing to do. `blocked`: rows of this month lie in the default partition already, so the server would refuse it.
 * Asked before, because even a CREATE that finds its table waits for locks that every reader holds.
 */
const makeMonth = async (db: Sequelize, month: Month, transaction: Transaction): Promise<'there' | 'made' | 'blocked'> => {
  const { table, column, name, from, to } = month;
  const found = await selectRow<{ there: boolean; blocked: boolean }>(
    db,
    `SELECT to_regclass('${name}') IS NOT NULL AS there,
       EXISTS (SELECT FROM ${table}_default WHERE "${column}" >= '${from}+00' AND "${column}" < '${to}+00') AS blocked`,
    [],
    transaction,
  );
  if (found?.there) return 'there';
  if (found?.blocked) return 'blocked';
  await execute(
    db,
    `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${table} FOR VALUES FROM ('${from}+00') TO ('${to}+00')`,
    [],
    transaction,
  );
  if (table === 'audit_events') await forbidTruncate(db, name, transaction);
  return 'made';
};

/** Partitions inherit triggers of rows, not of statements. The function is that of migration 0001, the guard that of migration 0004. */
const forbidTruncate = async (db: Sequelize, partition: string, transaction: Transaction): Promise<void> => {
  const found = await selectRow(
    db,
    `SELECT 1 AS known FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname = $2`,
    [partition, `trg_${partition}_no_truncate`],
    transaction,
  );
  if (found !== undefined) return;
  await execute(
    db,
    `CREATE TRIGGER trg_${partition}_no_truncate BEFORE TRUNCATE ON ${partition} FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()`,
    [],
    transaction,
  );
};

/** What became of the months that were asked for. */
export interface MadePartitions {
  made: string[];
  /** Months that cannot be made, because the default partition holds rows of them (docs/retention.md says what to do). */
  blocked: string[];
}

/**
 * Makes the partitions from the previous month to three months ahead, in the transaction of a migration. Safe to repeat;
 * a month that is blocked is left out rather than failing the migration.
 */
export const ensureMonthPartitions = async (db: Sequelize, now: Date, transaction: Transaction): Promise<void> => {
  for (const month of monthsOf(now, MONTHS_BACK)) await makeMonth(db, month, transaction);
};

/**
 * Makes the partitions from this month to three months ahead, each in a short transaction that waits five seconds at most for its locks.
 * An older month is not made anew: retention may just have dropped it. Every month is tried.
 * @throws the first error, after the others were tried.
 */
export const makeMonthPartitions = async (db: Sequelize, now: Date): Promise<MadePartitions> => {
  const result: MadePartitions = { made: [], blocked: [] };
  const failures: unknown[] = [];
  for (const month of monthsOf(now, 0)) {
    try {
      const outcome = await db.transaction(async (transaction) => {
        await execute(db, `SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`, [], transaction);
        return makeMonth(db, month, transaction);
      });
      if (outcome !== 'there') result[outcome].push(month.name);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return result;
};

/** Rows that found no partition of their month. */
export interface DefaultRows {
  table: PartitionedTable;
  rows: number;
  /** The earliest and the latest of them, ISO 8601. */
  from: string;
  to: string;
}

/** The default partitions that have rows. There should be none: it means clocks that are wrong, imports of old data, or months that were not made in time. */
export const findDefaultRows = async (db: Sequelize): Promise<DefaultRows[]> => {
  const found: DefaultRows[] = [];
  for (const { table, column } of PARTITIONED_TABLES) {
    const row = await selectRow<{ rows: number; from: Date | null; to: Date | null }>(
      db,
      `SELECT count(*) AS rows, min("${column}") AS "from", max("${column}") AS "to" FROM ${table}_default`,
    );
    if (row?.from && row.to) found.push({ table, rows: row.rows, from: row.from.toISOString(), to: row.to.toISOString() });
  }
  return found;
};
