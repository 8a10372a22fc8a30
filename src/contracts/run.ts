import type { ActionType, ExecutionStatus, FailureCategory, HoldReason, OnFailure } from './enums.ts';

/** What travels between workflows and activities: serials, numbers and states; never a secret, never output. */
export interface JobRunInput {
  /** Serial of the execution. */
  execution: string;
}

/** Branches `from` … `to` (branch numbers, both included) of one execution. */
export interface ShardInput {
  execution: string;
  from: number;
  to: number;
  /** As its root has it; the window is the share of this shard. */
  window: number;
  hold?: HoldReason;
  stopsOnFailures?: boolean;
}

export interface BranchRef {
  /** Serial of the branch. */
  branch: string;
  /** Serial of the target. */
  target: string;
  /** Name of the target, for people who read the Temporal UI. */
  name: string;
}

export interface BranchInput extends BranchRef {
  execution: string;
  jobSerial: string;
  environment: string;
  /** How often a person had it run again. */
  retry?: number;
}

/** How many branches of a run or shard are in each state. */
export interface Tally {
  total: number;
  running: number;
  completed: number;
  failed: number;
  cancelled: number;
}

export type BranchEnd = Extract<ExecutionStatus, 'completed' | 'failed' | 'cancelled'>;

/** What the root workflow learns when it asks for a slot. */
export interface SlotAnswer {
  granted: boolean;
  /** The run was cancelled or closed before it could start. */
  ended: boolean;
}

/** How a run goes on, as people, its rollout and its failures have left it. What is not said is not so. */
export interface RunControl {
  /** Branches that run at once. */
  window: number;
  /** No further branch begins, for this reason. */
  hold?: HoldReason;
  /** The hold ends by itself after this time. */
  resumesInMs?: number;
  /** No further branch begins at all: the run ends when those that run have. */
  isStopped?: boolean;
  /** Failures may stop the run: look again after each. */
  stopsOnFailures?: boolean;
  /** Branches that a person wants to have run again and that have not begun. */
  retries?: BranchInput[];
}

/** Branch numbers, both included. */
export interface Batch {
  number: number;
  from: number;
  to: number;
}

/** What the root workflow needs to fan out. */
export interface RunPlan extends RunControl {
  total: number;
  hasBatches?: boolean;
  timeoutMs: number;
  jobSerial: string;
  jobName: string;
}

/** Control data of one action; its text stays in the database. */
export interface PlannedAction {
  order: number;
  name: string;
  type: ActionType;
  isEnabled: boolean;
  timeoutMs: number;
  retryCount: number;
  retryDelayMs: number;
  backoffCoefficient: number;
  onFailure: OnFailure;
}

/** What a branch has to do. `closed`: its row had ended already, nothing may run. `waits`: another run works on its target; ask again later. */
export interface BranchProgram {
  closed: boolean;
  waits?: boolean;
  actions: PlannedAction[];
  heartbeatTimeoutMs: number;
}

export interface RunActionInput {
  branch: string;
  order: number;
  iteration: number;
  attempt: number;
  /** A failure of this attempt decides the action. */
  isLastAttempt: boolean;
  /** Another attempt or action may follow on the same connection. */
  keepSession: boolean;
  /** It may follow after a failure too. */
  keepSessionOnFailure: boolean;
}

export interface ActionOutcome {
  status: 'completed' | 'failed' | 'cancelled';
  exitCode: number | null;
  failureCategory: FailureCategory | null;
  errorCode: string | null;
}

/** Why an attempt ended without telling: the row is closed by the workflow. */
export interface CloseAttemptInput {
  branch: string;
  order: number;
  iteration: number;
  attempt: number;
  outcome: ActionOutcome;
  message: string;
  isFinal: boolean;
}

export interface CloseBranchInput {
  branch: string;
  status: BranchEnd;
  failureCategory: FailureCategory | null;
  errorCode: string | null;
  message: string | null;
  /** Why the actions that never ran did not. */
  skipReason: 'branch_stopped' | 'skip_remaining';
}

export interface FinishRunInput {
  execution: string;
  /** The workflow was cancelled. */
  cancelled: boolean;
  failureCategory: FailureCategory | null;
  errorCode: string | null;
  message: string | null;
}
