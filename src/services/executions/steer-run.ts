import type { Transaction } from 'sequelize';
import type { ExecutionStatus, HoldReason } from '../../contracts/enums.ts';
import type { Rollout } from '../../contracts/rollout.ts';
import type { SteeredExecution } from '../../contracts/steering.ts';
import { noteRun } from '../../db/note-run.ts';
import { execute, selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Permission } from '../../domain/permissions.ts';
import { readExecution } from './read-executions.ts';

/** A run that has not ended, its row locked. */
export interface SteeredRun {
  id: number;
  execution_serial: string;
  status: ExecutionStatus;
  workflow_id: string;
  window: number;
  rollout: Rollout;
  total_branches: number;
  hold_reason: HoldReason | null;
  cancel_requested: boolean;
  error_code: string | null;
}

/** What a change says of itself. */
export interface SteerEvent {
  /** Verb of the audit event, such as `pause_execution`. */
  action: string;
  /** Line in the log of the run, without who and why. */
  text: string;
  details?: Record<string, unknown>;
}

export interface Steering {
  permission: Permission;
  note: string | undefined;
  /** Changes the row. @throws OpsError, nothing is changed then. */
  change: (run: SteeredRun, transaction: Transaction) => Promise<SteerEvent>;
}

/** Line in the log of a run that says what was done, who did it and why. */
export const steerText = (text: string, { username }: Caller, note: string | undefined): string =>
  `${text} by ${username}${note === undefined ? '.' : `: ${note}`}`;

/**
 * Changes a run that goes on: its row, its log and the audit trail in one transaction, then its workflow is told and answers;
 * whether it answers or not, the reconciler tells it once more.
 * @throws OpsError NOT_FOUND; CONFLICT when the run has ended, or is ending
 */
export const steerRun = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  { permission, note, change }: Steering,
): Promise<SteeredExecution> => {
  authorize(caller, permission);
  const { db, keyRing } = deps;
  const run = await db.transaction(async (transaction) => {
    const found = await lockRun(deps, serial, transaction);
    const { action, text, details } = await change(found, transaction);
    await execute(db, 'UPDATE job_executions SET control_version = control_version + 1 WHERE id = $1', [found.id], transaction);
    await noteRun(db, found.id, steerText(text, caller, note), 'info', transaction);
    const event = {
      eventType: 'execution_changed',
      action,
      severity: 'medium',
      actor: caller.actor,
      resourceType: 'job_executions',
    } as const;
    const facts = { ...details, ...(note !== undefined && { note }) };
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: serial, details: facts }, transaction);
    return found;
  });
  const acknowledged = await deps.steer(run.workflow_id).finally(() => deps.notifyRun(serial));
  return { ...(await readExecution(db, serial)), acknowledged };
};

const lockRun = async ({ db }: ServiceDeps, serial: string, transaction: Transaction): Promise<SteeredRun> => {
  const run = await selectRow<SteeredRun>(
    db,
    `SELECT id, execution_serial, status, workflow_id, max_concurrent_targets AS window, rollout, total_branches, hold_reason,
       cancel_requested_at IS NOT NULL AS cancel_requested, error_code
     FROM job_executions WHERE execution_serial = $1 FOR UPDATE`,
    [serial],
    transaction,
  );
  if (run === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${serial}.`);
  if (run.status !== 'scheduled' && run.status !== 'running')
    throw new OpsError('CONFLICT', `Execution ${serial} has ended (${run.status}).`);
  if (run.cancel_requested) throw new OpsError('CONFLICT', `Execution ${serial} is being cancelled.`);
  // A run that lost a shard goes on with the others.
  if (run.error_code !== null && run.error_code !== 'SHARD_STOPPED')
    throw new OpsError('CONFLICT', `Execution ${serial} is ending: ${run.error_code}.`);
  return run;
};
