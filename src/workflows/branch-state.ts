import { CancellationScope, allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type {
  ActionEndState,
  ActionRef,
  BranchEnd,
  BranchInput,
  BranchPosition,
  BranchProgram,
  ControlEnd,
  Frame,
  LoopPlace,
  PlannedAction,
  RanAction,
  Undoing,
} from '../contracts/run.ts';

import type { AskedCalendars } from './ask-calendars.ts';
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
  /** Where it goes on: of an earlier history, else where a person wants it to. */
  resume: BranchPosition | undefined;
  ends: Map<number, ActionEndState>;
  iterations: Map<number, number>;
  /** Actions that can be undone, as they ran. */
  ran: RanAction[];
  undoing: Undoing | undefined;
  /** The actions in which it is, from the outermost; those of a parallel block have frames of their own in its frame. */
  frames: Frame[];
  /** Above 0 while several actions run. */
  branching: number;
  approvals: Map<number, PendingApproval>;
  /** Actions that run now and may be skipped, by order. */
  running: Map<number, { iteration: number; scope: CancellationScope }>;
  /** Of the whole workflow. */
  root: CancellationScope;
  calendars: AskedCalendars;
}

/** Where a list of actions stands. */
export interface Place {
  /** Its own frame is number `depth` of these. */
  trail: Frame[];
  depth: number;
  loop: LoopPlace | undefined;
  /** Frames of this list and of those inside it, when the branch goes on from an earlier history. */
  resume: readonly Frame[];
}

export const createState = (
  input: BranchInput,
  program: BranchProgram,
  { approvals, calendars }: Pick<BranchState, 'approvals' | 'calendars'>,
  resume = input.resume ?? program.resume,
): BranchState => ({
  input,
  program,
  resume,
  ends: new Map(resume?.ends),
  iterations: new Map(resume?.iterations),
  ran: [...(resume?.ran ?? [])],
  undoing: resume?.undoing && { ...resume.undoing },
  frames: [],
  branching: 0,
  approvals,
  running: new Map(),
  root: CancellationScope.current(),
  calendars,
});

/** Names this time that the branch reaches the action. */
export const reach = (state: BranchState, { order }: PlannedAction, { loop }: Place, iteration?: number): ActionRef => {
  const count = iteration ?? (state.iterations.get(order) ?? 0) + 1;
  state.iterations.set(order, count);
  return { branch: state.input.branch, order, iteration: count, ...(loop !== undefined && { loop }) };
};

/** Remembers that an action which can be undone has begun. @param isNoted it is remembered already: a person has it done again */
export const noteRan = ({ ran }: BranchState, { order }: ActionRef, { loop, trail, depth }: Place, isNoted: boolean): void => {
  const frame = trail[depth];
  if (frame?.order === order) frame.isNoted = true;
  if (!isNoted) ran.push(loop === undefined ? [order] : [order, [loop.order, loop.iteration, loop.index]]);
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
  const { ends, iterations, ran, frames, input, root, undoing, calendars } = state;
  const { asksCalendars: _, ...same } = input;
  // The next history would not know of the cancel; a rollback goes on all the same, and remembers it.
  if (undoing === undefined && root.consideredCancelled) return;
  const resume = {
    frames,
    ran,
    ends: [...ends],
    iterations: [...iterations],
    ...(undoing !== undefined && { undoing: { ...undoing, isCancelled: undoing.isCancelled || root.consideredCancelled } }),
  };
  await continueAsNew<(next: BranchInput) => Promise<BranchEnd>>({ ...same, resume, ...(calendars.isDue && { asksCalendars: true }) });
};
