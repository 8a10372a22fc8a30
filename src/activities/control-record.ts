import type { Sequelize, Transaction } from 'sequelize';
import type { ActionRef, ActionOutcome, Decision } from '../contracts/run.ts';
import type { ActionResultStatus, ActionSkipReason } from '../contracts/enums.ts';
import { execute, selectRow } from '../db/query.ts';
import { childSerial } from '../domain/serials.ts';
import { ACTION_RESULT_FROM, allowedFrom } from '../domain/state-machines.ts';

const COLUMNS = `branch_id, action_id, action_serial, action_order, action_name, action_type, iteration, attempt`;
const VALUES = `b.id, a.id, b.branch_serial || '.' || lpad(a.action_order::text, greatest(4, length(a.action_order::text)), '0'), a.action_order,
  a.action_name, a.action_type, $3, 1`;
const SOURCE = `FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id
  JOIN job_actions a ON a.job_id = e.job_id AND a.definition_version = e.definition_version AND a.action_order = $2 WHERE b.branch_serial = $1`;
/** A wait of 30 days has more milliseconds than an integer. */
const TOOK = `least(extract(epoch FROM now() - r.started_at) * 1000, 2147483647)::int`;

const key = ({ branch, order, iteration }: ActionRef): unknown[] => [branch, order, iteration];

/** Opens the row of an action that the workflow runs itself; a branch that waits for an answer says so. A repeat finds the row. */
export const beginControlRow = async (db: Sequelize, ref: ActionRef, shown: string | null): Promise<void> => {
  await execute(
    db,
    `WITH begun AS (
       INSERT INTO job_action_results (${COLUMNS}, status, started_at, command_executed)
       SELECT ${VALUES}, 'running', now(), $4 ${SOURCE} AND b.status = 'running' ON CONFLICT (action_serial, iteration, attempt) DO NOTHING
       RETURNING branch_id, action_type)
     UPDATE job_execution_branches b SET hold_reason = 'approval' FROM begun WHERE b.id = begun.branch_id AND begun.action_type = 'approval'
       AND b.hold_reason IS DISTINCT FROM 'blackout'`,
    [...key(ref), shown],
  );
};

/** Opens a row like the one of an earlier iteration, of which it keeps the decision. A repeat finds it. */
export const reopenControlRow = (db: Sequelize, ref: ActionRef, from: number): Promise<void> =>
  execute(
    db,
    `INSERT INTO job_action_results (${COLUMNS}, status, started_at, command_executed, result_output)
     SELECT r.branch_id, r.action_id, r.action_serial, r.action_order, r.action_name, r.action_type, $2, 1, 'running', now(), r.command_executed, r.result_output
     FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id
     WHERE r.action_serial = $1 AND r.iteration = $3 AND r.attempt = 1 AND b.status = 'running'
     ON CONFLICT (action_serial, iteration, attempt) DO NOTHING`,
    [childSerial(ref.branch, ref.order), ref.iteration, from],
  );

export interface ControlRowEnd {
  status: Extract<ActionResultStatus, 'completed' | 'failed' | 'cancelled' | 'skipped'>;
  outcome: ActionOutcome | null;
  skipReason: ActionSkipReason | null;
  message: string | null;
}

/** Closes such a row while it is open, or writes it at once. */
export const endControlRow = async (db: Sequelize, ref: ActionRef, end: ControlRowEnd): Promise<void> => {
  await execute(
    db,
    `INSERT INTO job_action_results AS r (${COLUMNS}, status, skip_reason, failure_category, error_code, result_error, is_final, started_at, completed_at)
     SELECT ${VALUES}, $4, $5, $6, $7, $8, true, CASE WHEN $4 <> 'skipped' THEN now() END, now() ${SOURCE}
     ON CONFLICT (action_serial, iteration, attempt) DO UPDATE SET status = excluded.status, skip_reason = excluded.skip_reason,
       failure_category = excluded.failure_category, error_code = excluded.error_code, result_error = excluded.result_error, is_final = true,
       completed_at = now(), execution_time_ms = ${TOOK}
     WHERE ${allowedFrom(ACTION_RESULT_FROM, end.status, 'r')}`,
    [...key(ref), end.status, end.skipReason, end.outcome?.failureCategory ?? null, end.outcome?.errorCode ?? null, end.message],
  );
};

/** A branch in which no approval waits any more is not held by one. */
export const releaseApprovalHold = (db: Sequelize, branch: string, transaction?: Transaction): Promise<void> =>
  execute(
    db,
    `UPDATE job_execution_branches b SET hold_reason = NULL WHERE b.branch_serial = $1 AND b.hold_reason = 'approval'
       AND NOT EXISTS (SELECT 1 FROM job_action_results r WHERE r.branch_id = b.id AND r.action_type = 'approval' AND r.status = 'running')`,
    [branch],
    transaction,
  );

/** What a condition gave in one turn; `items`: the list that a loop goes over. */
export interface MadeDecision {
  decision: Decision;
  items: string | null;
}

const AT_ROUND = `(r.decision->>'round')::int`;

/**
 * Opens the row of a condition with its decision, or writes that of its next turn there.
 * @returns the decision that the row has for this turn already, which then stands
 */
export const writeDecision = async (
  db: Sequelize,
  ref: ActionRef,
  round: number,
  shown: string | null,
  { decision, items }: MadeDecision,
): Promise<Decision | undefined> => {
  const row = await selectRow<{ decision: Decision & { round?: number } }>(
    db,
    `WITH written AS (
       INSERT INTO job_action_results AS r (${COLUMNS}, status, started_at, command_executed, decision, result_output)
       SELECT ${VALUES}, 'running', now(), $4, $5::jsonb, $6 ${SOURCE} AND b.status = 'running'
       ON CONFLICT (action_serial, iteration, attempt) DO UPDATE
         SET decision = excluded.decision, result_output = coalesce(excluded.result_output, r.result_output)
         WHERE r.status = 'running' AND (r.decision IS NULL OR ${AT_ROUND} < $7) RETURNING id)
     SELECT r.decision FROM job_action_results r
     WHERE r.action_serial = $8 AND r.iteration = $3 AND r.attempt = 1 AND ${AT_ROUND} = $7 AND NOT EXISTS (SELECT 1 FROM written)`,
    [...key(ref), shown, JSON.stringify({ ...decision, round }), items, round, childSerial(ref.branch, ref.order)],
  );
  return row === undefined ? undefined : withoutRound(row.decision);
};

/** The decision of a turn, if it was made. */
export const readDecision = async (db: Sequelize, ref: ActionRef, round: number): Promise<Decision | undefined> => {
  const row = await selectRow<{ decision: Decision & { round?: number } }>(
    db,
    `SELECT r.decision FROM job_action_results r WHERE r.action_serial = $1 AND r.iteration = $2 AND r.attempt = 1 AND ${AT_ROUND} = $3`,
    [childSerial(ref.branch, ref.order), ref.iteration, round],
  );
  return row === undefined ? undefined : withoutRound(row.decision);
};

const withoutRound = ({ round: _, ...decision }: Decision & { round?: number }): Decision => decision;

/** One item of the list of a loop; undefined when there is none. */
export const readItem = async (db: Sequelize, branch: string, order: number, iteration: number, index: number): Promise<unknown> => {
  const row = await selectRow<{ item: unknown }>(
    db,
    'SELECT result_output::jsonb -> $3::int AS item FROM job_action_results WHERE action_serial = $1 AND iteration = $2 AND attempt = 1',
    [childSerial(branch, order), iteration, index],
  );
  return row?.item;
};
