import type { ActionType } from '../../contracts/enums.ts';
import type { SkipAction, SteeredExecution } from '../../contracts/steering.ts';
import { execute, selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { steerRun } from './steer-run.ts';

interface RunningAction {
  workflow_id: string;
  target_name_ref: string;
  /** Null, as what follows, when it does not run. */
  result_id: number | null;
  action_name: string | null;
  action_type: ActionType | null;
  action_serial: string | null;
  iteration: number | null;
}

/** Why an action that runs is not skipped: those that hold others, or ask a person, end by themselves. */
const refusal = ({ action_type: type, action_serial: serial }: RunningAction): string | undefined => {
  if (type === 'approval') return `waits for an answer: approve or reject it (opsconductor runs approve|reject ${serial}).`;
  if (type === 'parallel' || type === 'condition') return `holds other actions: skip the one inside it that hangs.`;
  return undefined;
};

/**
 * Takes an action that runs, and hangs perhaps, out of its branch: its program is ended on the target, or its wait is over, also the one for its next
 * try, and the branch goes on behind it. The wish is on the row of the attempt before the workflow is told, and the reconciler tells it again.
 * @throws OpsError NOT_FOUND; CONFLICT when the action does not run, holds others or waits for an answer, nothing is changed then; CONFLICT, too, when
 * it ended before the wish reached it: that it was asked for stays on record
 */
export const skipAction = (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  branch: string,
  { action_order: order, note }: SkipAction,
): Promise<SteeredExecution> => {
  let wished: { workflowId: string; iteration: number } | undefined;
  const steer = async (): Promise<boolean> => wished !== undefined && (await tell(deps, wished.workflowId, order, wished.iteration));
  return steerRun({ ...deps, steer }, caller, serial, {
    permission: 'executions.steer',
    note,
    async change({ id }, transaction) {
      const row = await selectRow<RunningAction>(deps.db, RUNNING_ACTION, [id, branch, order], transaction);
      if (row === undefined) throw new OpsError('NOT_FOUND', `Execution ${serial} has no branch ${branch}.`);
      if (row.result_id === null) throw new OpsError('CONFLICT', `Action ${order} of branch ${branch} does not run (any more).`);
      const why = refusal(row);
      if (why !== undefined) throw new OpsError('CONFLICT', `Action ${order} (${row.action_name}) of branch ${branch} ${why}`);
      await execute(
        deps.db,
        'UPDATE job_action_results SET skip_requested_at = coalesce(skip_requested_at, now()) WHERE id = $1',
        [row.result_id],
        transaction,
      );
      wished = { workflowId: row.workflow_id, iteration: row.iteration ?? 1 };
      const text = `Skip of action ${order} (${row.action_name}) of branch ${branch} (${row.target_name_ref}) asked for`;
      return { action: 'skip_action', text, details: { branch, action_order: order } };
    },
  });
};

const RUNNING_ACTION = `
SELECT b.workflow_id, b.target_name_ref, r.id AS result_id, r.action_name, r.action_type, r.action_serial, r.iteration FROM job_execution_branches b
  LEFT JOIN LATERAL (
    SELECT * FROM job_action_results a WHERE a.branch_id = b.id AND a.action_order = $3 ORDER BY a.iteration DESC, a.attempt DESC LIMIT 1
  ) r ON r.status = 'running' OR (r.status = 'failed' AND NOT r.is_final AND b.status = 'running')
WHERE b.job_execution_id = $1 AND b.branch_serial = $2 LIMIT 1`;

const tell = async ({ skipAction: skip }: ServiceDeps, workflowId: string, order: number, iteration: number): Promise<boolean> => {
  try {
    return await skip(workflowId, { order, iteration });
  } catch (cause) {
    if (!(cause instanceof OpsError)) throw cause;
    const message = `Action ${order} has ended meanwhile, or is being ended already. That it was to be skipped stands in the log of the run; nothing else was changed.`;
    throw new OpsError(cause.code, message, { cause });
  }
};
