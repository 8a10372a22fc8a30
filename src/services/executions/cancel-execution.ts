import type { Execution } from '../../contracts/execution.ts';
import { finishRun } from '../../db/close-run.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { allowedFrom, EXECUTION_FROM } from '../../domain/state-machines.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { executionId, readExecution } from './read-executions.ts';

/**
 * Asks a run to stop: its programs are ended on the targets, its rows close as cancelled. Asking twice is harmless.
 * Temporal away? The request stands on the row and the reconciler passes it on.
 * @throws OpsError NOT_FOUND, CONFLICT when the run has ended
 */
export const cancelExecution = async (deps: ServiceDeps, caller: Caller, serial: string): Promise<Execution> => {
  authorize(caller, 'executions.cancel');
  const { db, keyRing, notifyRun } = deps;
  const id = await executionId(db, serial);
  const row = await db.transaction(async (transaction) => {
    const asked = await selectRow<{ workflow_id: string; run_id: string | null }>(
      db,
      `UPDATE job_executions SET cancel_requested_at = coalesce(cancel_requested_at, now()), cancel_requested_by = coalesce(cancel_requested_by, $2)
       WHERE id = $1 AND ${allowedFrom(EXECUTION_FROM, 'cancelled')} RETURNING workflow_id, run_id`,
      [id, caller.userId],
      transaction,
    );
    if (asked === undefined) throw new OpsError('CONFLICT', `Execution ${serial} has ended; there is nothing to cancel.`);
    const event = {
      eventType: 'execution_cancelled',
      action: 'cancel_execution',
      severity: 'medium',
      actor: caller.actor,
      resourceType: 'job_executions',
    } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: serial }, transaction);
    return asked;
  });
  const isKnown = await deps.cancelRun(row.workflow_id).catch(() => true);
  if (!isKnown && row.run_id === null) {
    await finishRun(db, id, { cancelled: true, failureCategory: null, errorCode: null, message: null, closedBy: 'workflow' });
  }
  notifyRun(serial);
  return readExecution(db, serial);
};
