import type { SteerNote, SteeredExecution } from '../../contracts/steering.ts';
import type { ExecutionStatus } from '../../contracts/enums.ts';
import { closeUnstartedBranches } from '../../db/close-run.ts';
import { execute, selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { steerRun } from './steer-run.ts';

interface OpenBranch {
  status: ExecutionStatus;
  run_id: string | null;
  workflow_id: string;
  target_name_ref: string;
}

/**
 * Stops the work on one target; the rest of the run goes on. What has not begun never does. The wish is on the row of the branch before its workflow is
 * told, and the reconciler tells it again. Acknowledged when the workflow of the branch has taken it, or of the run, when the branch has none.
 * @throws OpsError NOT_FOUND; CONFLICT when the branch has ended, nothing is changed then; CONFLICT, too, when its workflow ended before the wish reached
 * it: that it was asked for stays on record
 */
export const cancelBranch = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  branch: string,
  { note }: SteerNote,
): Promise<SteeredExecution> => {
  let begun: string | undefined;
  let unstarted = 0;
  const steer = (workflowId: string): Promise<boolean> => (begun === undefined ? deps.steer(workflowId) : tell(deps, branch, begun));
  const steered = await steerRun({ ...deps, steer }, caller, serial, {
    permission: 'executions.cancel',
    note,
    async change({ id }, transaction) {
      const row = await selectRow<OpenBranch>(
        deps.db,
        'SELECT status, run_id, workflow_id, target_name_ref FROM job_execution_branches WHERE job_execution_id = $1 AND branch_serial = $2 FOR UPDATE',
        [id, branch],
        transaction,
      );
      if (row === undefined) throw new OpsError('NOT_FOUND', `Execution ${serial} has no branch ${branch}.`);
      if (row.status !== 'scheduled' && row.status !== 'running')
        throw new OpsError('CONFLICT', `Branch ${branch} has ended (${row.status}); there is nothing to cancel.`);
      const name = `ranch ${branch} (${row.target_name_ref})`;
      const event = { action: 'cancel_branch', details: { branch } };
      if (row.run_id === null) {
        unstarted = (await closeUnstartedBranches(deps.db, id, 'cancelled', 'workflow', transaction, { branch })).count;
        return { ...event, text: `B${name} cancelled` };
      }
      await execute(deps.db, WISH, [branch], transaction);
      begun = row.workflow_id;
      return { ...event, text: `Cancel of b${name} asked for` };
    },
  });
  deps.countEnded('cancelled', unstarted);
  return steered;
};

const WISH = 'UPDATE job_execution_branches SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE branch_serial = $1';

const tell = async ({ cancelRun, hasTaken }: ServiceDeps, branch: string, workflowId: string): Promise<boolean> => {
  const isKnown = await cancelRun(workflowId).catch(() => undefined);
  if (isKnown === undefined) return false;
  if (isKnown) return hasTaken(workflowId);
  throw new OpsError(
    'CONFLICT',
    `Branch ${branch} is ending, or its workflow is gone; the reconciler closes it then. That it was to be cancelled stands in the log of the run.`,
  );
};
