import type { Sequelize, Transaction } from 'sequelize';
import type { ClosedBy, ExecutionStatus, FailureCategory } from '../contracts/enums.ts';
import { allowedFrom, EXECUTION_FROM } from '../domain/state-machines.ts';
import type { CountEnded } from './close-branch.ts';
import { projectJobStatus } from './project-job-status.ts';
import { selectRow, selectRows } from './query.ts';
import { closeFiringOfRun } from './schedules/close-firing.ts';

interface RunEnding {
  /** A cancel of the workflow; one asked of the API stands on the row. */
  cancelled: boolean;
  failureCategory: FailureCategory | null;
  errorCode: string | null;
  message: string | null;
  closedBy: ClosedBy;
}

interface OpenRun {
  job_id: number;
  status: ExecutionStatus;
  cancel_requested: boolean;
  timed_out: boolean;
  /** Its failures, or a person who refused a batch, ended the rollout. */
  stopped: boolean;
  /** A shard of it was ended from outside. */
  partial: boolean;
  /** A schedule started it. */
  is_scheduled: boolean;
}

/** Condition of a branch that a person wants to have run again and whose workflow has not begun. */
export const QUEUED_RETRY = `(status = 'running' AND run_id IS NULL AND retry_number > 0)`;

const UNSTARTED_BECAUSE = {
  cancelled: 'Cancelled before it began.',
  stopped: "The rollout was stopped before this target's turn; nothing ran on it.",
  not_started: "The run ended before this target's turn; nothing ran on it.",
  shard_stopped: "Its shard of the run was ended in Temporal before this target's turn; nothing ran on it.",
} as const;

/**
 * Closes a run by what its branches say (data model, 10.2); branches that never began are closed with it. A run that has ended stays as it is; the state of its
 * job follows. While branches wait to be run again at a person's wish, its workflow does not close it.
 * @returns the status of the run.
 */
export const finishRun = async (
  db: Sequelize,
  executionId: number,
  ending: RunEnding,
  countEnded: CountEnded = () => {},
): Promise<ExecutionStatus> => {
  let unstarted: EndedBranches | undefined;
  const finished = await db.transaction(async (transaction) => {
    const [run] = await selectRows<OpenRun>(
      db,
      `SELECT job_id, status, cancel_requested_at IS NOT NULL AS cancel_requested, coalesce(failure_category = 'timeout' AND error_code = 'RUN_TIMED_OUT', false) AS timed_out,
         coalesce(error_code IN ('ROLLOUT_STOPPED', 'ROLLOUT_REJECTED'), false) AS stopped, coalesce(error_code = 'SHARD_STOPPED', false) AS partial,
         trigger_type = 'schedule' AS is_scheduled
       FROM job_executions WHERE id = $1 FOR UPDATE`,
      [executionId],
      transaction,
    );
    if (run === undefined || (run.status !== 'scheduled' && run.status !== 'running')) return run?.status ?? 'failed';
    const cancel = ending.cancelled || run.cancel_requested;
    const mayGoOn = !cancel && !run.timed_out && !run.stopped && ending.failureCategory === null && ending.closedBy === 'workflow';
    if (mayGoOn && (await hasQueuedRetry(db, executionId, transaction))) return 'running';
    const why = cancel && !run.timed_out ? 'cancelled' : run.stopped ? 'stopped' : 'not_started';
    unstarted = await closeUnstartedBranches(db, executionId, why, ending.closedBy, transaction);
    const status = await closeRow(db, executionId, { ...ending, cancelled: cancel }, run, transaction);
    if (run.is_scheduled) await closeFiringOfRun(db, executionId, transaction);
    await projectJobStatus(db, run.job_id, transaction);
    return status;
  });
  if (unstarted !== undefined) countEnded(unstarted.status, unstarted.count);
  return finished;
};

const hasQueuedRetry = async (db: Sequelize, executionId: number, transaction: Transaction): Promise<boolean> =>
  (await selectRow(
    db,
    `SELECT 1 AS queued FROM job_execution_branches WHERE job_execution_id = $1 AND ${QUEUED_RETRY} LIMIT 1`,
    [executionId],
    transaction,
  )) !== undefined;

/** Some of the branches of a run: the one of this serial, or those of these numbers. */
type SomeBranches = { branch: string } | { from: number; to: number };

/** How many, and how. */
interface EndedBranches {
  status: 'failed' | 'cancelled';
  count: number;
}

