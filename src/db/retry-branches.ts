import type { Sequelize, Transaction } from 'sequelize';
import type { ActionEndState, BranchInput, BranchPosition } from '../contracts/run.ts';
import { QUEUED_RETRY } from './close-run.ts';
import { execute, selectRow, selectRows } from './query.ts';

/** `restart`: from the first action. `resume`: what has completed is not done again. */
export type RetryMode = 'restart' | 'resume';

/**
 * Has branches that failed or were cancelled run again, in the same run (data model, 10.3): their rows are as those of branches that have just begun,
 * under a new workflow id; attempts before stay in the record, and count as decided only where they are kept.
 * @returns the ids of the branches.
 */
export const queueRetries = async (
  db: Sequelize,
  executionId: number,
  serials: readonly string[] | undefined,
  mode: RetryMode,
  transaction: Transaction,
): Promise<number[]> => {
  const rows = await selectRows<{ id: number }>(
    db,
    `UPDATE job_execution_branches b SET status = 'running', retry_number = b.retry_number + 1, run_id = NULL, started_at = NULL, completed_at = NULL,
       workflow_id = e.execution_serial || '/b/' || b.target_serial_ref || '/r' || (b.retry_number + 1), closed_by = NULL, failure_category = NULL,
       error_code = NULL, exit_code = NULL, result_output = NULL, result_error = NULL, hold_reason = NULL, lock_requested_at = NULL, lock_acquired_at = NULL
     FROM job_executions e WHERE e.id = $1 AND b.job_execution_id = e.id
       AND CASE WHEN $2::text[] IS NULL THEN b.status = 'failed' ELSE b.status IN ('failed', 'cancelled') AND b.branch_serial = ANY($2::text[]) END
     RETURNING b.id`,
    [executionId, serials ?? null],
    transaction,
  );
  const ids = rows.map((row) => row.id);
  await forgetEnds(db, ids, mode, transaction);
  return ids;
};

/** From the action where each goes on, how actions ended is open again; of one that never ran there is nothing to keep. */
const forgetEnds = async (db: Sequelize, branches: readonly number[], mode: RetryMode, transaction: Transaction): Promise<void> => {
  await execute(
    db,
    `WITH places AS (SELECT b.id, CASE WHEN $2 = 'restart' THEN 0 ELSE ${FAILED_ACTION} END AS action_order
       FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id WHERE b.id = ANY($1::bigint[])),
     dropped AS (DELETE FROM job_action_results r USING places p WHERE r.branch_id = p.id AND r.action_order >= p.action_order
       AND r.started_at IS NULL AND r.status IN ('cancelled', 'skipped'))
     UPDATE job_action_results r SET is_final = false FROM places p WHERE r.branch_id = p.id AND r.action_order >= p.action_order
       AND r.is_final AND r.started_at IS NOT NULL`,
    [branches, mode],
    transaction,
  );
};

/** The action of the job's own list at which branch `b` failed; when none did, the first that it did not come to. */
const FAILED_ACTION = `coalesce(
  (SELECT max(r.action_order) FROM job_action_results r JOIN job_actions a ON a.id = r.action_id AND a.parent_action_id IS NULL
   WHERE r.branch_id = b.id AND r.is_final AND r.started_at IS NOT NULL AND r.status IN ('failed', 'cancelled')),
  (SELECT min(r.action_order) FROM job_action_results r JOIN job_actions a ON a.id = r.action_id AND a.parent_action_id IS NULL
   WHERE r.branch_id = b.id AND r.is_final AND (r.status = 'cancelled' OR r.skip_reason IN ('branch_stopped', 'skip_remaining'))), 0)`;

/** How often branches of the run were run again, in all. */
export const countRetries = async (db: Sequelize, executionId: number, transaction: Transaction): Promise<number> =>
  (
    await selectRow<{ count: number }>(
      db,
      'SELECT coalesce(sum(retry_number), 0)::int AS count FROM job_execution_branches WHERE job_execution_id = $1 AND retry_number > 0',
      [executionId],
      transaction,
    )
  )?.count ?? 0;

interface QueuedBranch {
  id: number;
  execution: string;
  branch: string;
  target: string;
  name: string;
  jobSerial: string;
  environment: string;
  retry: number;
}

interface ReachedAction {
  branch_id: number;
  action_order: number;
  iterations: number;
  end: ActionEndState | null;
  can_be_undone: boolean;
}

/** Branches that wait to be run again, each with the place where it goes on. */
export const loadRetries = async (db: Sequelize, executionId: number): Promise<BranchInput[]> => {
  const branches = await selectRows<QueuedBranch>(
    db,
    `SELECT b.id, e.execution_serial AS execution, b.branch_serial AS branch, b.target_serial_ref AS target, b.target_name_ref AS name,
       j.job_serial AS "jobSerial", t.environment, b.retry_number AS retry
     FROM (SELECT * FROM job_execution_branches WHERE job_execution_id = $1 AND ${QUEUED_RETRY}) b JOIN job_executions e ON e.id = b.job_execution_id
       JOIN jobs j ON j.id = e.job_id JOIN universal_targets t ON t.id = b.target_id ORDER BY b.branch_number`,
    [executionId],
  );
  if (branches.length === 0) return [];
  const reached = await selectRows<ReachedAction>(
    db,
    `SELECT r.branch_id, r.action_order, max(r.iteration) AS iterations,
       CASE WHEN bool_or(r.is_final) THEN (array_agg(r.status ORDER BY r.iteration DESC, r.attempt DESC) FILTER (WHERE r.is_final))[1] END AS end,
       bool_or(r.is_final AND r.status = 'completed' AND EXISTS (SELECT 1 FROM job_actions u WHERE u.parent_action_id = r.action_id AND u.parent_slot = 'rollback')) AS can_be_undone
     FROM job_action_results r WHERE r.branch_id = ANY($1::bigint[]) GROUP BY 1, 2 ORDER BY 1, 2`,
    [branches.map((branch) => branch.id)],
  );
  return branches.map(({ id, ...branch }) => ({ ...branch, resume: positionOf(reached.filter((row) => row.branch_id === id)) }));
};

const positionOf = (reached: readonly ReachedAction[]): BranchPosition => {
  const done = reached.filter((row) => row.end !== null);
  const last = done.at(-1);
  return {
    frames: last === undefined ? [] : [{ order: last.action_order + 1 }],
    ends: done.map(({ action_order: order, end }) => [order, end ?? 'skipped']),
    iterations: reached.map(({ action_order: order, iterations }) => [order, iterations]),
    ran: done.filter((row) => row.can_be_undone).map((row) => [row.action_order]),
  };
};
