import type { ActionEndState, ActionFailure, ActionOutcome, ActionRef, Frame, PlannedAction } from '../contracts/run.ts';
import { bodyOf, dependenciesMet, failureOf, followsFailure } from '../domain/branch-decisions.ts';
import { record } from './activities.ts';
import { waitForCalendars } from './ask-calendars.ts';
import { noteRan, reach, startAfresh } from './branch-state.ts';
import type { BranchState, Place } from './branch-state.ts';
import { runAttempts } from './run-attempts.ts';
import { runControl } from './run-control.ts';
import { runSkippable } from './skip-action.ts';

/** How an action ended. `inner`: the failure inside it that is the reason. */
interface Ended {
  end: ActionEndState;
  outcome?: ActionOutcome | undefined;
  inner?: ActionFailure | undefined;
}

/**
 * Runs a list of actions in order. After a failure that ends it, those that depend on the failure run still.
 * @returns that failure
 */
export const runList = async (state: BranchState, actions: readonly PlannedAction[], place: Place): Promise<ActionFailure | undefined> => {
  const [from] = place.resume;
  const { trail, depth } = place;
  const stand = (frame: Frame): void => {
    trail.length = depth;
    trail.push(frame);
  };
  let failure = from?.failure;
  for (const action of actions) {
    if (from !== undefined && action.order < from.order) continue;
    if (failure !== undefined && !followsFailure(action, failure, state.ends)) continue;
    stand({ order: action.order, ...(failure !== undefined && { failure }) });
    const isResumed = action.order === from?.order;
    if (!isResumed) await startAfresh(state);
    if (state.calendars.isDue) await waitForCalendars(state);
    const resume = isResumed ? place.resume : [];
    const { end, outcome, inner } = await runAction(state, action, { ...place, resume });
    state.ends.set(action.order, end);
    if (failure !== undefined) failure.causes.push(action.order);
    else if (end === 'failed' && outcome !== undefined) failure = placed(failureOf(action, outcome, inner), trail.slice(depth));
    if (failure === undefined) stand({ order: action.order, isDone: true });
  }
  // Those that ran because of the failure are not where the list stands.
  if (failure?.at !== undefined) trail.splice(depth, trail.length, ...failure.at);
  return failure;
};

const placed = (failure: ActionFailure | undefined, at: Frame[]): ActionFailure | undefined => failure && { ...failure, at };

const runAction = async (state: BranchState, action: PlannedAction, place: Place): Promise<Ended> => {
  if (!action.isEnabled) return { end: 'skipped' };
  const { inside, isNoted = false } = place.resume[0] ?? {};
  const ref = reach(state, action, place, inside?.iteration);
  if (inside === undefined) {
    const refused = await refusalOf(state, action, ref);
    if (refused !== undefined) return refused;
    if (bodyOf(state.program.actions, action.order, 'rollback').length > 0) noteRan(state, ref, place, isNoted);
  } else if (inside.from !== undefined) await record.reopenControl({ ...ref, from: inside.from });
  if (action.control === undefined) {
    const outcome = await runSkippable(state, ref, () => runAttempts(state, action, ref));
    return outcome === undefined ? { end: 'skipped' } : endedBy(outcome);
  }
  return runControl(state, action, action.control, ref, place, runList);
};

const endedBy = (outcome: ActionOutcome): Ended => ({ end: outcome.status === 'completed' ? 'completed' : 'failed', outcome });

/** Why the action does not run, its row then written. */
const refusalOf = async (state: BranchState, action: PlannedAction, ref: ActionRef): Promise<Ended | undefined> => {
  if (!dependenciesMet(action, state.ends)) {
    await record.skipAction({ ...ref, reason: 'dependency_not_met' });
    return { end: 'skipped' };
  }
  if (action.hasConditions !== true) return undefined;
  const admission = await record.admitAction(ref);
  if (admission.may === 'run') return undefined;
  return admission.outcome === undefined ? { end: 'skipped' } : endedBy(admission.outcome);
};
