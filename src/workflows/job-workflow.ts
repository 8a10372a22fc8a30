import {
  CancellationScope,
  ChildWorkflowFailure,
  TerminatedFailure,
  condition,
  defineQuery,
  defineSignal,
  executeChild,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ExecutionStatus } from '../contracts/enums.ts';
import type { FinishRunInput, JobRunInput, RunPlan, Tally } from '../contracts/run.ts';
import { SHARD_SIZE, shardRanges, shardWindows } from '../domain/shards.ts';
import type { ShardRange } from '../domain/shards.ts';
import { shardWorkflowId } from '../domain/serials.ts';
import { io, record } from './activities.ts';
import { classify } from './classify.ts';
import { emptyTally, runBranches } from './run-branches.ts';
import { shardWorkflow } from './shard-workflow.ts';

/** Sent by whoever frees a slot of `max_concurrent_jobs`. */
export const slotGrantedSignal = defineSignal('slotGranted');
/** Counts of the run. With shards, those of shards that still run are asked of the shards themselves. */
export const progressQuery = defineQuery<Tally & { runningShards: string[] }>('progress');

/** At most 500 children: their events are few enough, speed counts more. */
const GATHER = { least: 50, most: 100 };

interface RunState {
  slotGranted: boolean;
  tally: Tally;
  runningShards: Set<string>;
  timedOut: boolean;
}

/** One run of a job: waits for a slot, plans its branches, keeps a window of them running, and closes the row whatever happens. */
export async function jobWorkflow({ execution }: JobRunInput): Promise<ExecutionStatus> {
  const state: RunState = { slotGranted: false, tally: emptyTally(0), runningShards: new Set(), timedOut: false };
  setHandler(slotGrantedSignal, () => {
    state.slotGranted = true;
  });
  setHandler(progressQuery, () => ({ ...state.tally, runningShards: [...state.runningShards] }));

  let failure: unknown;
  try {
    if (await takeSlot(execution, state)) {
      const plan = await io.planTargets({ execution });
      if (plan.total > 0) await runWithDeadline(execution, plan, state);
    }
  } catch (error) {
    failure = error;
  }
  const status = await CancellationScope.nonCancellable(() => io.finishExecution(finishInput(execution, state, failure)));
  setCurrentDetails(`${execution} ${status}.`);
  if (isCancellation(failure) && !state.timedOut) throw failure;
  return status;
}

/** @returns false when the row of the run has ended already: nothing may run. */
const takeSlot = async (execution: string, state: RunState): Promise<boolean> => {
  const { firstExecutionRunId: runId, workflowId } = workflowInfo();
  const { granted, ended } = await io.requestSlot({ execution, workflowId, runId });
  if (granted || ended) return granted;
  setCurrentDetails(`${execution} waits: as many runs as \`max_concurrent_jobs\` allows are running.`);
  await condition(() => state.slotGranted);
  return true;
};

const runWithDeadline = async (execution: string, plan: RunPlan, state: RunState): Promise<void> => {
  state.tally.total = plan.total;
  setCurrentDetails(`${plan.jobName}: ${plan.total} targets, ${plan.window} at once.`);
  const work = new CancellationScope();
  const clock = new CancellationScope();
  const watch = clock.run(async () => {
    await sleep(plan.timeoutMs, { summary: 'limit of the run' });
    // The row says so first: branches that are cancelled now are then closed as timed out.
    await CancellationScope.nonCancellable(() => record.markTimedOut({ execution }));
    state.timedOut = true;
    work.cancel();
  });
  const watched = watch.catch(() => undefined);
  try {
    await work.run(() => (plan.total > SHARD_SIZE ? runShards(execution, plan, state) : runDirectly(execution, plan, state)));
  } finally {
    clock.cancel();
    await watched;
  }
};

const runDirectly = async (execution: string, plan: RunPlan, state: RunState): Promise<void> => {
  const branches = await io.loadBranches({ execution, from: 1, to: plan.total });
  await runBranches(branches, plan.window, state.tally, GATHER);
};

const runShards = async (execution: string, plan: RunPlan, state: RunState): Promise<void> => {
  const ranges = shardRanges(plan.total);
  const { activeShards, windowPerShard } = shardWindows(plan.window);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < ranges.length && !CancellationScope.current().consideredCancelled) {
      const range = ranges[next];
      next += 1;
      if (range !== undefined) await runShard(execution, range, next, windowPerShard, state);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(activeShards, ranges.length) }, lane));
  const broken = lanes.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
};

const runShard = async (execution: string, range: ShardRange, number: number, window: number, state: RunState): Promise<void> => {
  const workflowId = shardWorkflowId(execution, number);
  state.runningShards.add(workflowId);
  try {
    const tally = await executeChild(shardWorkflow, {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: 'REQUEST_CANCEL',
      args: [{ execution, ...range, window }],
      staticSummary: `branches ${range.from}–${range.to}`,
    });
    for (const key of ['completed', 'failed', 'cancelled'] as const) state.tally[key] += tally[key];
  } catch (error) {
    // A shard terminated from outside: its branches close their own rows, those that never began are closed at the end of the run.
    if (!(error instanceof ChildWorkflowFailure && error.cause instanceof TerminatedFailure)) throw error;
  } finally {
    state.runningShards.delete(workflowId);
  }
};

const finishInput = (execution: string, state: RunState, failure: unknown): FinishRunInput => {
  const nothing = { failureCategory: null, errorCode: null, message: null };
  if (state.timedOut || failure === undefined) return { execution, cancelled: false, ...nothing };
  if (isCancellation(failure)) return { execution, cancelled: true, ...nothing };
  const { outcome, message } = classify(failure);
  return { execution, cancelled: false, failureCategory: outcome.failureCategory, errorCode: outcome.errorCode, message };
};
