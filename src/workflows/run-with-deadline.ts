import { CancellationScope, condition, patched, setCurrentDetails } from '@temporalio/workflow';
import { record } from './activities.ts';
import type { RunState } from './run-state.ts';

/** Runs what is left of a run, and cancels it when the run has had its time. */
export const runWithDeadline = async (state: RunState, run: () => Promise<void>): Promise<void> => {
  const { execution, steered, tally, jobName } = state;
  const tell = (): void => setCurrentDetails(`${jobName}: ${tally.total} targets, ${steered.control.window} at once.`);
  state.onSteered = tell;
  tell();
  const work = new CancellationScope();
  const clock = new CancellationScope();
  const watch = clock.run(async () => {
    await countDown(state);
    // The row says so first: branches that are cancelled now are then closed as timed out.
    await CancellationScope.nonCancellable(() => record.markTimedOut({ execution }));
    state.timedOut = true;
    work.cancel();
  });
  const watched = watch.catch(() => undefined);
  try {
    await work.run(run);
  } finally {
    clock.cancel();
    await watched;
  }
};

/** Waits until the run has had its time. The clock stands still while the run is held, and while everything of it waits. */
const countDown = async ({ execution, steered, clock }: RunState): Promise<void> => {
  const { limitMs, periods } = clock;
  const isHeld = (): boolean => steered.control.hold !== undefined;
  while (clock.leftMs > 0) {
    if (isHeld()) await condition(() => !isHeld());
    const from = Date.now();
    const left = clock.leftMs;
    let isOver = false;
    try {
      isOver = !(await condition(isHeld, left, { summary: 'limit of the run' }));
    } finally {
      periods.push([from, Date.now()]);
      clock.leftMs = Math.max(1, left - (Date.now() - from));
    }
    // Before this was asked a run ended here, however much of its time it had waited.
    if (isOver) clock.leftMs = patched('waits-are-no-work') ? await record.timeLeft({ execution, limitMs, periods }) : 0;
  }
};
