import type { ServiceDeps } from '../context.ts';

/** What the upkeep of schedules needs, in the API as in a worker. */
export type ScheduleDeps = Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings' | 'notifyRun' | 'schedules' | 'describeWorkflow'> & {
  /** So long after an instant without a run it is decided why it has none; two minutes when left out. */
  decideAfterMs?: number;
};

/** How late a firing started. */
export interface StartDelay {
  firingType: string;
  seconds: number;
}
