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
import type { FinishRunInput, JobRunInput, Tally } from '../contracts/run.ts';
import { io } from './activities.ts';
import { classify } from './classify.ts';
import { cancelContinued } from './continued-branches.ts';
import { runBatches, runRetries } from './run-batches.ts';
import { emptyTally } from './run-branches.ts';
import { tellShards } from './run-shards.ts';
import type { RunState } from './run-state.ts';
import { watchBlackouts } from './end-blackout.ts';
import { runWithDeadline } from './run-with-deadline.ts';
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
    jobName: '',
    clock: { limitMs: 0, leftMs: 0, periods: [] },
    timedOut: false,
  };
  listen(state);
  let failure = await failureOf(() => run(state));
  let status = await finish(state, failure);
  while (status === 'running') {
    failure = await failureOf(() => runLate(state));
    status = await finish(state, failure);
  }
  setCurrentDetails(`${execution} ${status}.`);
  if (isCancellation(failure) && !state.timedOut) throw failure;
  return status;
}

const failureOf = async (work: () => Promise<void>): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
};

const run = async (state: RunState): Promise<void> => {
  const { execution } = state;
  if (!(await takeSlot(execution, state))) return;
  const plan = await io.planTargets({ execution, withBranches: true });
  await state.steered.begin(plan);
  if (plan.total === 0) return;
  state.tally.total = plan.total;
  state.jobName = plan.jobName;
  state.clock = { limitMs: plan.timeoutMs, leftMs: plan.timeoutMs, periods: [] };
  await runWithDeadline(state, async () => {
    await runBatches(state, plan);
    await runRetries(state);
  });
};

/** A person has asked at the last moment for branches to run again. Before this was asked, neither a cancel nor the limit of the run reached them. */
const runLate = async (state: RunState): Promise<void> => {
  await state.steered.refresh();
  if (!patched('late-retries-end')) return CancellationScope.nonCancellable(() => runRetries(state));
  return runWithDeadline(state, () => {
    cancelContinued();
    return runRetries(state);
  });
};

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
  watchBlackouts(state, lookAgain);
  setHandler(steerUpdate, lookAgain);
  setHandler(steeredSignal, lookAgain);
};

/** Closes the row, whatever happens. @returns `running` while branches wait to be run again */
const finish = (state: RunState, failure: unknown): Promise<ExecutionStatus> =>
  CancellationScope.nonCancellable(async () => {
    await condition(allHandlersFinished);
    return io.finishExecution(finishInput(state.execution, state, failure));
  });

/** @returns false when the row of the run has ended already: nothing may run. */
const takeSlot = async (execution: string, state: RunState): Promise<boolean> => {
  const { firstExecutionRunId: runId, workflowId } = workflowInfo();
  const { granted, ended } = await io.requestSlot({ execution, workflowId, runId });
  if (granted || ended) return granted;
  setCurrentDetails(`${execution} waits: as many runs as \`max_concurrent_jobs\` allows are running.`);
  await condition(() => state.slotGranted);
  return true;
};

const finishInput = (execution: string, state: RunState, failure: unknown): FinishRunInput => {
  const nothing = { failureCategory: null, errorCode: null, message: null };
  if (state.timedOut || failure === undefined) return { execution, cancelled: false, ...nothing };
  if (isCancellation(failure)) return { execution, cancelled: true, ...nothing };
  const { outcome, message } = classify(failure);
  return { execution, cancelled: false, failureCategory: outcome.failureCategory, errorCode: outcome.errorCode, message };
};
