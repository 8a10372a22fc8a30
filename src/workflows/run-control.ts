import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type {
  ActionEndState,
  ActionFailure,
  ActionOutcome,
  ActionRef,
  ControlEnd,
  PlannedAction,
  PlannedControl,
} from '../contracts/run.ts';
import { bodyOf } from '../domain/branch-decisions.ts';
import { record } from './activities.ts';
import type { BranchState, PendingApproval, Place } from './branch-state.ts';
import { classify } from './classify.ts';
import { runParallel } from './run-parallel.ts';
import { runCondition } from './run-condition.ts';
import { runSkippable } from './skip-action.ts';

const COMPLETED: ActionOutcome = { status: 'completed', exitCode: null, failureCategory: null, errorCode: null };
const CANCELLED: ActionOutcome = { ...COMPLETED, status: 'cancelled' };

/** Runs a list of actions inside an action. @returns the failure that ended it */
export type RunList = (state: BranchState, actions: readonly PlannedAction[], place: Place) => Promise<ActionFailure | undefined>;

/** One action of the workflow itself, at one time. */
export interface ControlRun {
  state: BranchState;
  action: PlannedAction;
  ref: ActionRef;
  place: Place;
  runList: RunList;
}

interface Ended {
  end: ActionEndState;
  outcome: ActionOutcome;
  inner?: ActionFailure | undefined;
}

/** Runs an action that no worker executes, and keeps its row. */
export const runControl = async (
  state: BranchState,
  action: PlannedAction,
  control: PlannedControl,
  ref: ActionRef,
  place: Place,
  runList: RunList,
): Promise<Ended> => {
  if (control.type === 'approval') return runApproval(state, control, ref);
  if (control.type === 'wait') return runWait({ state, action, ref, place, runList }, control);
  try {
    const inner = await runBodies({ state, action, ref, place, runList }, control);
    const outcome = inner === undefined ? COMPLETED : failedBy(inner);
    const message = inner === undefined ? undefined : `Action ${inner.order} (${inner.name}) failed.`;
    await record.endControl({ ...ref, outcome, ...(message !== undefined && { message }) });
    return { end: inner === undefined ? 'completed' : 'failed', outcome, inner };
  } catch (error) {
    return endBroken(ref, error);
  }
};

const failedBy = ({ failureCategory, errorCode }: ActionFailure): ActionOutcome => ({
  status: 'failed',
  exitCode: null,
  failureCategory,
  errorCode,
});

const runBodies = async (
  run: ControlRun,
  control: Exclude<PlannedControl, { type: 'approval' | 'wait' }>,
): Promise<ActionFailure | undefined> => {
  if (control.type !== 'parallel') return runCondition(run, control);
  if (run.place.resume[0]?.inside === undefined) await record.beginControl(run.ref);
  return runParallel(run, control, bodyOf(run.state.program.actions, run.action.order, 'parallel'));
};

const runWait = async (
  { state, action, ref }: ControlRun,
  { seconds = 0, until }: { seconds?: number; until?: string },
): Promise<Ended> => {
  const wait = async (): Promise<ActionOutcome> => {
    await record.beginControl(ref);
    const milliseconds = until === undefined ? seconds * 1_000 : Date.parse(until) - Date.now();
    if (milliseconds > 0) await sleep(milliseconds, { summary: action.name.slice(0, 200) });
    return COMPLETED;
  };
  try {
    const outcome = await runSkippable(state, ref, wait, () => record.skipAction({ ...ref, reason: 'user' }));
    if (outcome === undefined) return { end: 'skipped', outcome: COMPLETED };
    await record.endControl({ ...ref, outcome });
    return { end: 'completed', outcome };
  } catch (error) {
    return endBroken(ref, error);
  }
};

/** A failure to decide is the action's own; anything that says nothing of it (a cancel, a new history) passes. */
const endBroken = async (ref: ActionRef, error: unknown): Promise<Ended> => {
  if (isCancellation(error)) {
    await CancellationScope.nonCancellable(() => record.endControl({ ...ref, outcome: CANCELLED }));
    throw error;
  }
  const { outcome, message } = classify(error);
  if (outcome.failureCategory !== 'configuration') throw error;
  await record.endControl({ ...ref, outcome, message });
  return { end: 'failed', outcome };
};

const runApproval = async (
  state: BranchState,
  { timeoutSeconds, onTimeout }: Extract<PlannedControl, { type: 'approval' }>,
  ref: ActionRef,
): Promise<Ended> => {
  const pending: PendingApproval = { ref, onTimeout, end: undefined };
  // Before its row can be seen: an answer may come at once.
  state.approvals.set(ref.order, pending);
  try {
    await record.beginControl(ref);
    const isAnswered = await condition(() => pending.end !== undefined, timeoutSeconds * 1_000);
    return isAnswered && pending.end !== undefined ? pending.end : await expire(pending);
  } catch (error) {
    return await endBroken(ref, error);
  } finally {
    state.approvals.delete(ref.order);
  }
};

const expire = ({ ref, onTimeout }: PendingApproval): Promise<ControlEnd> =>
  record.answerApproval({ ...ref, resolution: 'expired', onTimeout, answer: null });
