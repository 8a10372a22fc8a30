import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { ShardInput, Tally } from '../contracts/run.ts';
import { io, record } from './activities.ts';
import { emptyTally, runBranches } from './run-branches.ts';
import type { Pace } from './run-branches.ts';

export const shardProgressQuery = defineQuery<Tally>('progress');

const GATHER_MS = 300;

/**
 * Keeps the workflow task open for a moment, so that starts and ends of children gather at the server and come in one task: each task costs the
 * history three events, which would be up to six a child (measured: 5.0 events a child without, under 4 with it).
 */
const createPace = (): Pace => {
  let gathering: Promise<void> | undefined;
  return async () => {
    gathering ??= record.gather({ milliseconds: GATHER_MS }).finally(() => {
      gathering = undefined;
    });
    await gathering.catch(() => undefined);
  };
};

/** At most 500 branches of a large run, in a history of their own. */
export async function shardWorkflow({ execution, from, to, window }: ShardInput): Promise<Tally> {
  const tally = emptyTally(to - from + 1);
  setHandler(shardProgressQuery, () => tally);
  setCurrentDetails(`Branches ${from}–${to} of ${execution}, ${window} at once.`);
  await runBranches(await io.loadBranches({ execution, from, to }), window, tally, createPace());
  return tally;
}
