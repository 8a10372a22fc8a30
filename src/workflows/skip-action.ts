import { ApplicationFailure, CancellationScope, defineUpdate, isCancellation, setHandler } from '@temporalio/workflow';
import type { ActionOutcome, ActionRef, SkippedAction } from '../contracts/run.ts';
import { record } from './activities.ts';
import type { BranchState } from './branch-state.ts';

/** A person takes a running action, at one turn, out of the branch: its program is ended, and the branch goes on behind it. */
export const skipActionUpdate = defineUpdate<void, [SkippedAction]>('skipAction');

/** Answers as soon as the action is being ended. */
export const takeSkips = ({ running }: BranchState): void => {
  setHandler(
    skipActionUpdate,
    ({ order }) => {
      running.get(order)?.scope.cancel();
    },
    {
      // What comes late, since no worker was there, must not end a later turn than the one that was meant.
      validator({ order, iteration }) {
        const found = running.get(order);
        if (found !== undefined && found.iteration === iteration && !found.scope.consideredCancelled) return;
        throw ApplicationFailure.create({ type: 'CONFLICT', nonRetryable: true, message: `Action ${order} does not run (any more).` });
      },
    },
  );
};

/**
 * Runs an action so that a person may end it.
 * @param markSkipped writes down that a person did
 * @returns undefined then, unless it had completed all the same
 */
export const runSkippable = async (
  { running }: BranchState,
  ref: ActionRef,
  work: () => Promise<ActionOutcome>,
  markSkipped: () => Promise<ActionOutcome | null | void> = () => record.markSkipped(ref),
): Promise<ActionOutcome | undefined> => {
  const branch = CancellationScope.current();
  const scope = new CancellationScope();
  running.set(ref.order, { iteration: ref.iteration, scope });
  try {
    return await scope.run(work);
  } catch (error) {
    if (!isCancellation(error) || branch.consideredCancelled) throw error;
    // It had completed before the skip reached it: that is then its end.
    return (await markSkipped()) ?? undefined;
  } finally {
    running.delete(ref.order);
  }
};
