import type { ActionRef, AnswerApprovalInput, ControlEnd } from '../contracts/run.ts';
import type { FailureCategory } from '../contracts/enums.ts';
import { selectRow } from '../db/query.ts';
import { recordAudit } from '../db/record-audit.ts';
import { OpsError } from '../domain/ops-error.ts';
import { childSerial, parentSerial } from '../domain/serials.ts';
import { releaseApprovalHold } from './control-record.ts';
import type { ActivityDeps } from './deps.ts';

interface ApprovalRow {
  status: string;
  failure_category: FailureCategory | null;
  error_code: string | null;
}

const WORDS = {
  approved: { status: 'completed', error: null, text: null },
  rejected: { status: 'failed', error: 'APPROVAL_REJECTED', text: 'The approval was refused.' },
  expired: { status: 'failed', error: 'APPROVAL_EXPIRED', text: 'Nobody answered in time.' },
} as const;

/** How an answer, or that none came, ends the action. */
const endingOf = ({ resolution, onTimeout }: AnswerApprovalInput) => {
  if (resolution !== 'expired' || onTimeout === 'fail') return { ...WORDS[resolution], skipReason: null };
  if (onTimeout === 'approve') return { status: 'completed', error: null, text: WORDS.expired.text, skipReason: null };
  return { status: 'skipped', error: null, text: WORDS.expired.text, skipReason: 'condition_false' };
};

const controlEnd = (row: ApprovalRow, isOurs: boolean): ControlEnd => {
  const end = row.status === 'skipped' || row.status === 'completed' ? row.status : 'failed';
  const status = end === 'failed' ? 'failed' : 'completed';
  return { end, isOurs, outcome: { status, exitCode: null, failureCategory: row.failure_category, errorCode: row.error_code } };
};

/** Closes an approval with the first answer, audited with it; a later one learns what stands. A repeat after a lost answer finds its own. */
export const answerApprovalRow =
  ({ db, keyRing, notifyRun }: ActivityDeps) =>
  async (input: AnswerApprovalInput): Promise<ControlEnd> => {
    const serial = childSerial(input.branch, input.order);
    const { status, error, text, skipReason } = endingOf(input);
    const execution = parentSerial(input.branch) ?? input.branch;
    const end = await db.transaction(async (transaction) => {
      const closed = await selectRow<ApprovalRow>(
        db,
        `UPDATE job_action_results SET status = $3, error_code = $4::text, failure_category = CASE WHEN $4::text IS NOT NULL THEN 'rejected' END,
           skip_reason = $5, result_error = $6, resolution = $7, resolution_note = $8, resolved_by = $9, resolved_at = now(), is_final = true,
           completed_at = now(), execution_time_ms = least(extract(epoch FROM now() - started_at) * 1000, 2147483647)::int
         WHERE action_serial = $1 AND iteration = $2 AND attempt = 1 AND status = 'running' AND resolved_at IS NULL
         RETURNING status, failure_category, error_code`,
        [
          serial,
          input.iteration,
          status,
          error,
          skipReason,
          text,
          input.resolution,
          input.answer?.note ?? null,
          input.answer?.actor.userId ?? null,
        ],
        transaction,
      );
      if (closed === undefined) return undefined;
      await releaseApprovalHold(db, input.branch, transaction);
      const event = {
        eventType: 'execution_changed',
        action: 'answer_approval',
        resourceType: 'job_executions',
        resourceId: execution,
      } as const;
      const note = input.answer?.note ?? null;
      const details = { action: serial, answer: input.resolution, ...(note !== null && { note }) };
      await recordAudit(db, keyRing.auditKey, { ...event, actor: input.answer?.actor ?? { type: 'system' }, details }, transaction);
      return controlEnd(closed, true);
    });
    if (end !== undefined) {
      notifyRun(execution);
      return end;
    }
    return standing(db, serial, input);
  };

const standing = async (
  db: ActivityDeps['db'],
  serial: string,
  { iteration, resolution, answer }: AnswerApprovalInput,
): Promise<ControlEnd> => {
  const row = await selectRow<ApprovalRow & { resolution: string | null; resolved_by: number | null }>(
    db,
    `SELECT status, failure_category, error_code, resolution, resolved_by FROM job_action_results
     WHERE action_serial = $1 AND iteration = $2 AND attempt = 1 AND status <> 'running'`,
    [serial, iteration],
  );
  if (row === undefined) throw new OpsError('CONFLICT', 'This approval does not wait yet. Try again.');
  return controlEnd(row, row.resolution === resolution && row.resolved_by === (answer?.actor.userId ?? null));
};

/** The answer that a person has given to an approval, if one has: its row may be written before its workflow learns of it. */
export const readApprovalRow =
  ({ db }: Pick<ActivityDeps, 'db'>) =>
  async ({ branch, order, iteration }: ActionRef): Promise<ControlEnd | null> => {
    const row = await selectRow<ApprovalRow>(
      db,
      `SELECT status, failure_category, error_code FROM job_action_results
       WHERE action_serial = $1 AND iteration = $2 AND attempt = 1 AND resolved_by IS NOT NULL`,
      [childSerial(branch, order), iteration],
    );
    return row === undefined ? null : controlEnd(row, true);
  };
