import { condition } from '@temporalio/workflow';
import type { BranchInput, RunPlan } from '../contracts/run.ts';
import { SHARD_SIZE } from '../domain/shards.ts';
import { io, record } from './activities.ts';
import { cancelContinued } from './continued-branches.ts';
import { runBranches } from './run-branches.ts';
import { runShards } from './run-shards.ts';
import type { RunState } from './run-state.ts';
import type { Steered } from './steered.ts';

/** At most 500 children: their events are few enough, speed counts more. */
const GATHER = { least: 50, most: 100 };

const isStopped = ({ control }: Steered): boolean => control.isStopped === true;

/** Runs all branches of the run: at once, as far as its window allows, or in the batches of its rollout. */
export const runBatches = async (state: RunState, plan: RunPlan): Promise<void> => {
  cancelContinued();
  if (plan.hasBatches !== true) return runRange(state, 1, plan.total, plan.branches);
  // Batches that are small together have as many children as one that is large.
  const runBatch = plan.shardsBatches === true && plan.total > SHARD_SIZE ? runInShards : runRange;
  for (let after = 0; state.steered.control.isStopped !== true;) {
    if (after > 0 && !(await passGate(state, after))) return;
    const batch = await record.nextBatch({ execution: state.execution, after });
    if (batch === null) return;
    await runBatch(state, batch.from, batch.to);
    after = batch.to;
  }
};

const runRange = async (state: RunState, from: number, to: number, known?: BranchInput[]): Promise<void> => {
  if (to - from >= SHARD_SIZE) return runShards(state, from, to);
  await runHere(state, known ?? (await io.loadBranches({ execution: state.execution, from, to })));
};

/** Shards know nothing of branches that are to be run again: those run when the batch is through. */
const runInShards = async (state: RunState, from: number, to: number): Promise<void> => {
  await runShards(state, from, to);
  await runRetries(state);
};

/** Runs branches that a person wants to have run again and that nobody else has begun. */
export const runRetries = (state: RunState): Promise<void> => runHere(state, []);

const runHere = ({ steered, tally }: RunState, branches: BranchInput[]): Promise<void> =>
  runBranches({ branches, steered, tally, gather: GATHER });

/** @returns false when no batch is left, or none may begin any more. */
const passGate = async ({ execution, steered }: RunState, after: number): Promise<boolean> => {
  for (;;) {
    await condition(() => steered.control.hold === undefined || isStopped(steered));
    if (isStopped(steered)) return false;
    const gate = await record.enterGate({ execution, after });
    if (gate === 'over') return false;
    if (gate === 'open') return true;
    await steered.refresh();
    if (gate === 'held') return untilLetGo(execution, steered);
  }
};

/** Waits until the time of a delay is over, or somebody lets the run go on. @returns false when it does not */
const untilLetGo = async (execution: string, steered: Steered): Promise<boolean> => {
  while (steered.control.hold !== undefined && !isStopped(steered)) {
    const seen = steered.control;
    const isChanged = (): boolean => steered.control !== seen;
    if (seen.hold !== 'delay' || seen.resumesInMs === undefined) await condition(isChanged);
    else if (!(await condition(isChanged, seen.resumesInMs, { summary: 'pause between two batches' }))) {
      await record.leaveGate({ execution });
      await steered.refresh();
    }
  }
  return !isStopped(steered);
};
