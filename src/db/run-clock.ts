import type { Sequelize } from 'sequelize';
import { selectRow } from './query.ts';

/** From … to, in milliseconds since 1970. */
export type Period = readonly [from: number, to: number];

/** How a run has spent its time so far, in milliseconds. */
export interface SpentTime {
  /** In which something of it was at work. */
  workedMs: number;
  /** How long by now everything of it has waited; 0 while something is at work. */
  idleMs: number;
}

/** Times that no worker uses: somebody is asked, or a time passes. */
const IS_WAIT = `r.action_type IN ('wait', 'approval')`;
const IS_WORK = `r.action_type NOT IN ('condition', 'parallel', 'wait', 'approval')`;

const span = (from: string, to: string): string => `tstzrange(${from}, greatest(${from}, coalesce(${to}, now())))`;

/** Of each branch that has waited: its rows of one kind. */
const spansOf = (kind: string): string =>
  `SELECT r.branch_id, range_agg(${span('r.started_at', 'r.completed_at')}) AS spans FROM branches b JOIN job_action_results r ON r.branch_id = b.id
   WHERE r.started_at IS NOT NULL AND ${kind} GROUP BY 1`;

/** When calendars held a branch; it may have had a lane at work meanwhile. */
const HELD = `CASE WHEN b.held_spans = '[]' THEN '{}' ELSE (SELECT range_agg(${span('(held->>0)::timestamptz', 'coalesce((held->>1)::timestamptz, b.completed_at)')})
    FROM jsonb_array_elements(b.held_spans) AS held) END`;

const SPENT = `
WITH branches AS (SELECT b.* FROM job_executions e JOIN job_execution_branches b ON b.job_execution_id = e.id WHERE e.execution_serial = $1),
waits AS (${spansOf(IS_WAIT)}), work AS (${spansOf(IS_WORK)}),
states AS (SELECT
  CASE WHEN b.started_at IS NULL THEN '{}' ELSE tstzmultirange(${span('b.started_at', 'b.completed_at')}) END AS opened,
  coalesce(waits.spans, '{}') + ${HELD} - coalesce(work.spans, '{}')
    + CASE WHEN b.lock_requested_at IS NULL THEN '{}' ELSE tstzmultirange(${span('b.lock_requested_at', 'coalesce(b.lock_acquired_at, b.completed_at)')}) END AS waiting
  FROM branches b LEFT JOIN waits ON waits.branch_id = b.id LEFT JOIN work ON work.branch_id = b.id),
idle AS (SELECT coalesce((SELECT range_agg(one) FROM states, unnest(waiting) AS one), '{}')
  - coalesce((SELECT range_agg(one) FROM states, unnest(opened - waiting) AS one), '{}') AS spans),
periods AS (SELECT range_agg(tstzrange(to_timestamp((one->>0)::float8 / 1000), to_timestamp((one->>1)::float8 / 1000))) AS spans FROM jsonb_array_elements($2::jsonb) AS one)
SELECT coalesce((SELECT sum(extract(epoch FROM upper(one) - lower(one))) FROM idle, periods, unnest(periods.spans - idle.spans) AS one), 0)::float8 * 1000 AS "workedMs",
  coalesce((SELECT max(extract(epoch FROM now() - lower(one))) FROM idle, unnest(idle.spans) AS one WHERE upper(one) >= now()), 0)::float8 * 1000 AS "idleMs"`;

/**
 * What of these periods a run has worked. A branch waits while a `wait` or an approval of it is open, or a calendar holds it, and nothing else of it is at work, or
 * while it waits for its target; time in which every branch that is open waits is no work.
 */
export const readSpentTime = async (db: Sequelize, execution: string, periods: readonly Period[]): Promise<SpentTime> =>
  (await selectRow<SpentTime>(db, SPENT, [execution, JSON.stringify(periods)])) ?? { workedMs: 0, idleMs: 0 };
