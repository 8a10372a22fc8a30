import { CancellationScope, patched, sleep } from '@temporalio/workflow';
import { record } from './activities.ts';
import type { RunState } from './run-state.ts';

/** Lets a run go on when the blackout that holds it is over. @param look has the run look at its row */
export const watchBlackouts = ({ execution, steered }: RunState, look: () => Promise<void>): void => {
  const root = CancellationScope.current();
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
    // A clock that has run out looks itself: what comes after it must not end with it.
    const isInClock = CancellationScope.current().consideredCancelled && !root.consideredCancelled;
    clock = isInClock && patched('blackout-goes-on') ? new CancellationScope({ cancellable: true, parent: root }) : new CancellationScope();
    // What is cancelled here waits for nothing any more: another look has begun another wait, or the run ends.
    clock.run(() => leave(resumesInMs)).catch(() => undefined);
  });
};
