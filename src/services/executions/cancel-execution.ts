import type { Transaction } from 'sequelize';
import type { SteerNote, SteeredExecution } from '../../contracts/steering.ts';
import { finishRun } from '../../db/close-run.ts';
import { noteRun } from '../../db/note-run.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { allowedFrom, EXECUTION_FROM } from '../../domain/state-machines.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { executionId, readExecution } from './read-executions.ts';
import { steerText } from './steer-run.ts';

interface AskedRun {
  workflow_id: string;
  run_id: string | null;
}

/**
 * Asks a run to stop: its programs are ended on the targets, its rows close as cancelled. Asking twice is harmless.
 * Temporal away? The request stands on the row and the reconciler passes it on.
 * @returns the run; acknowledged when its workflow has taken the cancel, or there is none that would have to
 * @throws OpsError NOT_FOUND, CONFLICT when the run has ended
 */
export const cancelExecution = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  { note }: SteerNote,
): Promise<SteeredExecution> => {
  authorize(caller, 'executions.cancel');
  const { db, notifyRun, countEnded } = deps;
  const id = await executionId(db, serial);
  const row = await db.transaction((transaction) => askRow(deps, caller, { id, serial, note }, transaction));
  const isAsked = await deps.cancelRun(row.workflow_id).catch(() => undefined);
  const isUnstarted = isAsked === false && row.run_id === null;
  if (isUnstarted)
    await finishRun(db, id, { cancelled: true, failureCategory: null, errorCode: null, message: null, closedBy: 'workflow' }, countEnded);
  notifyRun(serial);
  const acknowledged = isUnstarted || (isAsked !== undefined && (await deps.hasTaken(row.workflow_id)));
  return { ...(await readExecution(db, serial)), acknowledged };
};

/** The wish on the row, a line in the log of the run, and the audit event. */
const askRow = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  { id, serial, note }: { id: number; serial: string; note: string | undefined },
  transaction: Transaction,
): Promise<AskedRun> => {
  const asked = await selectRow<AskedRun>(
    db,
    `UPDATE job_executions SET cancel_requested_at = coalesce(cancel_requested_at, now()), cancel_requested_by = coalesce(cancel_requested_by, $2)
     WHERE id = $1 AND ${allowedFrom(EXECUTION_FROM, 'cancelled')} RETURNING workflow_id, run_id`,
    [id, caller.userId],
    transaction,
  );
  if (asked === undefined) throw new OpsError('CONFLICT', `Execution ${serial} has ended; there is nothing to cancel.`);
  await noteRun(db, id, steerText('Cancelled', caller, note), 'info', transaction);
  const event = {
    eventType: 'execution_cancelled',
    action: 'cancel_execution',
    severity: 'medium',
    actor: caller.actor,
    resourceType: 'job_executions',
  } as const;
  const details = note === undefined ? {} : { note };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: serial, details }, transaction);
  return asked;
};
