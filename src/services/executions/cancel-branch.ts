import type { SteerNote, SteeredExecution } from '../../contracts/steering.ts';
import type { ExecutionStatus } from '../../contracts/enums.ts';
import { closeUnstartedBranches } from '../../db/close-run.ts';
import { selectRow } from '../../db/query.ts';
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
 * Stops the work on one target; the rest of the run goes on. What has not begun never does. Acknowledged when the workflow of the branch has taken it,
 * or of the run, when the branch has none.
 * @throws OpsError NOT_FOUND; CONFLICT when the branch has ended; UNAVAILABLE when Temporal is away, nothing is changed then
 */
export const cancelBranch = (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  branch: string,
  { note }: SteerNote,
): Promise<SteeredExecution> => {
  let begun: string | undefined;
  const steer = (workflowId: string): Promise<boolean> => (begun === undefined ? deps.steer(workflowId) : deps.hasTaken(begun));
  return steerRun({ ...deps, steer }, caller, serial, {
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
      if (row.run_id === null) await closeUnstartedBranches(deps.db, id, 'cancelled', 'workflow', transaction, { branch });
      else {
        await stop(deps, branch, row.workflow_id);
        begun = row.workflow_id;
      }
      return { action: 'cancel_branch', text: `Branch ${branch} (${row.target_name_ref}) cancelled`, details: { branch } };
    },
  });
};

const stop = async ({ cancelRun }: ServiceDeps, branch: string, workflowId: string): Promise<void> => {
  const isKnown = await cancelRun(workflowId).catch((cause: unknown) => {
    throw new OpsError('UNAVAILABLE', `Branch ${branch} is not cancelled: Temporal does not answer. Try again.`, { cause });
  });
  if (!isKnown) throw new OpsError('CONFLICT', `Branch ${branch} is ending, or its workflow is gone; the reconciler closes it then.`);
};
