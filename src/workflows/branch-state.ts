import { CancellationScope, allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type {
  ActionEndState,
  ActionRef,
  BranchEnd,
  BranchInput,
  BranchProgram,
  ControlEnd,
  Frame,
  LoopPlace,
  PlannedAction,
  RanAction,
  Undoing,
} from '../contracts/run.ts';

import { tellContinued } from './continued-branches.ts';

/** An approval that waits for its answer. */
export interface PendingApproval {
  ref: ActionRef;
  onTimeout: 'fail' | 'approve' | 'skip';
  end: ControlEnd | undefined;
}

/** What a branch has done so far. */
export interface BranchState {
  input: BranchInput;
  program: BranchProgram;
  ends: Map<number, ActionEndState>;
  iterations: Map<number, number>;
  /** Actions that can be undone, as they ran. */
  ran: RanAction[];
  undoing: Undoing | undefined;
  /** The actions in which it is, from the outermost. */
  frames: Frame[];
  /** Above 0 while several actions run: the place in the program is then more than `frames` can say. */
  branching: number;
  approvals: Map<number, PendingApproval>;
  /** Actions that workers execute now, by order. */
  running: Map<number, CancellationScope>;
  /** Of the whole workflow. */
  root: CancellationScope;
}

/** Where a list of actions stands. */
export interface Place {
  depth: number;
  loop: LoopPlace | undefined;
  /** Frames of this list and of those inside it, when the branch goes on from an earlier history. */
  resume: readonly Frame[];
}

export const createState = (input: BranchInput, program: BranchProgram, approvals: BranchState['approvals']): BranchState => ({
  input,
  program,
  ends: new Map(input.resume?.ends),
  iterations: new Map(input.resume?.iterations),
  ran: [...(input.resume?.ran ?? [])],
  undoing: input.resume?.undoing && { ...input.resume.undoing },
  frames: [],
  branching: 0,
  approvals,
  running: new Map(),
  root: CancellationScope.current(),
});

/** Names this time that the branch reaches the action. */
export const reach = (state: BranchState, { order }: PlannedAction, { loop }: Place, iteration?: number): ActionRef => {
  const count = iteration ?? (state.iterations.get(order) ?? 0) + 1;
  state.iterations.set(order, count);
  return { branch: state.input.branch, order, iteration: count, ...(loop !== undefined && { loop }) };
};

/** Remembers that an action which can be undone has begun. */
export const noteRan = ({ ran }: BranchState, { order }: ActionRef, { loop }: Place): void => {
  ran.push(loop === undefined ? [order] : [order, [loop.order, loop.iteration, loop.index]]);
};

/**
 * Goes on with an empty history when this one has grown long, at a place from which it can. Inside a parallel block it cannot: what may run there is
 * limited when the job is saved (domain/history-bound).
 */
export const startAfresh = async (state: BranchState): Promise<void> => {
  if (!workflowInfo().continueAsNewSuggested || state.branching > 0 || state.approvals.size > 0) return;
  await CancellationScope.nonCancellable(async () => {
    await tellContinued();
    await condition(allHandlersFinished);
  });
  const { ends, iterations, ran, frames, input, root, undoing } = state;
  // The next history would not know of the cancel; a rollback goes on all the same, and remembers it.
  if (undoing === undefined && root.consideredCancelled) return;
  const resume = {
    frames,
    ran,
    ends: [...ends],
    iterations: [...iterations],
    ...(undoing !== undefined && { undoing: { ...undoing, isCancelled: undoing.isCancelled || root.consideredCancelled } }),
  };
  await continueAsNew<(next: BranchInput) => Promise<BranchEnd>>({ ...input, resume });
};
