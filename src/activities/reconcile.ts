import type { ExecutionStatus, ExecutionTrigger, FailureCategory } from '../contracts/enums.ts';
import { closeBranchRow } from '../db/close-branch.ts';
import { finishRun, QUEUED_RETRY } from '../db/close-run.ts';
import { grantSlots } from '../db/grant-slots.ts';
import { selectRows } from '../db/query.ts';
import { workflowIdOfKey } from '../domain/schedules/firing-ids.ts';
import type { ActivityDeps, WorkflowState } from './deps.ts';
import { createHoldForCalendars } from './hold-for-calendars.ts';
import { createRepeatSignals } from './repeat-signals.ts';

const UNSTARTED_AFTER_SECONDS = 60;
const RUNS_PER_PAGE = 500;
const SILENT_AFTER_SECONDS = 300;
const BRANCHES_PER_PASS = 5_000;

interface OpenRun {
  id: number;
  job_id: number;
  execution_serial: string;
  workflow_id: string;
  run_id: string | null;
  status: ExecutionStatus;
  trigger_type: ExecutionTrigger;
  idempotency_key: string | null;
  cancel_requested: boolean;
  old: boolean;
}

interface OpenBranch {
  branch_serial: string;
  workflow_id: string;
  status: ExecutionStatus;
}

// `completed` without a closed row: the workflow of this id was another one's.
const DEATH: Readonly<Partial<Record<WorkflowState, { category: FailureCategory; code: string; message: string }>>> = {
  timed_out: { category: 'timeout', code: 'RUN_TIMED_OUT', message: 'Temporal ended the workflow: it ran longer than it may.' },
  completed: {
    category: 'internal',
    code: 'INTERNAL',
    message:
      'Temporal knows an ended workflow of this id that did not close this row. Does another installation use the same Temporal namespace, or was the database restored from a backup? Nothing ran; start the job again.',
  },
  failed: { category: 'internal', code: 'INTERNAL', message: 'The workflow failed; Temporal shows why.' },
  terminated: { category: 'lost', code: 'OUTCOME_UNKNOWN', message: 'The workflow was terminated from outside.' },
  missing: {
    category: 'lost',
    code: 'OUTCOME_UNKNOWN',
    message: 'Temporal does not know this workflow any more: its history was removed.',
  },
};

