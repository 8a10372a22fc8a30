import type { Batch, BranchInput, FinishRunInput, JobRunInput, RunControl, RunPlan, SlotAnswer, Tally } from '../contracts/run.ts';
import type { Rollout } from '../contracts/rollout.ts';
import type { ExecutionStatus } from '../contracts/enums.ts';
import { markHeldBranches } from '../db/calendars/hold-branches.ts';
import { holdRun } from '../db/calendars/hold-run.ts';
import { finishRun, QUEUED_RETRY } from '../db/close-run.ts';
import { grantSlots } from '../db/grant-slots.ts';
import { planBranches } from '../db/plan-branches.ts';
import { selectRow, selectRows } from '../db/query.ts';
import { readSpentTime } from '../db/run-clock.ts';
import type { Period } from '../db/run-clock.ts';
import { stopShard } from '../db/stop-shard.ts';
import type { StoppedShard } from '../db/stop-shard.ts';
import { readControl } from '../db/run-control.ts';
import { beginBatch, enterGate, leaveGate } from '../db/run-gate.ts';
import type { Gate } from '../db/run-gate.ts';
import { hasBatches } from '../domain/rollout.ts';
import { nextLookMs } from '../domain/run-clock.ts';
import { OpsError } from '../domain/ops-error.ts';
import { SHARD_SIZE } from '../domain/shards.ts';
import type { ActivityDeps } from './deps.ts';

interface RunHead {
  id: number;
  job_id: number;
  status: ExecutionStatus;
  rollout: Rollout;
  job_serial: string;
  job_name: string;
  timeout_seconds: number | null;
  total_branches: number;
}

