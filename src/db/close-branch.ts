import type { Sequelize } from 'sequelize';
import type { ClosedBy } from '../contracts/enums.ts';
import type { BranchEnd, CloseBranchInput } from '../contracts/run.ts';
import { ACTION_RESULT_FROM, allowedFrom, BRANCH_FROM } from '../domain/state-machines.ts';
import { selectPrepared, selectRow } from './query.ts';

/** Counts branches whose rows were closed: each once for each time that it ended. */
export type CountEnded = (status: BranchEnd, count: number) => void;

interface ClosedBranch {
  status: BranchEnd;
  /** false: it had ended before. */
  is_new: boolean;
  execution_serial: string;
  /** Workflow of the branch that has waited longest for the target, if this one held it or waited, too. */
  waiter: string | null;
}

/**
 * Closes a branch, what of its actions is still open and what never ran, in one statement. It does not touch the row of the run, which all branches
 * would then wait for; `createNotifyRun` counts.
 * A branch that has ended stays as it is, and so does one that another workflow has by now. Branches cancelled because the run's time was up end as failed/timeout.
 * @returns the branch's final state (that which was asked for, when another workflow has it), undefined when there is no such branch.
 */
export const closeBranchRow = async (db: Sequelize, input: CloseBranchInput, closedBy: ClosedBy): Promise<ClosedBranch | undefined> => {
  const closed = await selectPrepared<ClosedBranch>(db, `close_branch_${input.status}`, closeBranchSql(input.status), [
    input.branch,
    input.status,
    input.failureCategory,
    input.errorCode,
    input.message,
    input.skipReason,
    closedBy,
    input.position === undefined ? null : JSON.stringify(input.position),
    input.workflowId ?? null,
  ]);
  if (closed !== undefined) return closed;
  return selectRow<ClosedBranch>(
    db,
    `SELECT CASE WHEN b.completed_at IS NULL OR b.workflow_id <> $3::text THEN $2 ELSE b.status END AS status, false AS is_new, e.execution_serial, NULL AS waiter
     FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id WHERE b.branch_serial = $1`,
    [input.branch, input.status, input.workflowId ?? null],
  );
};

/** SQL: another attempt decides the same action already (a partial unique index allows one). */
export const hasOtherFinal = (alias: string): string =>
  `EXISTS (SELECT 1 FROM job_action_results f WHERE f.branch_id = ${alias}.branch_id AND f.action_order = ${alias}.action_order AND f.iteration = ${alias}.iteration AND f.is_final AND f.id <> ${alias}.id)`;

const hasLater = (alias: string): string =>
  `EXISTS (SELECT 1 FROM job_action_results l WHERE l.branch_id = ${alias}.branch_id AND l.action_order = ${alias}.action_order AND l.iteration = ${alias}.iteration AND l.attempt > ${alias}.attempt)`;

/** The workflow itself runs these: an open one has no unknown outcome, it has only ended with its branch. */
const IS_CONTROL = `r.action_type IN ('condition', 'parallel', 'wait', 'approval')`;

/**
 * Why an action inside others was not reached: the nearest one around it that is switched off or has a result says it. Inside one that completed it was
 * not chosen, inside one that failed not come to, inside a skipped one it is skipped with it. `slot`: where in that one it stands.
 */
const NEVER_REASON = `CASE WHEN a.parent_action_id IS NULL OR $6 = 'skip_remaining' THEN $6 ELSE coalesce((
      WITH RECURSIVE around AS (
        SELECT a.parent_action_id AS id, a.parent_slot AS slot, 1 AS distance
        UNION ALL SELECT o.parent_action_id, o.parent_slot, i.distance + 1 FROM around i JOIN job_actions o ON o.id = i.id WHERE o.parent_action_id IS NOT NULL)
      SELECT CASE WHEN NOT o.is_enabled THEN 'disabled' WHEN p.status = 'completed' OR i.slot = 'rollback' THEN 'condition_false'
        WHEN p.status = 'failed' THEN 'branch_stopped' ELSE p.skip_reason END
      FROM around i JOIN job_actions o ON o.id = i.id
        LEFT JOIN job_action_results p ON p.branch_id = ended.id AND p.action_id = i.id AND p.completed_at IS NOT NULL
      WHERE p.id IS NOT NULL OR NOT o.is_enabled ORDER BY i.distance, (p.status = 'failed') DESC NULLS LAST, p.iteration DESC, p.attempt DESC LIMIT 1), $6) END`;

/** A branch that a person had run again keeps the attempts from before, which decide nothing any more. */
const OF_THIS_TRY = `(ended.retry_number = 0 OR r.started_at >= ended.began)`;

const NEXT_ITERATION = `(SELECT coalesce(max(n.iteration), 0) + 1 FROM job_action_results n WHERE n.branch_id = ended.id AND n.action_order = a.action_order)`;

