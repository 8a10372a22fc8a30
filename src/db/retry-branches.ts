import type { Sequelize, Transaction } from 'sequelize';
import type { ActionEndState, BranchInput, BranchMark, BranchPosition } from '../contracts/run.ts';
import type { PlacedAction } from '../domain/branch-place.ts';
import { reopenedFrames } from '../domain/branch-place.ts';
import { QUEUED_RETRY } from './close-run.ts';
import { execute, selectRow, selectRows } from './query.ts';
import { settleResume } from './resume-branch.ts';
import type { EndedBranch } from './resume-branch.ts';

/** `restart`: from the first action. `resume`: what has completed is not done again. */
export type RetryMode = 'restart' | 'resume';

/**
 * Has branches that failed or were cancelled run again, in the same run (data model, 10.3): their rows are as those of branches that have just begun,
 * under a new workflow id; attempts before stay in the record, and count as decided only where they are kept.
 * @param repeatsUnknown an action of which nobody knows whether it ran is resumed, too
 * @returns the ids of the branches. @throws OpsError CONFLICT naming a branch that cannot go on where it ended
 */
export const queueRetries = async (
  db: Sequelize,
  executionId: number,
  serials: readonly string[] | undefined,
  mode: RetryMode,
  repeatsUnknown: boolean,
  transaction: Transaction,
): Promise<number[]> => {
  const branches = await selectRows<EndedBranch>(
    db,
    `SELECT id, branch_serial, target_name_ref, resume_position FROM job_execution_branches WHERE job_execution_id = $1
       AND CASE WHEN $2::text[] IS NULL THEN status = 'failed' ELSE status IN ('failed', 'cancelled') AND branch_serial = ANY($2::text[]) END
     ORDER BY branch_number FOR UPDATE`,
    [executionId, serials ?? null],
    transaction,
  );
  const ids = branches.map(({ id }) => id);
  if (mode === 'restart') await forgetEnds(db, ids, transaction);
  else {
    const actions = await actionsOf(db, executionId, transaction);
    for (const branch of branches) await settleResume(db, branch, actions, repeatsUnknown, transaction);
  }
  await execute(
    db,
    `UPDATE job_execution_branches b SET status = 'running', retry_number = b.retry_number + 1, run_id = NULL, started_at = NULL, completed_at = NULL,
       workflow_id = e.execution_serial || '/b/' || b.target_serial_ref || '/r' || (b.retry_number + 1), closed_by = NULL, failure_category = NULL,
       error_code = NULL, exit_code = NULL, result_output = NULL, result_error = NULL, hold_reason = NULL, lock_requested_at = NULL, lock_acquired_at = NULL, cancel_requested_at = NULL,
       resume_position = CASE WHEN $2 THEN b.resume_position END
     FROM job_executions e WHERE b.id = ANY($1::bigint[]) AND e.id = b.job_execution_id`,
    [ids, mode === 'resume'],
    transaction,
  );
  return ids;
};

/** How actions ended is open again; of one that never ran there is nothing to keep. */
const forgetEnds = async (db: Sequelize, branches: readonly number[], transaction: Transaction): Promise<void> => {
  await execute(
    db,
    `WITH dropped AS (DELETE FROM job_action_results r WHERE r.branch_id = ANY($1::bigint[]) AND r.started_at IS NULL AND r.status IN ('cancelled', 'skipped'))
     UPDATE job_action_results r SET is_final = false WHERE r.branch_id = ANY($1::bigint[]) AND r.is_final AND r.started_at IS NOT NULL`,
    [branches],
    transaction,
  );
};

const actionsOf = (db: Sequelize, executionId: number, transaction: Transaction): Promise<PlacedAction[]> =>
  selectRows<PlacedAction>(
    db,
    `SELECT a.action_order AS "order", (SELECT p.action_order FROM job_actions p WHERE p.id = a.parent_action_id) AS parent, a.parent_slot AS slot
     FROM job_executions e JOIN job_actions a ON a.job_id = e.job_id AND a.definition_version = e.definition_version WHERE e.id = $1 ORDER BY a.action_order`,
    [executionId],
    transaction,
  );

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

/** Branches that wait to be run again. */
export const loadRetries = (db: Sequelize, executionId: number): Promise<BranchInput[]> =>
  selectRows<BranchInput & object>(
    db,
    `SELECT e.execution_serial AS execution, b.branch_serial AS branch, b.target_serial_ref AS target, b.target_name_ref AS name,
       j.job_serial AS "jobSerial", t.environment, b.retry_number AS retry
     FROM (SELECT * FROM job_execution_branches WHERE job_execution_id = $1 AND ${QUEUED_RETRY}) b JOIN job_executions e ON e.id = b.job_execution_id
       JOIN jobs j ON j.id = e.job_id JOIN universal_targets t ON t.id = b.target_id ORDER BY b.branch_number`,
    [executionId],
  );

interface ReachedAction {
  action_order: number;
  iterations: number;
  end: ActionEndState | null;
}

/** Where a branch that is run again goes on, by its record: its place, how its actions have ended and how often each was reached. */
export const readPosition = async (db: Sequelize, branch: string): Promise<BranchPosition> => {
  const mark = await selectRow<{ id: number; resume_position: BranchMark | null }>(
    db,
    'SELECT id, resume_position FROM job_execution_branches WHERE branch_serial = $1',
    [branch],
  );
  const reached = await selectRows<ReachedAction>(
    db,
    `SELECT r.action_order, max(r.iteration) AS iterations,
       CASE WHEN bool_or(r.is_final) THEN (array_agg(CASE WHEN r.status = 'failed' AND r.resolution = 'succeeded' THEN 'completed' ELSE r.status END ORDER BY r.iteration DESC, r.attempt DESC) FILTER (WHERE r.is_final))[1] END AS end
     FROM job_action_results r WHERE r.branch_id = $1 GROUP BY 1 ORDER BY 1`,
    [mark?.id ?? 0],
  );
  const iterations = new Map(reached.map(({ action_order: order, iterations: count }) => [order, count]));
  return {
    frames: reopenedFrames(mark?.resume_position?.frames ?? [], iterations),
    ends: reached.flatMap(({ action_order: order, end }) => (end === null ? [] : [[order, end]])),
    iterations: [...iterations],
    ran: mark?.resume_position?.ran ?? [],
  };
};
