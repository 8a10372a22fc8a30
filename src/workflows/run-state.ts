import type { ChildWorkflowHandle } from '@temporalio/workflow';
import type { RunControl, Tally } from '../contracts/run.ts';
import type { shardWorkflow } from './shard-workflow.ts';
import type { Steered } from './steered.ts';

/** A shard that runs, and what it was told last. */
export interface RunningShard {
  handle: ChildWorkflowHandle<typeof shardWorkflow> | undefined;
  told: RunControl;
  /** How often it was told. */
  turn: number;
  lane: number;
}

/** What the root workflow knows of its run. */
export interface RunState {
  execution: string;
  steered: Steered;
  slotGranted: boolean;
  tally: Tally;
  /** By workflow id, in the order in which they began. */
  shards: Map<string, RunningShard>;
  /** Those that have a shard, or will have one: they share the window. */
  lanes: Set<number>;
  /** Shards that have begun so far. */
  begunShards: number;
  /** Called when the control of the run was read again. */
  onSteered: () => void;
  jobName: string;
  clock: RunClock;
  timedOut: boolean;
}

/** The time that the run may take, in milliseconds; all 0 before it is planned. */
export interface RunClock {
  limitMs: number;
  /** At work, as far as is known. */
  leftMs: number;
  /** In which it was not held, in milliseconds since 1970. */
  periods: [from: number, to: number][];
}
