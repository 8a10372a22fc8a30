import {
  CancellationScope,
  CancelledFailure,
  ContinueAsNew,
  allHandlersFinished,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { ActionFailure, BranchEnd, BranchInput, BranchMark, CloseBranchInput } from '../contracts/run.ts';
import { bodyOf } from '../domain/branch-decisions.ts';
import { record } from './activities.ts';
import { listenToCalendars } from './ask-calendars.ts';
import { createState } from './branch-state.ts';
import type { BranchState } from './branch-state.ts';
import { classify } from './classify.ts';
import { openBranch } from './open-branch.ts';
import { rollBack } from './roll-back.ts';
import { runList } from './run-list.ts';
import { takeAnswers } from './take-answers.ts';
import { takeSkips } from './skip-action.ts';

type Ending = Omit<CloseBranchInput, 'branch' | 'workflowId'>;

const COMPLETED: Ending = { status: 'completed', failureCategory: null, errorCode: null, message: null, skipReason: 'condition_false' };
const CANCELLED: Ending = { ...COMPLETED, status: 'cancelled' };

/** One target of one run: its actions in order, each try an activity of its own. The row is closed whatever happens. */
export async function branchWorkflow(input: BranchInput): Promise<BranchEnd> {
  const approvals: BranchState['approvals'] = new Map();
  takeAnswers(approvals);
  const calendars = listenToCalendars(input.asksCalendars);
  let ending: Ending = CANCELLED;
  let failure: unknown;
  let state: BranchState | undefined;
  try {
    const program = await openBranch(input.branch, calendars);
    if (program.closed) return 'cancelled';
    state = createState(input, program, { approvals, calendars });
    ending = await runActions(state);
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    failure = error;
    const { outcome, message } = classify(error);
    ending = isCancellation(error) ? CANCELLED : { ...COMPLETED, ...outcome, message, skipReason: 'branch_stopped' };
  }
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  const position = ending.status === 'completed' ? undefined : markOf(state);
  const status = await CancellationScope.nonCancellable(() =>
    record.closeBranch({
      branch: input.branch,
      workflowId: workflowInfo().workflowId,
      ...ending,
      ...(position !== undefined && { position }),
    }),
  );
  if (isCancellation(failure)) throw failure;
  return status;
}

/** Behind what was rolled back nothing can go on. */
const markOf = (state: BranchState | undefined): BranchMark | undefined =>
  state === undefined || state.undoing !== undefined ? undefined : { frames: state.frames, ran: state.ran };

const runActions = async (state: BranchState): Promise<Ending> => {
  takeSkips(state);
  const failure = state.undoing?.failure ?? (await runTop(state));
  if (failure === undefined) return COMPLETED;
  const undoing = failure.effect === 'rollback' ? await rollBack(state, failure) : undefined;
  if (undoing?.isCancelled === true || CancellationScope.current().consideredCancelled) throw new CancelledFailure('branch cancelled');
  return endingOf(failure, undoing === undefined ? '' : undoneText(state.ran.length, undoing.failed));
};

const runTop = (state: BranchState): Promise<ActionFailure | undefined> =>
  runList(state, bodyOf(state.program.actions, undefined, undefined), {
    trail: state.frames,
    depth: 0,
    loop: undefined,
    resume: state.resume?.frames ?? [],
  });

const undoneText = (count: number, failed: number): string => {
  const what = count === 1 ? '1 action was' : `${count} actions were`;
  return failed === 0 ? ` ${what} rolled back.` : ` ${what} to be rolled back; ${failed} of the rollbacks failed: look at the target.`;
};

const endingOf = ({ order, name, failureCategory, errorCode, effect }: ActionFailure, undone: string): Ending => ({
  status: 'failed',
  failureCategory,
  errorCode,
  message: `Action ${order} (${name}) failed.${undone}`,
  skipReason: effect === 'skip_remaining' ? 'skip_remaining' : 'branch_stopped',
});
