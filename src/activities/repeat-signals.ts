import type { SkippedAction } from '../contracts/run.ts';
import { execute, selectRows } from '../db/query.ts';
import type { ActivityDeps } from './deps.ts';

const FIRST_WAITERS = `
SELECT DISTINCT ON (w.target_id) w.workflow_id FROM job_execution_branches w
WHERE w.lock_requested_at IS NOT NULL AND w.lock_acquired_at IS NULL AND w.completed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM job_execution_branches h WHERE h.target_id = w.target_id AND h.lock_acquired_at IS NOT NULL AND h.completed_at IS NULL)
ORDER BY w.target_id, w.lock_requested_at, w.id`;

interface SteeredRun {
  id: number;
  workflow_id: string;
  version: number;
}

const STEERED = `SELECT id, workflow_id, control_version AS version FROM job_executions WHERE status = 'running' AND control_version > control_told`;
const TOLD = 'UPDATE job_executions SET control_told = $2 WHERE id = $1 AND control_told < $2';

const ANSWERED = `
SELECT b.workflow_id, r.id FROM job_execution_branches b JOIN job_action_results r ON r.branch_id = b.id
WHERE b.status = 'running' AND r.action_type = 'approval' AND r.resolved_by IS NOT NULL`;

/** Wishes to skip an action that has not ended since: a try that has failed is followed by another. */
const SKIPS = `
SELECT DISTINCT b.workflow_id, r.action_order AS "order", r.iteration FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id
WHERE r.skip_requested_at IS NOT NULL AND b.status = 'running' AND (b.retry_number = 0 OR r.started_at >= b.started_at)
  AND NOT EXISTS (SELECT 1 FROM job_action_results f
    WHERE f.branch_id = r.branch_id AND f.action_order = r.action_order AND f.iteration = r.iteration AND f.is_final)`;

/** Branches that a person has cancelled; and those of a run that has had its time, or was cancelled a minute ago, should its workflow not have reached them. */
const CANCELS = `
SELECT b.workflow_id FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id
WHERE b.status = 'running' AND b.run_id IS NOT NULL AND (b.cancel_requested_at IS NOT NULL
  OR (e.status = 'running' AND (e.cancel_requested_at < now() - interval '1 minute' OR e.error_code = 'RUN_TIMED_OUT')))`;

/** Says again what a workflow may have missed, since Temporal or a worker was away when it was said: after its row had been written. */
export const createRepeatSignals = ({ db, signalLockGranted, signalSteered, signalAnswered, skipAction, cancelRun }: ActivityDeps) => {
  /** Answers that their branches have been told of by this process: Temporal keeps what it has taken. */
  let told = new Set<number>();

  const tellAnswers = async (): Promise<void> => {
    const answered = await selectRows<{ workflow_id: string; id: number }>(db, ANSWERED);
    const known = new Set<number>();
    const groups = Map.groupBy(answered, (row) => row.workflow_id);
    const tell = async (workflowId: string, rows: readonly { id: number }[]): Promise<void> => {
      if (rows.some(({ id }) => !told.has(id))) await signalAnswered(workflowId);
      for (const { id } of rows) known.add(id);
    };
    await Promise.allSettled([...groups].map(([workflowId, rows]) => tell(workflowId, rows)));
    told = known;
  };

  /** Once a change, however long ago it was: of the update that the API sends nobody knows that it was kept. */
  const tellSteered = async ({ id, workflow_id: workflowId, version }: SteeredRun): Promise<void> => {
    await signalSteered(workflowId);
    await execute(db, TOLD, [id, version]);
  };

  const tellWishes = async (): Promise<void> => {
    const skips = await selectRows<SkippedAction & { workflow_id: string }>(db, SKIPS);
    const cancels = await selectRows<{ workflow_id: string }>(db, CANCELS);
    await Promise.allSettled([
      ...skips.map(({ workflow_id: workflowId, ...action }) => skipAction(workflowId, action)),
      ...cancels.map((row) => cancelRun(row.workflow_id)),
    ]);
  };

  /** The first waiter of each free target, runs that somebody has steered, and branches in which a person has answered, skipped or cancelled. */
  return async (): Promise<void> => {
    const first = await selectRows<{ workflow_id: string }>(db, FIRST_WAITERS);
    const steered = await selectRows<SteeredRun>(db, STEERED);
    await Promise.allSettled([...first.map((row) => signalLockGranted(row.workflow_id)), ...steered.map(tellSteered)]);
    await tellAnswers();
    await tellWishes();
  };
};
