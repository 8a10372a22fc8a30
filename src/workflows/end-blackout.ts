import { CancellationScope, sleep } from '@temporalio/workflow';
import { record } from './activities.ts';
import type { RunState } from './run-state.ts';

/** Lets a run go on when the blackout that holds it is over. @param look has the run look at its row */
export const watchBlackouts = ({ execution, steered }: RunState, look: () => Promise<void>): void => {
  let clock: CancellationScope | undefined;
  const leave = async (milliseconds: number): Promise<void> => {
    await sleep(milliseconds, { summary: 'blackout' });
    await record.leaveBlackout({ execution });
    await look();
  };
  steered.onRead(({ hold, resumesInMs }) => {
    clock?.cancel();
    clock = undefined;
    if (hold !== 'blackout' || resumesInMs === undefined) return;
    clock = new CancellationScope();
    // What is cancelled here waits for nothing any more: another look has begun another wait, or the run ends.
    clock.run(() => leave(resumesInMs)).catch(() => undefined);
  });
};
