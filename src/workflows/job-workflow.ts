import {
  CancellationScope,
  allHandlersFinished,
  condition,
  defineQuery,
  defineSignal,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ExecutionStatus } from '../contracts/enums.ts';
import type { FinishRunInput, JobRunInput, RunPlan, Tally } from '../contracts/run.ts';
import { io, record } from './activities.ts';
import { classify } from './classify.ts';
import { runBatches, runRetries } from './run-batches.ts';
import { emptyTally } from './run-branches.ts';
import { tellShards } from './run-shards.ts';
import type { RunState } from './run-state.ts';
import { createSteered } from './steered.ts';
import { steerUpdate, steeredSignal } from './steering-signals.ts';

/** Sent by whoever frees a slot of `max_concurrent_jobs`. */
export const slotGrantedSignal = defineSignal('slotGranted');
/** Counts of the run. With shards, those of shards that still run are asked of the shards themselves. */
export const progressQuery = defineQuery<Tally & { runningShards: string[] }>('progress');

/** One run of a job: waits for a slot, plans its branches, keeps a window of them running, and closes the row whatever happens. */
export async function jobWorkflow({ execution }: JobRunInput): Promise<ExecutionStatus> {
  const state: RunState = {
    execution,
    steered: createSteered(execution, { window: 1 }),
    slotGranted: false,
    tally: emptyTally(0),
    shards: new Map(),
    lanes: new Set(),
    begunShards: 0,
    onSteered: () => {},
    timedOut: false,
  };
  listen(state);
  let failure: unknown;
  try {
    if (await takeSlot(execution, state)) {
      const plan = await io.planTargets({ execution });
      await state.steered.begin(plan);
      if (plan.total > 0) await runWithDeadline(plan, state);
    }
  } catch (error) {
    failure = error;
  }
  const status = await CancellationScope.nonCancellable(() => finish(state, failure));
  setCurrentDetails(`${execution} ${status}.`);
  if (isCancellation(failure) && !state.timedOut) throw failure;
  return status;
}

const listen = (state: RunState): void => {
  const { steered, tally, shards } = state;
  setHandler(slotGrantedSignal, () => {
    state.slotGranted = true;
  });
  setHandler(progressQuery, () => ({ ...tally, runningShards: [...shards.keys()] }));
  const lookAgain = async (): Promise<void> => {
    await steered.refresh();
    state.onSteered();
    await CancellationScope.nonCancellable(() => tellShards(state));
  };
  setHandler(steerUpdate, lookAgain);
  setHandler(steeredSignal, lookAgain);
};

/** Closes the row. A person may have asked at the last moment for branches to run again: they run first. */
const finish = async (state: RunState, failure: unknown): Promise<ExecutionStatus> => {
  for (;;) {
    await condition(allHandlersFinished);
    const status = await io.finishExecution(finishInput(state.execution, state, failure));
    if (status !== 'running') return status;
    await state.steered.refresh();
    await runRetries(state);
  }
};

/** @returns false when the row of the run has ended already: nothing may run. */
const takeSlot = async (execution: string, state: RunState): Promise<boolean> => {
  const { firstExecutionRunId: runId, workflowId } = workflowInfo();
  const { granted, ended } = await io.requestSlot({ execution, workflowId, runId });
  if (granted || ended) return granted;
  setCurrentDetails(`${execution} waits: as many runs as \`max_concurrent_jobs\` allows are running.`);
  await condition(() => state.slotGranted);
  return true;
};

const runWithDeadline = async (plan: RunPlan, state: RunState): Promise<void> => {
  const { execution } = state;
  state.tally.total = plan.total;
  const tell = (): void => setCurrentDetails(`${plan.jobName}: ${plan.total} targets, ${state.steered.control.window} at once.`);
  state.onSteered = tell;
  tell();
  const work = new CancellationScope();
  const clock = new CancellationScope();
  const watch = clock.run(async () => {
    await countDown(state, plan.timeoutMs);
    // The row says so first: branches that are cancelled now are then closed as timed out.
    await CancellationScope.nonCancellable(() => record.markTimedOut({ execution }));
    state.timedOut = true;
    work.cancel();
  });
  const watched = watch.catch(() => undefined);
  try {
    await work.run(async () => {
      await runBatches(state, plan);
      await runRetries(state);
    });
  } finally {
    clock.cancel();
    await watched;
  }
};

/** Waits until the run has had its time. The clock stands still while the run is held, and while everything of it waits. */
const countDown = async ({ execution, steered }: RunState, limitMs: number): Promise<void> => {
  const isHeld = (): boolean => steered.control.hold !== undefined;
  const periods: [from: number, to: number][] = [];
  for (let left = limitMs; left > 0;) {
    if (isHeld()) await condition(() => !isHeld());
    const from = Date.now();
    const isOver = !(await condition(isHeld, left, { summary: 'limit of the run' }));
    periods.push([from, Date.now()]);
    // Before this was asked a run ended here, however much of its time it had waited.
    if (!isOver) left = Math.max(1, left - (Date.now() - from));
    else left = patched('waits-are-no-work') ? await record.timeLeft({ execution, limitMs, periods }) : 0;
  }
};

const finishInput = (execution: string, state: RunState, failure: unknown): FinishRunInput => {
  const nothing = { failureCategory: null, errorCode: null, message: null };
  if (state.timedOut || failure === undefined) return { execution, cancelled: false, ...nothing };
  if (isCancellation(failure)) return { execution, cancelled: true, ...nothing };
  const { outcome, message } = classify(failure);
  return { execution, cancelled: false, failureCategory: outcome.failureCategory, errorCode: outcome.errorCode, message };
};
