import type { Transaction } from 'sequelize';
import type { AnswerBatch, SteerNote, SteeredExecution } from '../../contracts/steering.ts';
import { blackoutText, calendarsOfRun, holdingOf, holdRun } from '../../db/calendars/hold-run.ts';
import { execute, selectRow } from '../../db/query.ts';
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

/**
 * Lets a paused run go on, or one that waits for the time between two batches. One that was paused within that time waits for the rest of it, if any.
 * @throws OpsError NOT_FOUND, CONFLICT
 */
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
      if (run.hold_reason === 'blackout') throw await heldByCalendar(db, run, serial, transaction);
      const { hold_reason: hold } = run;
      const waits = hold === 'user' && (await waitFurther(db, run, transaction));
      if (!waits) await letGo(db, run, null, transaction);
      return { action: 'resume_execution', text: waits ? 'Resumed between two batches' : 'Resumed', details: { held_by: hold } };
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

/** The time between two batches goes on. @returns false when there is none, or it is over. */
const waitFurther = async (db: ServiceDeps['db'], { id }: SteeredRun, transaction: Transaction): Promise<boolean> =>
  (await selectRow(
    db,
    `UPDATE job_executions SET hold_reason = 'delay', resumes_at = gate_until WHERE id = $1 AND gate_until > now() RETURNING id`,
    [id],
    transaction,
  )) !== undefined;

const heldByCalendar = async (db: ServiceDeps['db'], { id }: SteeredRun, serial: string, transaction: Transaction): Promise<OpsError> => {
  const blackout = holdingOf(await calendarsOfRun(db, id, transaction), Date.now());
  return new OpsError(
    'CONFLICT',
    blackout === undefined
      ? `Execution ${serial} was held by a calendar whose blackout is over; it goes on within a minute.`
      : `Execution ${serial} is held by ${blackoutText(blackout)}. It goes on then by itself; to have it go on now, change the calendar, or take it out of the job.`,
  );
};

/** A calendar that is blacked out holds the run from then on. */
const letGo = async (db: ServiceDeps['db'], { id }: SteeredRun, refusal: string | null, transaction: Transaction): Promise<void> => {
  await execute(
    db,
    `UPDATE job_executions SET paused_at = NULL, hold_reason = NULL, resumes_at = NULL, gate_until = NULL, error_message = coalesce($2, error_message),
       failure_category = CASE WHEN $2::text IS NOT NULL THEN 'rejected' ELSE failure_category END,
       error_code = CASE WHEN $2::text IS NOT NULL THEN 'ROLLOUT_REJECTED' ELSE error_code END WHERE id = $1`,
    [id, refusal],
    transaction,
  );
  if (refusal === null) await holdRun(db, id, transaction);
};
