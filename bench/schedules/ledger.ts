import type { Sequelize } from 'sequelize';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { quantile } from '../support/quantile.ts';

export interface LedgerReport {
  rows: number;
  /** By what became of them. */
  outcomes: Record<string, number>;
  /** Instants without exactly one row, or whose run another one has. */
  twice: number;
  undecided: number;
  p50Ms: number | undefined;
  p99Ms: number | undefined;
  maxMs: number | undefined;
}

const IN_PERIOD = `firing_type = 'planned' AND scheduled_at > $1 AND scheduled_at <= $2`;

/** What the ledger says of the instants of a period. */
export const readLedger = async (db: Sequelize, from: Date, to: Date): Promise<LedgerReport> => {
  const outcomes = await selectRows<{ outcome: string; rows: number }>(
    db,
    `SELECT status || coalesce(': ' || skip_reason, '') AS outcome, count(*)::int AS rows FROM schedule_executions WHERE ${IN_PERIOD} GROUP BY 1 ORDER BY 1`,
    [from, to],
  );
  const runs = await selectRow<{ twice: number }>(
    db,
    `SELECT ((count(job_execution_id) - count(DISTINCT job_execution_id)) + (count(*) - count(DISTINCT (job_schedule_id, scheduled_at))))::int AS twice
     FROM schedule_executions WHERE ${IN_PERIOD}`,
    [from, to],
  );
  const delays = await selectRows<{ ms: number }>(
    db,
    `SELECT (extract(epoch FROM started_at - scheduled_at) * 1000)::float8 AS ms FROM schedule_executions WHERE ${IN_PERIOD} AND started_at IS NOT NULL ORDER BY 1`,
    [from, to],
  );
  const sorted = delays.map(({ ms }) => ms);
  const counts = Object.fromEntries(outcomes.map(({ outcome, rows }) => [outcome, rows]));
  return {
    rows: outcomes.reduce((sum, { rows }) => sum + rows, 0),
    outcomes: counts,
    twice: runs?.twice ?? 0,
    undecided: (counts['scheduled'] ?? 0) + (counts['running'] ?? 0),
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1),
  };
};

/** Runs that schedules started, and how many of them no row of the ledger has. */
export const readRuns = async (db: Sequelize): Promise<{ runs: number; unaccounted: number; open: number }> =>
  (await selectRow<{ runs: number; unaccounted: number; open: number }>(
    db,
    `SELECT count(*)::int AS runs, count(*) FILTER (WHERE f.id IS NULL)::int AS unaccounted, count(*) FILTER (WHERE e.completed_at IS NULL)::int AS open
     FROM job_executions e LEFT JOIN schedule_executions f ON f.job_execution_id = e.id WHERE e.trigger_type = 'schedule'`,
  )) ?? { runs: 0, unaccounted: 0, open: 0 };