// A CTE sees the rows as they were before the statement, so attempts that it closes itself (`open`) are counted by hand in `facts`.
const closeBranchSql = (status: BranchEnd): string => `
WITH branch AS (
  SELECT b.id, b.job_execution_id, b.status, b.retry_number, b.started_at AS began, e.execution_serial, e.job_id, e.definition_version, e.error_code = 'RUN_TIMED_OUT' AND $2 = 'cancelled' AS late
  FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id
  WHERE b.branch_serial = $1 AND ${allowedFrom(BRANCH_FROM, status, 'b')} AND ($9::text IS NULL OR b.workflow_id = $9)),
ended AS (
  SELECT *, CASE WHEN late THEN 'failed' ELSE $2 END AS end_status, CASE WHEN late THEN 'timeout' ELSE $3 END AS category,
    CASE WHEN late THEN 'RUN_TIMED_OUT' ELSE $4 END AS code, CASE WHEN late THEN 'The time of the run was up.' ELSE $5 END AS message FROM branch),
open AS (
  UPDATE job_action_results r SET completed_at = now(), is_final = NOT ${hasOtherFinal('r')} AND NOT ${hasLater('r')},
    status = CASE WHEN ${IS_CONTROL} THEN 'cancelled' WHEN r.status = 'running' THEN 'failed'
      WHEN ended.end_status = 'cancelled' THEN 'cancelled' ELSE 'skipped' END,
    skip_reason = CASE WHEN r.status <> 'running' AND NOT ${IS_CONTROL} AND ended.end_status <> 'cancelled' THEN $6 END,
    failure_category = CASE WHEN r.status = 'running' AND NOT ${IS_CONTROL} THEN 'lost' END,
    error_code = CASE WHEN r.status = 'running' AND NOT ${IS_CONTROL} THEN 'OUTCOME_UNKNOWN' END,
    result_error = CASE WHEN r.status = 'running' AND NOT ${IS_CONTROL}
      THEN coalesce(r.result_error, 'The branch ended while this ran; what became of it is unknown. Look at the target.') END
  FROM ended WHERE r.branch_id = ended.id AND ${allowedFrom(ACTION_RESULT_FROM, 'cancelled', 'r')}
  RETURNING r.id, r.status),
decided AS (
  UPDATE job_action_results r SET is_final = true FROM ended
  WHERE r.branch_id = ended.id AND r.completed_at IS NOT NULL AND NOT r.is_final AND NOT ${hasOtherFinal('r')} AND NOT ${hasLater('r')}
    AND ${OF_THIS_TRY}
  RETURNING r.id),
never AS (
  INSERT INTO job_action_results (branch_id, action_id, action_serial, action_order, iteration, action_name, action_type, status, skip_reason, is_final, completed_at)
  SELECT ended.id, a.id, $1 || '.' || lpad(a.action_order::text, greatest(4, length(a.action_order::text)), '0'), a.action_order,
    CASE WHEN ended.retry_number = 0 THEN 1 ELSE ${NEXT_ITERATION} END, a.action_name, a.action_type,
    CASE WHEN NOT a.is_enabled OR ended.end_status <> 'cancelled' THEN 'skipped' ELSE 'cancelled' END,
    CASE WHEN NOT a.is_enabled THEN 'disabled' WHEN ended.end_status <> 'cancelled' THEN ${NEVER_REASON} END, true, now()
  FROM ended JOIN job_actions a ON a.job_id = ended.job_id AND a.definition_version = ended.definition_version
  WHERE NOT EXISTS (SELECT 1 FROM job_action_results r WHERE r.branch_id = ended.id AND r.action_order = a.action_order AND (r.is_final OR ${OF_THIS_TRY}))
  ON CONFLICT DO NOTHING RETURNING 1),
facts AS (
  SELECT count(*) FILTER (WHERE r.status = 'completed') AS completed, count(*) FILTER (WHERE r.status = 'failed') + (SELECT count(*) FROM open WHERE status = 'failed') AS failed,
    CASE WHEN NOT EXISTS (SELECT 1 FROM open WHERE status = 'failed') THEN (array_agg(r.exit_code ORDER BY (r.status = 'failed') DESC, r.action_order DESC, r.attempt DESC)
      FILTER (WHERE r.status IN ('completed', 'failed')))[1] END AS exit_code,
    (array_agg(right(r.result_error, 4000) ORDER BY r.action_order DESC, r.attempt DESC) FILTER (WHERE r.status = 'failed'))[1] AS failure
  FROM job_action_results r, ended WHERE r.branch_id = ended.id AND (r.is_final OR r.id IN (SELECT id FROM decided))),
closed AS (
  UPDATE job_execution_branches b SET status = ended.end_status, completed_at = now(), closed_by = $7, resume_position = $8::jsonb, failure_category = ended.category,
    error_code = ended.code, hold_reason = NULL, exit_code = facts.exit_code, started_at = CASE WHEN b.status = 'scheduled' THEN b.started_at ELSE coalesce(b.started_at, now()) END,
    result_output = facts.completed || ' of ' || (facts.completed + facts.failed) || ' executed actions completed',
    result_error = CASE WHEN ended.end_status <> 'completed' THEN nullif(concat_ws(E'\\n', ended.message, facts.failure), '') END
  FROM ended, facts WHERE b.id = ended.id AND ${allowedFrom(BRANCH_FROM, status, 'b')} AND ($9::text IS NULL OR b.workflow_id = $9) RETURNING b.id, b.status, b.target_id, b.lock_requested_at)
SELECT closed.status, true AS is_new, ended.execution_serial, CASE WHEN closed.lock_requested_at IS NOT NULL THEN (
  SELECT w.workflow_id FROM job_execution_branches w WHERE w.target_id = closed.target_id AND w.lock_requested_at IS NOT NULL
    AND w.lock_acquired_at IS NULL AND w.completed_at IS NULL AND w.id <> closed.id ORDER BY w.lock_requested_at, w.id LIMIT 1) END AS waiter
FROM closed, ended`;
