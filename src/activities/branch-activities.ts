import type { ActionOutcome, ActionRef, BranchEnd, BranchProgram, CloseAttemptInput, CloseBranchInput } from '../contracts/run.ts';
import { holdBranch } from '../db/calendars/hold-branches.ts';
import { createDefinitionCache } from '../db/load-definition.ts';
import { closeBranchRow, hasOtherFinal } from '../db/close-branch.ts';
import { openBranchRow } from '../db/open-branch.ts';
import { selectRow } from '../db/query.ts';
import { readPosition } from '../db/retry-branches.ts';
import { UNSTARTED } from '../domain/failure.ts';
import { childSerial, parentSerial } from '../domain/serials.ts';
import { ACTION_RESULT_FROM, allowedFrom } from '../domain/state-machines.ts';
import type { ActivityDeps } from './deps.ts';
import { planActions } from './plan-actions.ts';

const LEAST_WAIT_MS = 100;

/** The row writes of one branch. Each is one guarded statement and may be repeated. */
export const createBranchActivities = (deps: ActivityDeps) => {
  const { db, readSettings, notifyRun, countEnded, heartbeatTimeoutMs, signalLockGranted } = deps;
  const loadDefinition = createDefinitionCache(db);
  const closed: BranchProgram = { closed: true, actions: [], heartbeatTimeoutMs };

  return {
    /** Turns the branch running, takes its target, and tells what it has to do; `closed` when its row, or its run, has ended already. */
    async openBranch({ branch, ...workflow }: { branch: string; workflowId: string; runId: string }): Promise<BranchProgram> {
      const row = await openBranchRow(db, branch, workflow);
      if (row === undefined) return closed;
      notifyRun(row.execution_serial);
      const asks = row.asks && { asksCalendars: true };
      if (row.waits) return { ...closed, closed: false, waits: true, ...asks };
      const [definition, settings] = await Promise.all([loadDefinition(row.job_id, row.definition_version), readSettings()]);
      const actions = planActions(definition, settings.retry_backoff_coefficient);
      const resume = row.retry_number > 0 ? await readPosition(db, branch) : undefined;
      return { closed: false, actions, heartbeatTimeoutMs, ...(resume !== undefined && { resume }), ...asks };
    },

    /** Must the branch wait for calendars before its next action? @returns null when not; else for how many milliseconds, if that is known */
    async askCalendars({ branch }: { branch: string }): Promise<{ waitMs: number | null } | null> {
      const blackout = await holdBranch(db, branch);
      notifyRun(parentSerial(branch) ?? branch);
      if (blackout === undefined) return null;
      return { waitMs: blackout.until === null ? null : Math.max(LEAST_WAIT_MS, blackout.until.getTime() - Date.now()) };
    },

    /**
     * Closes an attempt whose activity did not tell how it ended. One without a row was never begun, and cannot be any more, since the row is now there:
     * it is not lost, it has not started.
     * @returns the end that stands, where it is another: of one that has ended already, or has not started
     */
    async closeAttempt(input: CloseAttemptInput): Promise<ActionOutcome | null> {
      const { branch, order, iteration, attempt, outcome, message, isFinal } = input;
      const status = outcome.status === 'completed' ? 'failed' : outcome.status;
      const fresh = unlessBegun(input);
      const closed = await selectRow<{ is_new: boolean }>(
        db,
        `INSERT INTO job_action_results AS r (branch_id, action_id, action_serial, action_order, action_name, action_type, iteration, attempt,
           status, failure_category, error_code, result_error, is_final, completed_at)
         SELECT b.id, a.id, b.branch_serial || '.' || lpad(a.action_order::text, greatest(4, length(a.action_order::text)), '0'), a.action_order,
           a.action_name, a.action_type, $3, $4, $5, $10, $11, $12, $13, now()
         FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id
           JOIN job_actions a ON a.job_id = e.job_id AND a.definition_version = e.definition_version AND a.action_order = $2
         WHERE b.branch_serial = $1
         ON CONFLICT (action_serial, iteration, attempt) DO UPDATE SET status = excluded.status, failure_category = $6,
           error_code = $7, result_error = concat_ws(E'\\n', r.result_error, $8::text), is_final = $9 AND NOT ${hasOtherFinal('r')},
           completed_at = now(), execution_time_ms = (extract(epoch FROM now() - r.started_at) * 1000)::int
         WHERE ${allowedFrom(ACTION_RESULT_FROM, status, 'r')} RETURNING r.xmax = 0 AS is_new`,
        [branch, order, iteration, attempt, status, ...endOf({ outcome, message, isFinal }), ...endOf(fresh)],
      );
      if (closed?.is_new === true && fresh.outcome !== outcome) return fresh.outcome;
      if (closed !== undefined) return null;
      return standingOutcome(db, branch, order, iteration, attempt);
    },

    /** Lets time pass inside a workflow task; does nothing. */
    async gather({ milliseconds }: { milliseconds: number }): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
    },

    /**
     * A person ended this action, whose last attempt has ended by now: it is skipped, and the branch goes on. What is known of the attempt stays on its
     * row: that nobody saw it end (it is then among the lost ones, for a person to look at). Between two tries the one that failed stays as it is, and
     * one that was never made is skipped.
     * @returns the end of an attempt that had completed all the same, which then stands
     */
    async markSkipped({ branch, order, iteration }: ActionRef): Promise<ActionOutcome | null> {
      const row = await selectRow<StandingRow>(
        db,
        `WITH latest AS (
           SELECT * FROM job_action_results WHERE action_serial = $1 AND iteration = $2 ORDER BY attempt DESC LIMIT 1),
         skipped AS (
           UPDATE job_action_results r SET status = 'skipped', skip_reason = 'user', is_final = true FROM latest
           WHERE r.id = latest.id AND (r.status = 'cancelled' OR (r.status = 'failed' AND r.is_final)) RETURNING r.id),
         never_made AS (
           INSERT INTO job_action_results (branch_id, action_id, action_serial, action_order, action_name, action_type, iteration, attempt, status,
             skip_reason, is_final, completed_at)
           SELECT branch_id, action_id, action_serial, action_order, action_name, action_type, iteration, attempt + 1, 'skipped', 'user', true, now()
           FROM latest WHERE status = 'failed' AND NOT is_final ON CONFLICT DO NOTHING)
         SELECT status, exit_code, failure_category, error_code FROM latest`,
        [childSerial(branch, order), iteration],
      );
      return row?.status === 'completed' ? outcomeIn(row) : null;
    },

    /** Closes the branch whatever its state; the answer is the state that stands. */
    async closeBranch(input: CloseBranchInput): Promise<BranchEnd> {
      const branch = await closeBranchRow(db, input, 'workflow');
      if (branch === undefined) return input.status;
      if (branch.is_new) countEnded(branch.status, 1);
      notifyRun(branch.execution_serial, 'branch_ended');
      // A lost signal costs little: whoever waits asks again by itself, too.
      if (branch.waiter !== null) await signalLockGranted(branch.waiter).catch(() => undefined);
      return branch.status;
    },
  };
};

