import { CancellationScope, ChildWorkflowFailure, TerminatedFailure, startChild } from '@temporalio/workflow';
import type { RunControl } from '../contracts/run.ts';
import { shardRanges, windowShares } from '../domain/shards.ts';
import type { ShardRange } from '../domain/shards.ts';
import { shardWorkflowId } from '../domain/serials.ts';
import type { RunState } from './run-state.ts';
import { controlSignal, shardWorkflow } from './shard-workflow.ts';

const ACTIVE_SHARDS = 2;

/** Runs the branches `from` … `to` in shards, two at a time. */
export const runShards = async (state: RunState, from: number, to: number): Promise<void> => {
  const ranges = shardRanges(from, to);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < ranges.length && !CancellationScope.current().consideredCancelled && state.steered.control.isStopped !== true) {
      const range = ranges[next];
      next += 1;
      if (range !== undefined) await runShard(state, range);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(ACTIVE_SHARDS, ranges.length) }, lane));
  const broken = lanes.find((result) => result.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
};

const runShard = async (state: RunState, range: ShardRange): Promise<void> => {
  const { execution, steered, shards } = state;
  state.begunShards += 1;
  const workflowId = shardWorkflowId(execution, state.begunShards);
  const share = windowShares(steered.control.window, shards.size + 1, ACTIVE_SHARDS).at(-1) ?? 0;
  const control = { window: share, ...withoutWindow(steered.control) };
  const shard: { handle: undefined; told: RunControl } = { handle: undefined, told: control };
  shards.set(workflowId, shard);
  try {
    const handle = await startChild(shardWorkflow, {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: 'REQUEST_CANCEL',
      args: [{ execution, ...range, ...control }],
      staticSummary: `branches ${range.from}–${range.to}`,
    });
    shards.set(workflowId, { handle, told: shard.told });
    await tellShards(state);
    const tally = await handle.result();
    for (const key of ['completed', 'failed', 'cancelled'] as const) state.tally[key] += tally[key];
  } catch (error) {
    // A shard terminated from outside: its branches close their own rows, those that never began are closed at the end of the run.
    if (!(error instanceof ChildWorkflowFailure && error.cause instanceof TerminatedFailure)) throw error;
  } finally {
    shards.delete(workflowId);
    await CancellationScope.nonCancellable(() => tellShards(state));
  }
};

const withoutWindow = ({ hold, isStopped, stopsOnFailures }: RunControl): Omit<RunControl, 'window'> => ({
  ...(hold !== undefined && { hold }),
  ...(isStopped === true && { isStopped }),
  ...(stopsOnFailures === true && { stopsOnFailures }),
});

/** Hands the control on to shards that have another one: together they keep the window. */
export const tellShards = async ({ steered, shards }: RunState): Promise<void> => {
  const rest = withoutWindow(steered.control);
  const shares = windowShares(steered.control.window, shards.size, ACTIVE_SHARDS);
  const news = [...shards.values()].flatMap((shard, index) => {
    const control = { window: shares[index] ?? 0, ...rest };
    return shard.handle === undefined || isSame(shard.told, control) ? [] : [{ shard, handle: shard.handle, control }];
  });
  for (const { shard, control } of news) shard.told = control;
  // A shard that has just ended needs to know nothing.
  await Promise.allSettled(news.map(({ handle, control }) => handle.signal(controlSignal, control)));
};

const isSame = (one: RunControl, other: RunControl): boolean =>
  one.window === other.window &&
  one.hold === other.hold &&
  one.isStopped === other.isStopped &&
  one.stopsOnFailures === other.stopsOnFailures;
