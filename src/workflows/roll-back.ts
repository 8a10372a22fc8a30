import { CancellationScope } from '@temporalio/workflow';
import type { ActionFailure, RanAction, Undoing } from '../contracts/run.ts';
import { bodyOf } from '../domain/branch-decisions.ts';
import type { BranchState, Place } from './branch-state.ts';
import { runList } from './run-list.ts';

/**
 * Undoes what ran, the last first; goes on where an earlier history left off. It is not broken off by a cancel, and a failure in it does not keep the
 * rest from being undone.
 */
export const rollBack = async (state: BranchState, failure: ActionFailure): Promise<Undoing> => {
  let resume = state.undoing === undefined ? [] : (state.resume?.frames ?? []);
  const undoing = (state.undoing ??= { failure, left: state.ran.length, failed: 0, isCancelled: false });
  await CancellationScope.nonCancellable(async () => {
    for (const [order, turn] of state.ran.slice(0, undoing.left).toReversed()) {
      const body = bodyOf(state.program.actions, order, 'rollback');
      if ((await runList(state, body, { trail: state.frames, depth: 0, loop: loopOf(turn), resume })) !== undefined) undoing.failed += 1;
      undoing.left -= 1;
      resume = [];
    }
  });
  return undoing;
};

const loopOf = (turn: RanAction[1]): Place['loop'] => turn && { order: turn[0], iteration: turn[1], index: turn[2] };
