import { CancellationScope, CancelledFailure, ChildWorkflowFailure, TerminatedFailure, startChild } from '@temporalio/workflow';
import type { RunControl, Tally } from '../contracts/run.ts';
import { shardRanges, windowShares } from '../domain/shards.ts';
import type { ShardRange } from '../domain/shards.ts';
import { shardWorkflowId } from '../domain/serials.ts';
import { record } from './activities.ts';
import { cancelWorkflow, wasCancelledAtStart } from './cancel-child.ts';
import type { RunState, RunningShard } from './run-state.ts';
import { ofShard } from './search-attributes.ts';
import { controlSignal, shardWorkflow } from './shard-workflow.ts';

const ACTIVE_SHARDS = 2;

/**
 * Runs the branches `from` … `to` in shards, one after the other in each of two lanes. A lane has the same share of the window for all of its shards, so
 * that the end of a shard changes nothing for the other one; when nothing is left for a lane, the other gets its share.
 */
export const runShards = async (state: RunState, from: number, to: number): Promise<void> => {
  const { lanes, steered } = state;
  const ranges = shardRanges(from, to);
  let next = 0;
  const runLane = async (lane: number): Promise<void> => {
    try {
      while (next < ranges.length && !isCancelled() && steered.control.isStopped !== true) {
        const range = ranges[next];
        next += 1;
        if (range !== undefined) await runShard(state, range, lane);
      }
    } finally {
      lanes.delete(lane);
      await CancellationScope.nonCancellable(() => tellShards(state));
    }
  };
  for (let lane = 0; lane < Math.min(ACTIVE_SHARDS, ranges.length); lane += 1) lanes.add(lane);
  const ends = await Promise.allSettled([...lanes].map(runLane));
  const broken = ends.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
};

const isCancelled = (): boolean => CancellationScope.current().consideredCancelled;

const runShard = async (state: RunState, range: ShardRange, lane: number): Promise<void> => {
  const { execution, shards } = state;
  state.begunShards += 1;
  const number = state.begunShards;
  const workflowId = shardWorkflowId(execution, number);
  const shard: RunningShard = { handle: undefined, told: controlOf(state, lane), turn: 0, lane };
  shards.set(workflowId, shard);
  try {
    shard.handle = await startChild(shardWorkflow, {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: 'REQUEST_CANCEL',
      args: [{ execution, ...range, ...shard.told }],
      staticSummary: `branches ${range.from}–${range.to}`,
      typedSearchAttributes: ofShard(execution),
    });
    if (wasCancelledAtStart()) await cancelWorkflow(workflowId);
    if (!isSame(shard.told, controlOf(state, lane))) await tellShards(state);
    count(state, await shard.handle.result());
  } catch (error) {
    const how = endedFromOutside(error);
    if (how === undefined) throw error;
    count(state, await CancellationScope.nonCancellable(() => record.stopShard({ execution, shard: number, ...range, how })));
  } finally {
    shards.delete(workflowId);
  }
};

const count = ({ tally }: RunState, ended: Pick<Tally, 'completed' | 'failed' | 'cancelled'>): void => {
  for (const key of ['completed', 'failed', 'cancelled'] as const) tally[key] += ended[key];
};

/** Somebody ended a shard, and not the run, in Temporal. Its branches that run are cancelled with it; the other shards go on. */
const endedFromOutside = (error: unknown): 'cancelled' | 'terminated' | undefined => {
  if (!(error instanceof ChildWorkflowFailure)) return undefined;
  if (error.cause instanceof TerminatedFailure) return 'terminated';
  return error.cause instanceof CancelledFailure && !isCancelled() ? 'cancelled' : undefined;
};

/** What a shard in this lane has to know of the control of its run. */
const controlOf = ({ steered: { control }, lanes }: RunState, lane: number): RunControl => ({
  window: windowShares(control.window, lanes.size)[[...lanes].indexOf(lane)] ?? 0,
  ...withoutWindow(control),
});

const withoutWindow = ({ hold, isStopped, stopsOnFailures }: RunControl): Omit<RunControl, 'window'> => ({
  ...(hold !== undefined && { hold }),
  ...(isStopped === true && { isStopped }),
  ...(stopsOnFailures === true && { stopsOnFailures }),
});

/** Hands the control on to shards that have another one. */
export const tellShards = async (state: RunState): Promise<void> => {
  const news = [...state.shards.values()].flatMap((shard) => {
    const control = controlOf(state, shard.lane);
    return shard.handle === undefined || isSame(shard.told, control) ? [] : [{ shard, handle: shard.handle, control }];
  });
  for (const { shard, control } of news) {
    shard.told = control;
    shard.turn += 1;
  }
  // A shard that has just ended needs to know nothing.
  await Promise.allSettled(news.map(({ handle, shard, control }) => handle.signal(controlSignal, { ...control, turn: shard.turn })));
};

const isSame = (one: RunControl, other: RunControl): boolean =>
  one.window === other.window &&
  one.hold === other.hold &&
  one.isStopped === other.isStopped &&
  one.stopsOnFailures === other.stopsOnFailures;
