import type { ActionSlot, ActionSkipReason, ActionType, ExecutionStatus, FailureCategory, HoldReason, OnFailure } from './enums.ts';

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
  /** Where the branch goes on, when its history has grown long and this is its next one. */
  resume?: BranchPosition;
  /** Its history before had been told that a calendar may hold it. */
  asksCalendars?: boolean;
}

/** How far a branch has come: what the history of its workflow would say. */
export interface BranchPosition {
  /** The actions in which it is, from the outermost; those before them are done. */
  frames: Frame[];
  /** How each action that was reached has ended, by order. */
  ends: [order: number, end: ActionEndState][];
  /** How often each action was reached, by order. */
  iterations: [order: number, count: number][];
  /** The actions that ran and can be undone, as they ran. */
  ran: RanAction[];
  /** It undoes what ran: `frames` are then those of the rollback under way. */
  undoing?: Undoing;
}

/** In the turn of a loop over a list: its order, its iteration and the index. Short, for there may be thousands. */
export type RanAction = readonly [order: number, turn?: readonly [order: number, iteration: number, index: number]];

/** How far a rollback has come. */
export interface Undoing {
  /** Why. */
  failure: ActionFailure;
  /** So many of those that ran are still to be undone, the last of them now. */
  left: number;
  /** Rollbacks that failed. */
  failed: number;
  /** The branch was cancelled meanwhile. */
  isCancelled: boolean;
}

export type ActionEndState = 'completed' | 'failed' | 'skipped';

/** A place inside one list of actions. */
export interface Frame {
  order: number;
  /** Of a condition, loop or parallel block that goes on. */
  inside?: FrameInside;
  /** The failure that ends the list, of which only those who depend on it run still. */
  failure?: ActionFailure;
  /** That it has begun is in `ran` already. */
  isNoted?: boolean;
  /** It has ended, and the next one of its list has not begun. */
  isDone?: boolean;
}

export interface FrameInside {
  iteration: number;
  slot: ActionSlot;
  value?: string;
  /** Turn of a loop, from 0. One without a frame of its body has not begun. */
  round: number;
  rounds?: number;
  /** A person has it go on under a new iteration; this one it had before. */
  from?: number;
  /** Of a parallel block: the places of the actions inside that have not completed. */
  lanes?: Frame[][];
}

/** Where a branch stood when it ended before its end: for who resumes it. */
export interface BranchMark {
  frames: Frame[];
  ran: RanAction[];
}

/** The failure that ends a list of actions. `effect`: what it does to the lists around it. */
export interface ActionFailure {
  order: number;
  name: string;
  failureCategory: FailureCategory | null;
  errorCode: string | null;
  effect: 'stop' | 'skip_remaining' | 'rollback';
  /** What failed, from the inside out, and the actions that ran because of it. */
  causes: number[];
  /** The place of the failure, from the list that it ends. */
  at?: Frame[];
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
  /** Each batch of a run that is larger than a shard has shards of its own. A plan of 0.1 does not say it: its small batches were run by the root. */
  shardsBatches?: boolean;
  timeoutMs: number;
  jobSerial: string;
  jobName: string;
  /** Of a run that fits into one workflow and has no batches. A plan of 0.1 does not have them: they are asked for. */
  branches?: BranchInput[];
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
  /** The rest is left out where it says nothing: most actions have none of it. */
  parent?: number;
  slot?: ActionSlot;
  dependencies?: { order: number; status: 'success' | 'failure' | 'completed' | 'skipped' }[];
  hasConditions?: boolean;
  isRepeatable?: boolean;
  control?: PlannedControl;
}

/** What the workflow itself does of an action; expressions and approvers stay in the database. */
export type PlannedControl =
  | { type: 'if' }
  | { type: 'switch'; cases: Record<string, number[]> }
  | { type: 'while' | 'for'; maxIterations: number }
  | { type: 'parallel'; maxConcurrency: number; waitForAll: boolean }
  | { type: 'wait'; seconds?: number; until?: string }
  | { type: 'approval'; timeoutSeconds: number; onTimeout: 'fail' | 'approve' | 'skip' };

/** What a branch has to do. `closed`: its row had ended already, nothing may run. `waits`: another run works on its target; ask again later. */
export interface BranchProgram {
  closed: boolean;
  waits?: boolean;
  actions: PlannedAction[];
  heartbeatTimeoutMs: number;
  /** A person has it run again: where it goes on. */
  resume?: BranchPosition;
  /** A calendar may hold it: it asks before its first action. */
  asksCalendars?: boolean;
}

/** One time that a branch reaches one of its actions. */
export interface ActionRef {
  branch: string;
  order: number;
  iteration: number;
  /** The innermost loop over a list around it. */
  loop?: LoopPlace;
}

/** The turn of a loop over a list; its item is on the row of the loop. */
export interface LoopPlace {
  order: number;
  iteration: number;
  /** From 0. */
  index: number;
}

export interface RunActionInput extends ActionRef {
  attempt: number;
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

/** May the action run? A row is written when not. */
export interface Admission {
  may: 'run' | 'skip' | 'fail';
  /** Of a failure to decide. */
  outcome?: ActionOutcome;
}

/** What an expression gave. `slot` null: nothing to do. */
export interface Decision {
  slot: ActionSlot | null;
  /** The case. */
  value?: string;
  /** Items of the list to go over. */
  rounds?: number;
}

/** An action at the turn in which a person wants it ended. */
export type SkippedAction = Pick<ActionRef, 'order' | 'iteration'>;

export interface SkipActionInput extends ActionRef {
  reason: ActionSkipReason;
}

/** Ends the row of an action that no worker executes. */
export interface EndControlInput extends ActionRef {
  outcome: ActionOutcome;
  message?: string;
}

export type ApprovalResolution = 'approved' | 'rejected' | 'expired';

/** Answer of a person, or of the clock. */
export interface AnswerApprovalInput extends ActionRef {
  resolution: ApprovalResolution;
  onTimeout: 'fail' | 'approve' | 'skip';
  answer: ApprovalAnswer | null;
}

/** What a person says through the update `answerApproval`. */
export interface ApprovalAnswer {
  order: number;
  /** The turn that the person saw; left out by histories of before. */
  iteration?: number;
  answer: 'approved' | 'rejected';
  actor: { type: 'user'; userId: number } | { type: 'api_token'; userId: number; apiTokenId: number };
  note: string | null;
}

/** How an action of the workflow itself ended. `isOurs` false: it had ended before. */
export interface ControlEnd {
  end: ActionEndState;
  outcome: ActionOutcome;
  isOurs: boolean;
}

/** Why an attempt ended without telling: the row is closed by the workflow. */
export interface CloseAttemptInput extends ActionRef {
  attempt: number;
  outcome: ActionOutcome;
  message: string;
  isFinal: boolean;
  /** Does it decide the action when it turns out that no worker has begun it? */
  isFinalUnstarted?: boolean;
}

export interface CloseBranchInput {
  branch: string;
  /** Of the branch. Another one has the row: a person has had it run again meanwhile, and it stays as it is. Left out by histories of before. */
  workflowId?: string;
  status: BranchEnd;
  failureCategory: FailureCategory | null;
  errorCode: string | null;
  message: string | null;
  /** Why the actions that never ran did not. */
  skipReason: 'branch_stopped' | 'skip_remaining' | 'condition_false';
  /** Of one that has not completed. */
  position?: BranchMark;
}

export interface FinishRunInput {
  execution: string;
  /** The workflow was cancelled. */
  cancelled: boolean;
  failureCategory: FailureCategory | null;
  errorCode: string | null;
  message: string | null;
}
