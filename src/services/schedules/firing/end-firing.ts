import type { FiringEnd } from '../../../contracts/firing.ts';
import type { ExecutionStatus, ScheduleExecutionStatus } from '../../../contracts/enums.ts';
import { execute, selectRow } from '../../../db/query.ts';
import { closeFiringOfRun, failFiring } from '../../../db/schedules/close-firing.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { ScheduleDeps } from '../schedule-deps.ts';

const CANCELLED = 'It was cancelled before its run began.';

interface Firing {
  status: ScheduleExecutionStatus;
  job_execution_id: number | null;
  run: ExecutionStatus | null;
}

/** The run of a firing that was cancelled is started by nobody any more: it had been accepted, and its workflow was not there yet. */
export const withdrawRun = ({ db }: Pick<ScheduleDeps, 'db'>, runId: number): Promise<void> =>
  execute(
    db,
    `UPDATE job_executions SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = $1 AND status = 'scheduled' AND run_id IS NULL`,
    [runId],
  );

/**
 * Closes the row of a firing as its run ended, if that has not been done. @param isCancelled nobody goes on with the firing
 * @returns `running` while the run has not ended
 */
export const endFiring = async (deps: Pick<ScheduleDeps, 'db'>, id: number, isCancelled = false): Promise<FiringEnd | 'running'> => {
  const { db } = deps;
  const row = await selectRow<Firing>(
    db,
    `SELECT f.status, f.job_execution_id, e.status AS run FROM schedule_executions f LEFT JOIN job_executions e ON e.id = f.job_execution_id WHERE f.id = $1`,
    [id],
  );
  if (row === undefined) return 'none';
  if (row.run === null || row.job_execution_id === null) {
    await failFiring(db, id, CANCELLED);
    return row.status === 'skipped' ? 'none' : 'failed';
  }
  if (isCancelled) await withdrawRun(deps, row.job_execution_id);
  if (row.run === 'scheduled' || row.run === 'running') return 'running';
  await closeFiringOfRun(db, row.job_execution_id);
  return row.run;
};

/** The same, to be asked again. @throws OpsError UNAVAILABLE while the run goes on */
export const awaitFiring = async (deps: Pick<ScheduleDeps, 'db'>, id: number): Promise<FiringEnd> => {
  const end = await endFiring(deps, id);
  if (end === 'running') throw new OpsError('UNAVAILABLE', 'The run of the firing has not ended yet.');
  return end;
};