/** Activities of a whole run. All may be repeated: each write is guarded by the state that it changes. */
export const createRunActivities = (deps: ActivityDeps) => {
  const { db, readSettings, notifyRun, countEnded, signalSlotGranted, log } = deps;

  const loadHead = async (execution: string): Promise<RunHead> => {
    const head = await selectRow<RunHead>(
      db,
      `SELECT e.id, e.job_id, e.status, e.rollout, e.total_branches, j.job_serial, j.name AS job_name,
         (v.definition->>'timeout_seconds')::int AS timeout_seconds
       FROM job_executions e JOIN jobs j ON j.id = e.job_id JOIN job_versions v ON v.job_id = e.job_id AND v.definition_version = e.definition_version
       WHERE e.execution_serial = $1`,
      [execution],
    );
    if (head === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${execution}: its row was removed while it ran.`);
    return head;
  };

  /** A shard that was terminated leaves branches that are ending by themselves; the run is closed when they have. @throws Error to be tried again. */
  const assertNoneRuns = async ({ id }: RunHead): Promise<void> => {
    const open = await selectRow<{ count: number }>(
      db,
      `SELECT count(*)::int AS count FROM job_execution_branches WHERE job_execution_id = $1 AND status = 'running' AND NOT ${QUEUED_RETRY}`,
      [id],
    );
    if ((open?.count ?? 0) > 0) throw new Error(`${open?.count} branches are still ending`);
  };

  /** @param asking is told by the answer, not by a signal */
  const handOutSlots = async (asking?: string): Promise<void> => {
    const granted = await grantSlots(db, (await readSettings()).max_concurrent_jobs);
    const told = granted.filter((workflowId) => workflowId !== asking);
    await Promise.all(
      told.map((workflowId) =>
        signalSlotGranted(workflowId).catch((error: unknown) =>
          log.warn({ err: error, workflowId }, 'slot signal failed; the reconciler repeats it'),
        ),
      ),
    );
  };

  const readBranches = (execution: string, from: number, to: number): Promise<BranchInput[]> =>
    selectRows<BranchInput & object>(
      db,
      `SELECT e.execution_serial AS execution, b.branch_serial AS branch, b.target_serial_ref AS target, b.target_name_ref AS name,
         j.job_serial AS "jobSerial", t.environment
       FROM job_executions e JOIN jobs j ON j.id = e.job_id JOIN job_execution_branches b ON b.job_execution_id = e.id
         JOIN universal_targets t ON t.id = b.target_id
       WHERE e.execution_serial = $1 AND b.branch_number BETWEEN $2 AND $3 ORDER BY b.branch_number`,
      [execution, from, to],
    );

  return {
    /** Notes the run id and asks for a slot; `granted` when the run may begin at once. */
    async requestSlot({ execution, workflowId, runId }: JobRunInput & { workflowId: string; runId: string }): Promise<SlotAnswer> {
      await selectRows(db, 'UPDATE job_executions SET run_id = $2 WHERE execution_serial = $1 AND run_id IS NULL RETURNING id', [
        execution,
        runId,
      ]);
      await handOutSlots(workflowId);
      const { status } = await loadHead(execution);
      notifyRun(execution);
      return { granted: status === 'running', ended: status !== 'running' && status !== 'scheduled' };
    },

    /** Resolves the targets of the run into branch rows; a repeat finds them made. @param withBranches a workflow of 0.1 asks for them itself */
    async planTargets({ execution, withBranches = false }: JobRunInput & { withBranches?: boolean }): Promise<RunPlan> {
      const head = await loadHead(execution);
      const total = await planBranches(db, head.id);
      await holdRun(db, head.id);
      await markHeldBranches(db, head.id);
      const [settings, control] = await Promise.all([readSettings(), readControl(db, execution)]);
      notifyRun(execution);
      if (control.hold !== undefined) await handOutSlots();
      return {
        ...control,
        total,
        ...(hasBatches(head.rollout) && { hasBatches: true, shardsBatches: true }),
        timeoutMs: (head.timeout_seconds ?? settings.execution_timeout_seconds) * 1_000,
        jobSerial: head.job_serial,
        jobName: head.job_name,
        ...(withBranches &&
          total > 0 &&
          total <= SHARD_SIZE &&
          !hasBatches(head.rollout) && { branches: await readBranches(execution, 1, total) }),
      };
    },

    loadBranches: ({ execution, from, to }: { execution: string; from: number; to: number }): Promise<BranchInput[]> =>
      readBranches(execution, from, to),

    /** How the run goes on: asked when somebody has steered it. A run that is held hands its slot on. */
    async readControl({ execution }: JobRunInput): Promise<RunControl> {
      const control = await readControl(db, execution);
      notifyRun(execution);
      await handOutSlots();
      return control;
    },

    /** The blackout that holds the run should be over: lets it go, unless another one is in force by now. */
    async leaveBlackout({ execution }: JobRunInput): Promise<void> {
      const { id } = await loadHead(execution);
      await holdRun(db, id);
      notifyRun(execution);
    },

    /** Between two batches: may the next one begin? */
    async enterGate({ execution, after }: JobRunInput & { after: number }): Promise<Gate> {
      const gate = await enterGate(db, execution, after);
      notifyRun(execution);
      return gate;
    },

    /** The time between two batches is over. */
    async leaveGate({ execution }: JobRunInput): Promise<void> {
      await leaveGate(db, execution);
      await holdRun(db, (await loadHead(execution)).id);
      notifyRun(execution);
    },

    /** Begins the batch after branch number `after`. @returns null when no branch comes after that. */
    async nextBatch({ execution, after }: JobRunInput & { after: number }): Promise<Batch | null> {
      return (await beginBatch(db, execution, after)) ?? null;
    },

    /** After how many milliseconds to look again whether the run has had its time; 0: it has. What it waited in these periods is no work. */
    async timeLeft({ execution, limitMs, periods }: JobRunInput & { limitMs: number; periods: Period[] }): Promise<number> {
      return nextLookMs(limitMs, await readSpentTime(db, execution, periods));
    },

    /** Says why the branches that are cancelled next are cancelled. */
    async markTimedOut({ execution }: JobRunInput): Promise<void> {
      await selectRows(
        db,
        `UPDATE job_executions SET failure_category = 'timeout', error_code = 'RUN_TIMED_OUT', error_message = 'The run took longer than it may.'
         WHERE execution_serial = $1 AND status = 'running' RETURNING id`,
        [execution],
      );
    },

    /** A shard was ended from outside: closes what it had not begun. */
    async stopShard(input: StoppedShard): Promise<Tally> {
      const tally = await stopShard(db, input, countEnded);
      notifyRun(input.execution);
      return tally;
    },

    /** Closes the run and what of it is still open, then hands its slot on. */
    async finishExecution(input: FinishRunInput): Promise<ExecutionStatus> {
      const head = await loadHead(input.execution);
      await assertNoneRuns(head);
      const status = await finishRun(db, head.id, { ...input, closedBy: 'workflow' }, countEnded);
      notifyRun(input.execution);
      await handOutSlots();
      return status;
    },
  };
};
