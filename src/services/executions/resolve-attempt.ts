import type { ResolveAttempt } from '../../contracts/action-answers.ts';
import type { ActionResult } from '../../contracts/execution.ts';
import { noteRun } from '../../db/note-run.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { isUnresolved } from '../../db/unknown-outcome.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { readResult } from './read-results.ts';

interface Attempt {
  id: number;
  execution_id: number;
  is_unresolved: boolean | null;
  resolution: string | null;
}

const WORDS = { succeeded: 'it had succeeded', failed: 'it had failed', not_run: 'it had not run' } as const;

/**
 * Writes down what a person found out about an attempt whose outcome was not known. The attempt stays failed, nothing runs because of it.
 * @throws OpsError NOT_FOUND; CONFLICT when its outcome is known, or was told before
 */
export const resolveAttempt = async (
  { db, keyRing, notifyRun }: ServiceDeps,
  caller: Caller,
  serial: string,
  action: string,
  { outcome, note }: ResolveAttempt,
): Promise<ActionResult> => {
  authorize(caller, 'executions.steer');
  await db.transaction(async (transaction) => {
    const attempt = await selectRow<Attempt>(
      db,
      `SELECT r.id, b.job_execution_id AS execution_id, ${isUnresolved('r')} AS is_unresolved, r.resolution FROM job_action_results r
         JOIN job_execution_branches b ON b.id = r.branch_id JOIN job_executions e ON e.id = b.job_execution_id
       WHERE r.action_serial = $1 AND e.execution_serial = $2
       ORDER BY ${isUnresolved('r')} DESC NULLS LAST, r.iteration DESC, r.attempt DESC LIMIT 1 FOR UPDATE OF r`,
      [action, serial],
      transaction,
    );
    if (attempt === undefined) throw new OpsError('NOT_FOUND', `Execution ${serial} has no action ${action}, or has not come to it yet.`);
    if (attempt.resolution !== null) throw new OpsError('CONFLICT', `${action} was resolved before (${attempt.resolution}).`);
    if (attempt.is_unresolved !== true)
      throw new OpsError('CONFLICT', `The outcome of ${action} is known; a person resolves only what may or may not have run.`);
    await selectRow(
      db,
      `UPDATE job_action_results SET resolution = $2, resolution_note = $3, resolved_by = $4, resolved_at = now() WHERE id = $1 RETURNING id`,
      [attempt.id, outcome, note, caller.userId],
      transaction,
    );
    await noteRun(db, attempt.execution_id, `${caller.username} says of ${action}: ${WORDS[outcome]}. ${note}`, 'info', transaction);
    const event = {
      eventType: 'execution_changed',
      action: 'resolve_attempt',
      resourceType: 'job_executions',
      resourceId: serial,
    } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, actor: caller.actor, details: { action, outcome, note } }, transaction);
  });
  notifyRun(serial);
  return readResult(db, action);
};