/** Compares open rows with Temporal, never with the clock alone, and repairs what no workflow will (data model, 6.2). */
export const createReconcileActivities = (deps: ActivityDeps) => {
  const { db, describeWorkflow, startRun, cancelRun, notifyRun, countEnded, readSettings, signalSlotGranted, signalLockGranted } = deps;
  const repeatSignals = createRepeatSignals(deps);
  const holdForCalendars = createHoldForCalendars(deps);

  const closeRun = async (run: OpenRun, state: WorkflowState): Promise<'closed' | 'fine'> => {
    const death = state === 'cancelled' || run.cancel_requested ? undefined : DEATH[state];
    const { alive } = await closeDeadBranches(run);
    // Branches of a terminated root are cancelled and close their own rows; the run is closed when the last one has.
    if (alive > 0) return 'fine';
    const ending = {
      cancelled: state === 'cancelled' || run.cancel_requested,
      failureCategory: death?.category ?? null,
      errorCode: death?.code ?? null,
      message: death?.message ?? null,
      closedBy: 'reconciler',
    } as const;
    await finishRun(db, run.id, ending, countEnded);
    notifyRun(run.execution_serial);
    return 'closed';
  };

  const closeDeadBranches = async (run: Pick<OpenRun, 'id'>): Promise<{ closed: number; alive: number }> => {
    const branches = await selectRows<OpenBranch>(
      db,
      `SELECT branch_serial, workflow_id, status FROM job_execution_branches WHERE job_execution_id = $1 AND status = 'running' AND NOT ${QUEUED_RETRY} ORDER BY id LIMIT ${BRANCHES_PER_PASS}`,
      [run.id],
    );
    let closed = 0;
    for (const branch of branches) {
      const state = await describeWorkflow(branch.workflow_id);
      if (state === 'running') continue;
      const death = DEATH[state] ?? DEATH.missing;
      const cancelled = state === 'cancelled';
      const row = await closeBranchRow(
        db,
        {
          branch: branch.branch_serial,
          workflowId: branch.workflow_id,
          status: cancelled ? 'cancelled' : 'failed',
          failureCategory: cancelled ? null : (death?.category ?? null),
          errorCode: cancelled ? null : (death?.code ?? null),
          message: cancelled ? null : (death?.message ?? null),
          skipReason: 'branch_stopped',
        },
        'reconciler',
      );
      if (row?.is_new === true) countEnded(row.status, 1);
      if (row !== undefined && row.waiter !== null) await signalLockGranted(row.waiter).catch(() => undefined);
      closed += 1;
    }
    return { closed, alive: branches.length - closed };
  };

  /** A run of a schedule is started by the workflow of its firing. `none`: there is none, or Temporal has lost it. */
  const firingOf = async ({ trigger_type: trigger, idempotency_key: key }: OpenRun): Promise<'none' | 'running' | 'ended'> => {
    const workflowId = trigger === 'schedule' && key !== null ? workflowIdOfKey(key) : undefined;
    const state = workflowId === undefined ? 'missing' : await describeWorkflow(workflowId);
    return state === 'missing' ? 'none' : state === 'running' ? 'running' : 'ended';
  };

  /** The firing was cancelled or terminated after its run had been accepted and before it was started. @returns false when it was started after all */
  const withdraw = async ({ id, workflow_id: workflowId }: OpenRun): Promise<boolean> => {
    if ((await describeWorkflow(workflowId)) !== 'missing') return false;
    const [withdrawn] = await selectRows(
      db,
      `UPDATE job_executions SET cancel_requested_at = now() WHERE id = $1 AND status = 'scheduled' AND run_id IS NULL RETURNING id`,
      [id],
    );
    return withdrawn !== undefined;
  };

  const reconcileRun = async (run: OpenRun): Promise<'started' | 'closed' | 'cancelled' | 'fine'> => {
    const state = await describeWorkflow(run.workflow_id);
    if (state === 'running') {
      if (!run.cancel_requested) return 'fine';
      await cancelRun(run.workflow_id);
      return 'cancelled';
    }
    if (state === 'missing' && run.run_id === null && !run.cancel_requested) {
      const firing = await firingOf(run);
      if (firing === 'ended') return (await withdraw(run)) ? closeRun({ ...run, cancel_requested: true }, state) : 'fine';
      if (!run.old || firing === 'running') return 'fine';
      await startRun(run.workflow_id, run.execution_serial, run.trigger_type);
      return 'started';
    }
    return closeRun(run, state);
  };

  const openRuns = (after: number): Promise<OpenRun[]> =>
    selectRows<OpenRun>(
      db,
      `SELECT id, job_id, execution_serial, workflow_id, run_id, status, trigger_type, idempotency_key, cancel_requested_at IS NOT NULL AS cancel_requested,
         created_at < now() - make_interval(secs => ${UNSTARTED_AFTER_SECONDS}) AS old
       FROM job_executions WHERE status IN ('scheduled', 'running') AND id > $1 ORDER BY id LIMIT ${RUNS_PER_PAGE}`,
      [after],
    );

  /** One run that cannot be looked at now keeps none of the others from it. */
  const guarded = async (counts: Record<string, number>, look: () => Promise<string>): Promise<void> => {
    const done = await look().catch((error: unknown) => {
      deps.log.warn({ err: error }, 'the reconciler could not look at a run; it tries again in a minute');
      return 'errors';
    });
    counts[done] = (counts[done] ?? 0) + 1;
  };

  /** Runs whose branches may have nobody left to close them: the run has ended, or nothing was written for minutes. */
  const orphanedRuns = (): Promise<Pick<OpenRun, 'id'>[]> =>
    selectRows<Pick<OpenRun, 'id'>>(
      db,
      `SELECT b.id FROM (SELECT job_execution_id AS id, min(updated_at) AS silent_since FROM job_execution_branches WHERE status = 'running' GROUP BY 1) b
       WHERE b.silent_since < now() - make_interval(secs => ${SILENT_AFTER_SECONDS})
         OR (SELECT e.completed_at IS NOT NULL FROM job_executions e WHERE e.id = b.id)`,
    );

  const handOutSlots = async (): Promise<number> => {
    const granted = await grantSlots(db, (await readSettings()).max_concurrent_jobs);
    // Signals may have been lost: every run that has its slot but no branch yet is told again.
    const silent = await selectRows<{ workflow_id: string }>(
      db,
      `SELECT workflow_id FROM job_executions WHERE status = 'running' AND total_branches = 0`,
    );
    const told = new Set([...granted, ...silent.map((row) => row.workflow_id)]);
    await Promise.allSettled([...told].map((workflowId) => signalSlotGranted(workflowId)));
    return granted.length;
  };

  return {
    /** @returns how many runs were started, closed or cancelled, and how many branches that nobody would have closed. */
    async reconcile(): Promise<Record<string, number>> {
      const counts: Record<string, number> = { started: 0, closed: 0, cancelled: 0, fine: 0, errors: 0, branches: 0 };
      counts['slots'] = await handOutSlots();
      for (let page = await openRuns(0); page.length > 0; page = await openRuns(page.at(-1)?.id ?? Number.MAX_SAFE_INTEGER)) {
        for (const run of page) await guarded(counts, () => reconcileRun(run));
      }
      for (const run of await orphanedRuns()) {
        await guarded(counts, async () => {
          counts['branches'] = (counts['branches'] ?? 0) + (await closeDeadBranches(run)).closed;
          return 'fine';
        });
      }
      await holdForCalendars().catch((error: unknown) => {
        deps.log.warn({ err: error }, 'the reconciler could not look at the calendars; it tries again in a minute');
        counts['errors'] = (counts['errors'] ?? 0) + 1;
      });
      await repeatSignals();
      return { ...counts, ...(await deps.scheduleWork.reconcileSchedules()) };
    },
  };
};
