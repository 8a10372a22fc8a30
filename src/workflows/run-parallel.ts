import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import type { ActionFailure, Frame, PlannedAction } from '../contracts/run.ts';
import { gravest } from '../domain/branch-decisions.ts';
import { record } from './activities.ts';
import { reach } from './branch-state.ts';
import type { ControlRun } from './run-control.ts';

interface Limits {
  maxConcurrency: number;
  waitForAll: boolean;
}

/** An action of the block that has not completed, and where it stands. */
interface Lane {
  child: PlannedAction;
  resume: Frame[];
  trail: Frame[];
}

/** Runs actions at the same time, a limited number at once. Without `waitForAll` the first failure cancels the others. */
export const runParallel = async (
  run: ControlRun,
  { maxConcurrency, waitForAll }: Limits,
  children: readonly PlannedAction[],
): Promise<ActionFailure | undefined> => {
  const { state, place, runList } = run;
  const lanes = lanesOf(children, place.resume[0]?.inside?.lanes);
  const waiting = [...lanes];
  const failures: ActionFailure[] = [];
  const scope = new CancellationScope();
  const noteDone = noteLanes(run, lanes);
  const work = async (): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) {
      const { child, resume, trail } = lane;
      const failure = await runList(state, [child], { trail, depth: 0, loop: place.loop, resume });
      if (failure === undefined) {
        noteDone(lane);
        continue;
      }
      failures.push(failure);
      if (waitForAll) continue;
      scope.cancel();
      return;
    }
  };
  state.branching += 1;
  const ended = await scope.run(() => Promise.allSettled(Array.from({ length: Math.min(maxConcurrency, lanes.length) }, work)));
  state.branching -= 1;
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('branch cancelled');
  const broken = ended.find((result) => result.status === 'rejected' && !isCancellation(result.reason));
  if (broken?.status === 'rejected') throw broken.reason;
  for (const { child } of waiting) await record.skipAction({ ...reach(state, child, place), reason: 'branch_stopped' });
  return gravest(failures);
};

/** @param resumed the places of those that a resumed block has still to do; the others have completed */
const lanesOf = (children: readonly PlannedAction[], resumed: readonly Frame[][] | undefined): Lane[] =>
  children.flatMap((child) => {
    const resume = resumed === undefined ? [] : resumed.find(([frame]) => frame?.order === child.order);
    if (resume === undefined) return [];
    return [{ child, resume, trail: resume.length === 0 ? [{ order: child.order }] : [...resume] }];
  });

/** The frame of the block says where each lane is. @returns what takes a lane that has completed away */
const noteLanes = ({ place: { trail, depth }, action, ref }: ControlRun, lanes: readonly Lane[]): ((done: Lane) => void) => {
  const frame = trail[depth];
  let open = lanes.map((lane) => lane.trail);
  const note = (): void => {
    if (frame?.order === action.order) frame.inside = { iteration: ref.iteration, slot: 'parallel', round: 0, lanes: open };
  };
  note();
  return ({ trail: done }) => {
    open = open.filter((other) => other !== done);
    note();
  };
};
