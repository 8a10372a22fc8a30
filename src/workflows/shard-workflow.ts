import { defineQuery, defineSignal, getExternalWorkflowHandle, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import type { RunControl, ShardInput, Tally } from '../contracts/run.ts';
import { io } from './activities.ts';
import { cancelContinued } from './continued-branches.ts';
import { emptyTally, runBranches } from './run-branches.ts';
import { createSteered } from './steered.ts';
import { steeredSignal } from './steering-signals.ts';

export const shardProgressQuery = defineQuery<Tally>('progress');
/** What the root has this shard do from now on. `turn`: the server may deliver two that it has under way in either order, and the later one counts. */
export const controlSignal = defineSignal<[RunControl & { turn?: number }]>('control');

/** Thousands of children are worth waiting for. */
const GATHER = { least: 100, most: 800 };

/** At most 500 branches of a large run, in a history of their own. */
export async function shardWorkflow({ execution, from, to, ...control }: ShardInput): Promise<Tally> {
  const tally = emptyTally(to - from + 1);
  const steered = createSteered(execution, control, stopOnly);
  setHandler(shardProgressQuery, () => tally);
  const tell = (): void => setCurrentDetails(`Branches ${from}–${to} of ${execution}, ${steered.control.window} at once.`);
  let told = 0;
  setHandler(controlSignal, ({ turn = told, ...next }) => {
    if (turn < told) return;
    told = turn;
    steered.set({ ...next, ...(steered.control.isStopped === true && { isStopped: true }) });
    tell();
  });
  cancelContinued();
  tell();
  const branches = await io.loadBranches({ execution, from, to });
  await runBranches({ branches, steered, tally, gather: GATHER, onStopped: () => tellRoot() });
  return tally;
}

/** Window and holds come from the root; the failures of all shards are on the row. */
const stopOnly = (before: RunControl, read: RunControl): RunControl => (read.isStopped === true ? { ...before, isStopped: true } : before);

/** A failure in this shard has stopped the run: the other shards learn it from their root. */
const tellRoot = async (): Promise<void> => {
  const root = workflowInfo().parent?.workflowId;
  // The root may have been terminated; the row says it all the same.
  if (root !== undefined)
    await getExternalWorkflowHandle(root)
      .signal(steeredSignal)
      .catch(() => undefined);
};
