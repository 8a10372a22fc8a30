import type { Sequelize } from 'sequelize';
import { allowedFrom, BRANCH_FROM } from '../domain/state-machines.ts';
import { selectPrepared } from './query.ts';

interface OpenedBranch {
  job_id: number;
  definition_version: number;
  execution_serial: string;
  retry_number: number;
  /** Another run works on the target, or has asked for it before. */
  waits: boolean;
  /** A calendar may hold it: it asks before its first action. */
  asks: boolean;
}

const UNIQUE_VIOLATION = '23505';

/**
 * Turns a branch running and takes its target, in one statement; a branch whose target is taken keeps its place in the queue (`waits`) and asks
 * again. A branch holds its target while its row has `lock_acquired_at` and is not closed, so whoever closes the row releases the target. Jobs with
 * `allow_shared_targets` neither ask nor wait.
 * @returns undefined when the row, or its run, has ended, or another workflow has the row: a person has the branch run again.
 */
export const openBranchRow = async (
  db: Sequelize,
  branch: string,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<OpenedBranch | undefined> => {
  const open = () => selectPrepared<OpenedBranch>(db, 'open_branch', OPEN_BRANCH, [branch, runId, workflowId]);
  try {
    return await open();
  } catch (error) {
    // Two branches saw the target free in the same moment, and the unique index let one have it. Now this one sees the other.
    if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) return open();
    throw error;
  }
};

const OPEN_BRANCH = `
UPDATE job_execution_branches b SET status = 'running', started_at = coalesce(b.started_at, now()), run_id = $2,
  lock_requested_at = CASE WHEN NOT wanted.shared THEN coalesce(b.lock_requested_at, now()) END,
  lock_acquired_at = CASE WHEN NOT wanted.shared AND NOT wanted.taken THEN coalesce(b.lock_acquired_at, now()) END,
  hold_reason = CASE WHEN wanted.taken THEN 'lock' END
FROM (
  SELECT o.id, e.job_id, e.definition_version, e.execution_serial, shared.shared, coalesce(o.hold_reason = 'blackout', false) AS asks,
    NOT shared.shared AND o.lock_acquired_at IS NULL AND (
      EXISTS (SELECT 1 FROM job_execution_branches h WHERE h.target_id = o.target_id AND h.lock_acquired_at IS NOT NULL AND h.completed_at IS NULL)
      OR EXISTS (SELECT 1 FROM job_execution_branches w WHERE w.target_id = o.target_id AND w.lock_requested_at < coalesce(o.lock_requested_at, now())
        AND w.lock_acquired_at IS NULL AND w.completed_at IS NULL AND w.id <> o.id)) AS taken
  FROM job_execution_branches o JOIN job_executions e ON e.id = o.job_execution_id
    JOIN job_versions v ON v.job_id = e.job_id AND v.definition_version = e.definition_version
    CROSS JOIN LATERAL (SELECT coalesce((v.definition->'settings'->>'allow_shared_targets')::boolean, false) AS shared) shared
  WHERE o.branch_serial = $1 AND e.status = 'running') wanted
WHERE b.id = wanted.id AND b.workflow_id = $3 AND (${allowedFrom(BRANCH_FROM, 'running', 'b')} OR (b.status = 'running' AND (b.run_id = $2 OR (b.run_id IS NULL AND b.retry_number > 0))))
RETURNING wanted.job_id, wanted.definition_version, wanted.execution_serial, b.retry_number, wanted.taken AS waits, wanted.asks`;
