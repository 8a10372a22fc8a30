import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { ShardInput, Tally } from '../contracts/run.ts';
import { io } from './activities.ts';
import { emptyTally, runBranches } from './run-branches.ts';

export const shardProgressQuery = defineQuery<Tally>('progress');

/** Thousands of children are worth waiting for. */
const GATHER = { least: 100, most: 800 };

/** At most 500 branches of a large run, in a history of their own. */
export async function shardWorkflow({ execution, from, to, window }: ShardInput): Promise<Tally> {
  const tally = emptyTally(to - from + 1);
  setHandler(shardProgressQuery, () => tally);
  setCurrentDetails(`Branches ${from}–${to} of ${execution}, ${window} at once.`);
  await runBranches(await io.loadBranches({ execution, from, to }), window, tally, GATHER);
  return tally;
}