/** Closes the branches of a run that have not begun, or those of them that are named. */
export const closeUnstartedBranches = async (
  db: Sequelize,
  executionId: number,
  why: keyof typeof UNSTARTED_BECAUSE,
  closedBy: ClosedBy,
  transaction: Transaction,
  some?: SomeBranches,
): Promise<EndedBranches> => {
  const isCancel = why === 'cancelled' || why === 'stopped';
  const serial = some !== undefined && 'branch' in some ? some.branch : null;
  const [from, to] = some !== undefined && 'from' in some ? [some.from, some.to] : [null, null];
  const closed = await selectRow<{ count: number }>(
    db,
    `WITH ended AS (
       UPDATE job_execution_branches SET completed_at = now(), closed_by = $3, hold_reason = NULL, status = CASE WHEN $2 THEN 'cancelled' ELSE 'failed' END,
         failure_category = CASE WHEN NOT $2 THEN 'not_started' END, error_code = CASE WHEN NOT $2 THEN 'NOT_STARTED' END,
         result_error = $4
       WHERE job_execution_id = $1 AND (status = 'scheduled' OR (${QUEUED_RETRY} AND NOT $8)) AND ($5::text IS NULL OR branch_serial = $5)
         AND ($6::int IS NULL OR branch_number BETWEEN $6 AND $7) RETURNING id, branch_serial),
     noted AS (INSERT INTO job_action_results (branch_id, action_id, action_serial, action_order, action_name, action_type, status, skip_reason, is_final, completed_at)
     SELECT ended.id, a.id, ended.branch_serial || '.' || lpad(a.action_order::text, greatest(4, length(a.action_order::text)), '0'), a.action_order,
       a.action_name, a.action_type, CASE WHEN $2 AND a.is_enabled THEN 'cancelled' ELSE 'skipped' END,
       CASE WHEN NOT a.is_enabled THEN 'disabled' WHEN NOT $2 THEN 'branch_stopped' END, true, now()
     FROM ended, job_executions e JOIN job_actions a ON a.job_id = e.job_id AND a.definition_version = e.definition_version
     WHERE e.id = $1 ON CONFLICT DO NOTHING)
     SELECT count(*)::int AS count FROM ended`,
    [executionId, isCancel, closedBy, UNSTARTED_BECAUSE[why], serial, from, to, why === 'shard_stopped'],
    transaction,
  );
  return { status: isCancel ? 'cancelled' : 'failed', count: closed?.count ?? 0 };
};

const closeRow = async (
  db: Sequelize,
  executionId: number,
  ending: RunEnding,
  { timed_out: timedOut, stopped, partial }: OpenRun,
  transaction: Transaction,
): Promise<ExecutionStatus> => {
  const closed = await selectRow<{ status: ExecutionStatus }>(
    db,
    `WITH tally AS (
       SELECT count(*)::int AS total, count(*) FILTER (WHERE status = 'completed')::int AS completed,
         count(*) FILTER (WHERE status = 'failed')::int AS failed, count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled
       FROM job_execution_branches WHERE job_execution_id = $1),
     verdict AS (
       SELECT *, CASE
         WHEN $3::text IS NOT NULL THEN 'failed'
         WHEN $7 THEN 'failed'
         WHEN $2 AND NOT (total > 0 AND completed = total) THEN 'cancelled'
         WHEN total = 0 THEN 'failed'
         WHEN failed > 0 OR $8 OR ($9 AND completed < total) THEN 'failed'
         WHEN completed > 0 THEN 'completed'
         ELSE 'cancelled' END AS status,
         total = 0 AND NOT $2 AND $3::text IS NULL AND NOT $7 AS empty
       FROM tally)
     UPDATE job_executions e SET status = v.status, completed_at = now(), closed_by = $6, total_branches = v.total,
       completed_branches = v.completed, failed_branches = v.failed, cancelled_branches = v.cancelled,
       paused_at = NULL, hold_reason = NULL, resumes_at = NULL,
       failure_category = coalesce($3, CASE WHEN v.empty THEN 'configuration' END, CASE WHEN v.status <> 'completed' THEN e.failure_category END),
       error_code = coalesce($4, CASE WHEN v.empty THEN 'NO_TARGETS' END, CASE WHEN v.status <> 'completed' THEN e.error_code END),
       error_message = coalesce($5, CASE WHEN v.empty THEN 'None of the targets of this run exists and is switched on.' END, CASE WHEN v.status <> 'completed' THEN e.error_message END)
     FROM verdict v WHERE e.id = $1 AND ${allowedFrom(EXECUTION_FROM, 'failed', 'e')} RETURNING e.status`,
    [executionId, ending.cancelled, ending.failureCategory, ending.errorCode, ending.message, ending.closedBy, timedOut, stopped, partial],
    transaction,
  );
  return closed?.status ?? 'failed';
};
