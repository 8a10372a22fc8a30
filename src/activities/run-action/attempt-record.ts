import type { Sequelize } from 'sequelize';
import { JobActionResultsLateResult } from '../../contracts/json/jobs.ts';
import type { ActionOutcome, RunActionInput } from '../../contracts/run.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { hasOtherFinal } from '../../db/close-branch.ts';
import { selectPrepared, selectRow } from '../../db/query.ts';
import { childSerial } from '../../domain/serials.ts';
import { ACTION_RESULT_FROM, allowedFrom } from '../../domain/state-machines.ts';

/** `begun`: this activity owns the attempt. `ended`: it ran before (a reset), here is its end. `refused`: nothing may run. */
export type AttemptStart =
  | { state: 'begun'; attemptId: number }
  | { state: 'ended'; outcome: ActionOutcome }
  | { state: 'refused'; reason: 'branch_closed' | 'already_running' };

interface AttemptRow {
  id: number;
  status: string;
  exit_code: number | null;
  failure_category: ActionOutcome['failureCategory'];
  error_code: string | null;
  activity_id: string | null;
  worker_identity: string | null;
}

/**
 * Opens the row of an attempt; the key (action serial, iteration, attempt) lets one activity only begin it.
 * @param isRepeat this activity has asked before and does not know what became of it.
 */
export const startAttempt = async (
  db: Sequelize,
  input: RunActionInput,
  branchId: number,
  action: DefinedAction,
  facts: { commandExecuted: string; activityId: string; workerIdentity: string },
  isRepeat = false,
): Promise<AttemptStart> => {
  const serial = childSerial(input.branch, action.order);
  const begun = await selectPrepared<{ id: number }>(
    db,
    'begin_attempt',
    `INSERT INTO job_action_results (branch_id, action_id, action_serial, action_order, iteration, attempt, action_name, action_type, status, started_at,
       command_executed, activity_id, worker_identity)
     SELECT b.id, $2, $3, $4, $5, $6, $7, $8, 'running', now(), $9, $10, $11 FROM job_execution_branches b WHERE b.id = $1 AND b.status = 'running'
     ON CONFLICT (action_serial, iteration, attempt) DO NOTHING RETURNING id`,
    [
      branchId,
      action.id,
      serial,
      action.order,
      input.iteration,
      input.attempt,
      action.name,
      action.type,
      facts.commandExecuted,
      facts.activityId,
      facts.workerIdentity,
    ],
  );
  if (begun !== undefined) return { state: 'begun', attemptId: begun.id };
  const known = await selectRow<AttemptRow>(
    db,
    'SELECT id, status, exit_code, failure_category, error_code, activity_id, worker_identity FROM job_action_results WHERE action_serial = $1 AND iteration = $2 AND attempt = $3',
    [serial, input.iteration, input.attempt],
  );
  if (known === undefined) return { state: 'refused', reason: 'branch_closed' };
  const { status } = known;
  // The answer to our own insert was lost with the connection: the row is ours.
  const isOurs = known.activity_id === facts.activityId && known.worker_identity === facts.workerIdentity;
  if (isRepeat && isOurs && status === 'running') return { state: 'begun', attemptId: known.id };
  if (status !== 'completed' && status !== 'failed' && status !== 'cancelled') return { state: 'refused', reason: 'already_running' };
  return {
    state: 'ended',
    outcome: { status, exitCode: known.exit_code, failureCategory: known.failure_category, errorCode: known.error_code },
  };
};

export interface AttemptEnd {
  outcome: ActionOutcome;
  isFinal: boolean;
  stdout: string;
  stderr: string;
  truncated: boolean;
  /** A secret was masked in one of the two. */
  masked: boolean;
  bytes: number;
}

/** Closes the attempt while it is open; a result that comes after somebody else closed it is kept beside it (`late_result`). */
export const endAttempt = async (db: Sequelize, attemptId: number, end: AttemptEnd): Promise<void> => {
  const { outcome } = end;
  const closed = await selectPrepared<{ id: number }>(
    db,
    `end_attempt_${outcome.status}`,
    `UPDATE job_action_results r SET status = $2, exit_code = $3, failure_category = $4, error_code = $5, is_final = $6 AND NOT ${hasOtherFinal('r')}, result_output = $7, result_error = $8,
       output_truncated = $9, output_bytes = $10, output_masked = $11, completed_at = now(), execution_time_ms = (extract(epoch FROM now() - started_at) * 1000)::int
     WHERE id = $1 AND ${allowedFrom(ACTION_RESULT_FROM, outcome.status)} RETURNING id`,
    [
      attemptId,
      outcome.status,
      outcome.exitCode,
      outcome.failureCategory,
      outcome.errorCode,
      end.isFinal,
      end.stdout,
      end.stderr,
      end.truncated,
      end.bytes,
      end.masked,
    ],
  );
  if (closed !== undefined) return;
  await selectRow(
    db,
    `UPDATE job_action_results SET late_result = $2::jsonb WHERE id = $1 AND (status, exit_code, output_bytes) IS DISTINCT FROM ($3, $4::int, $5::bigint) RETURNING id`,
    [
      attemptId,
      JSON.stringify(JobActionResultsLateResult.parse({ ...outcome, output_bytes: end.bytes, at: new Date().toISOString() })),
      outcome.status,
      outcome.exitCode,
      end.bytes,
    ],
  );
};
