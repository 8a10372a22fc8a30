import type { Logger } from 'pino';
import { acceptFiring } from './firing/accept-firing.ts';
import { awaitFiring, endFiring } from './firing/end-firing.ts';
import { openFiring } from './firing/open-firing.ts';
import { reconcileSchedules } from './reconcile-schedules.ts';
import type { ScheduleDeps, StartDelay } from './schedule-deps.ts';

/** What a worker does for schedules. */
export const createScheduleWork = (
  deps: ScheduleDeps,
  { log, observeStart }: { log: Logger; observeStart: (delay: StartDelay) => void },
) => ({
  openFiring: (input: Parameters<typeof openFiring>[1]) => openFiring({ ...deps, observeStart }, input),
  acceptFiring: (firing: number) => acceptFiring(deps, firing),
  endFiring: (firing: number, isCancelled: boolean) => endFiring(deps, firing, isCancelled),
  awaitFiring: (firing: number) => awaitFiring(deps, firing),
  reconcileSchedules: () => reconcileSchedules(deps, log),
});
