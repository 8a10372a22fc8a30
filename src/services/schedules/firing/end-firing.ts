import type { Sequelize, Transaction } from 'sequelize';
import type { FiringEnd } from '../../../contracts/firing.ts';
import type { ExecutionStatus, ScheduleExecutionStatus } from '../../../contracts/enums.ts';
import { execute, selectRow } from '../../../db/query.ts';
import { closeFiringOfRun, failFiring } from '../../../db/schedules/close-firing.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { ScheduleDeps } from '../schedule-deps.ts';

const CANCELLED = 'It was cancelled before its run began.';
const NOT_ACCEPTED = 'Its workflow failed before its run was accepted; the Temporal UI shows why.';

interface Firing {
  status: ScheduleExecutionStatus;
  job_execution_id: number | null;
}

/** The run of a firing that was cancelled is started by nobody any more: it had been accepted, and its workflow was not there yet. */
export const withdrawRun = (db: Sequelize, runId: number, transaction?: Transaction): Promise<void> =>
  execute(
    db,
    `UPDATE job_executions SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = $1 AND status = 'scheduled' AND run_id IS NULL`,
    [runId],
    transaction,
  );

const lockFiring = (db: Sequelize, id: number, transaction: Transaction): Promise<Firing | undefined> =>
  selectRow<Firing>(db, 'SELECT status, job_execution_id FROM schedule_executions WHERE id = $1 FOR UPDATE', [id], transaction);

const runStatus = async (db: Sequelize, id: number, transaction: Transaction): Promise<ExecutionStatus | undefined> =>
  (await selectRow<{ status: ExecutionStatus }>(db, 'SELECT status FROM job_executions WHERE id = $1', [id], transaction))?.status;

/**
 * Closes the row of a firing as its run ended, if that has not been done. Under the lock of the row: what accepts its run in the same moment sees the one or
 * the other. @param isCancelled nobody goes on with the firing
 * @returns `running` while the run has not ended
 */
export const endFiring = ({ db }: Pick<ScheduleDeps, 'db'>, id: number, isCancelled = false): Promise<FiringEnd | 'running'> =>
  db.transaction(async (transaction) => {
    const firing = await lockFiring(db, id, transaction);
    if (firing === undefined) return 'none';
    const run = firing.job_execution_id === null ? undefined : await runStatus(db, firing.job_execution_id, transaction);
    if (run === undefined || firing.job_execution_id === null) {
      await failFiring(db, id, isCancelled ? CANCELLED : NOT_ACCEPTED, transaction);
      return firing.status === 'skipped' ? 'none' : 'failed';
    }
    if (isCancelled) await withdrawRun(db, firing.job_execution_id, transaction);
    if (run === 'scheduled' || run === 'running') return 'running';
    await closeFiringOfRun(db, firing.job_execution_id, transaction);
    return run;
  });

/** The same, to be asked again. @throws OpsError UNAVAILABLE while the run goes on */
export const awaitFiring = async (deps: Pick<ScheduleDeps, 'db'>, id: number): Promise<FiringEnd> => {
  const end = await endFiring(deps, id);
  if (end === 'running') throw new OpsError('UNAVAILABLE', 'The run of the firing has not ended yet.');
  return end;
};