type AttemptEnding = Pick<CloseAttemptInput, 'outcome' | 'message' | 'isFinal'>;

const endOf = ({ outcome, message, isFinal }: AttemptEnding): unknown[] => [outcome.failureCategory, outcome.errorCode, message, isFinal];

/** How an attempt ends of which there is no row. */
const unlessBegun = ({ outcome, message, isFinal, isFinalUnstarted = isFinal }: CloseAttemptInput): AttemptEnding =>
  outcome.failureCategory === 'lost'
    ? {
        outcome: { ...outcome, ...UNSTARTED },
        message: 'Its worker was lost before it began this. It did not run.',
        isFinal: isFinalUnstarted,
      }
    : { outcome, message, isFinal };

interface StandingRow {
  status: string;
  exit_code: number | null;
  failure_category: ActionOutcome['failureCategory'];
  error_code: string | null;
}

const standingOutcome = async (
  db: ActivityDeps['db'],
  branch: string,
  order: number,
  iteration: number,
  attempt: number,
): Promise<ActionOutcome | null> => {
  const row = await selectRow<StandingRow>(
    db,
    'SELECT status, exit_code, failure_category, error_code FROM job_action_results WHERE action_serial = $1 AND iteration = $2 AND attempt = $3',
    [childSerial(branch, order), iteration, attempt],
  );
  return row === undefined ? null : outcomeIn(row);
};

const outcomeIn = ({
  status,
  exit_code: exitCode,
  failure_category: failureCategory,
  error_code: errorCode,
}: StandingRow): ActionOutcome | null =>
  status === 'completed' || status === 'failed' || status === 'cancelled' ? { status, exitCode, failureCategory, errorCode } : null;
