import type { AnswerBatch, SteerNote, SteeredExecution } from '../../contracts/steering.ts';
import { execute } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertBatchApprover } from './assert-approver.ts';
import { steerRun } from './steer-run.ts';
import type { SteeredRun } from './steer-run.ts';

const WAITS_FOR_APPROVAL = 'waits for an approval before its next batch; answer that (approve or reject)';

/** No further target begins; those at work go on to their end. @throws OpsError NOT_FOUND, CONFLICT */
export const pauseExecution = (
  { db, ...deps }: ServiceDeps,
  caller: Caller,
  serial: string,
  { note }: SteerNote,
): Promise<SteeredExecution> =>
  steerRun({ db, ...deps }, caller, serial, {
    permission: 'executions.steer',
    note,
    async change({ id, hold_reason: hold }, transaction) {
      if (hold === 'user') throw new OpsError('CONFLICT', `Execution ${serial} is paused already.`);
      if (hold === 'approval') throw new OpsError('CONFLICT', `Execution ${serial} ${WAITS_FOR_APPROVAL}.`);
      await execute(
        db,
        `UPDATE job_executions SET paused_at = coalesce(paused_at, now()), hold_reason = 'user', resumes_at = NULL WHERE id = $1`,
        [id],
        transaction,
      );
      return { action: 'pause_execution', text: 'Paused' };
    },
  });

/** Lets a paused run go on, or one that waits for the time between two batches. @throws OpsError NOT_FOUND, CONFLICT */
export const resumeExecution = (
  { db, ...deps }: ServiceDeps,
  caller: Caller,
  serial: string,
  { note }: SteerNote,
): Promise<SteeredExecution> =>
  steerRun({ db, ...deps }, caller, serial, {
    permission: 'executions.steer',
    note,
    async change(run, transaction) {
      if (run.hold_reason === null) throw new OpsError('CONFLICT', `Execution ${serial} is not paused.`);
      if (run.hold_reason === 'approval') throw new OpsError('CONFLICT', `Execution ${serial} ${WAITS_FOR_APPROVAL}.`);
      await letGo(db, run, null, transaction);
      return { action: 'resume_execution', text: 'Resumed', details: { held_by: run.hold_reason } };
    },
  });

/**
 * Answers the approval before a batch: the next batch begins, or the run ends without it, as failed.
 * @throws OpsError NOT_FOUND, CONFLICT, FORBIDDEN for who is not among its approvers
 */
export const answerBatch = (
  { db, ...deps }: ServiceDeps,
  caller: Caller,
  serial: string,
  { answer, note }: AnswerBatch,
): Promise<SteeredExecution> =>
  steerRun({ db, ...deps }, caller, serial, {
    permission: 'approvals.answer',
    note,
    async change(run, transaction) {
      if (run.hold_reason !== 'approval')
        throw new OpsError(
          'CONFLICT',
          `Execution ${serial} waits for no approval of its next batch. Its actions may wait for one: see \`runs approvals --run ${serial}\`.`,
        );
      assertBatchApprover(caller, run);
      const refusal = `${caller.username} rejected the next batch${note === undefined ? '.' : `: ${note}`}`;
      await letGo(db, run, answer === 'rejected' ? refusal : null, transaction);
      return {
        action: 'answer_batch',
        text: answer === 'approved' ? 'The next batch was approved' : 'The next batch was rejected',
        details: { answer },
      };
    },
  });

const letGo = (
  db: ServiceDeps['db'],
  { id }: SteeredRun,
  refusal: string | null,
  transaction: Parameters<typeof execute>[3],
): Promise<void> =>
  execute(
    db,
    `UPDATE job_executions SET paused_at = NULL, hold_reason = NULL, resumes_at = NULL, error_message = coalesce($2, error_message),
       failure_category = CASE WHEN $2::text IS NOT NULL THEN 'rejected' ELSE failure_category END,
       error_code = CASE WHEN $2::text IS NOT NULL THEN 'ROLLOUT_REJECTED' ELSE error_code END WHERE id = $1`,
    [id, refusal],
    transaction,
  );
