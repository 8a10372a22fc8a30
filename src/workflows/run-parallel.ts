import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { ActionFailure, PlannedAction } from '../contracts/run.ts';
import { gravest } from '../domain/branch-decisions.ts';
import { record } from './activities.ts';
import { reach } from './branch-state.ts';
import type { ControlRun } from './run-control.ts';

interface Limits {
  maxConcurrency: number;
  waitForAll: boolean;
}

/** Runs actions at the same time, a limited number at once. Without `waitForAll` the first failure cancels the others. */
export const runParallel = async (
  run: ControlRun,
  { maxConcurrency, waitForAll }: Limits,
  children: readonly PlannedAction[],
): Promise<ActionFailure | undefined> => {
  const { state, place, runList } = run;
  const waiting = [...children];
  const failures: ActionFailure[] = [];
  const scope = new CancellationScope();
  const lane = async (): Promise<void> => {
    for (let child = waiting.shift(); child !== undefined; child = waiting.shift()) {
      const failure = await runList(state, [child], { depth: place.depth + 1, loop: place.loop, resume: [] });
      if (failure === undefined) continue;
      failures.push(failure);
      if (waitForAll) continue;
      scope.cancel();
      return;
    }
  };
  state.branching += 1;
  const lanes = await scope.run(() => Promise.allSettled(Array.from({ length: Math.min(maxConcurrency, children.length) }, lane)));
  state.branching -= 1;
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('branch cancelled');
  const broken = lanes.find((result) => result.status === 'rejected' && !isCancellation(result.reason));
  if (broken?.status === 'rejected') throw broken.reason;
  for (const child of waiting) await record.skipAction({ ...reach(state, child, place), reason: 'branch_stopped' });
  return gravest(failures);
};
