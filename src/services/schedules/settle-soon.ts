import { setTimeout as wait } from 'node:timers/promises';
import type { ServiceDeps } from '../context.ts';
import { settleSchedule } from './settle-schedule.ts';

/** Nobody who changes a schedule waits longer for Temporal; a few of its calls take several seconds (temporal guide, 12.9). */
const PATIENCE_MS = 10_000;

/** Waits for what Temporal is told, but not for long: it goes on behind the answer, and the reconciler does what fails. */
export const withPatience = async (work: Promise<unknown>): Promise<void> => {
  await Promise.race([work.catch(() => undefined), wait(PATIENCE_MS, undefined, { ref: false })]);
};

/** Tells Temporal of schedules that were changed. The first that cannot be told ends it: their rows say why, and the reconciler has them. */
export const settleSoon = (deps: ServiceDeps, ids: readonly number[]): Promise<void> => {
  const settleAll = async (): Promise<void> => {
    for (const id of ids) await settleSchedule(deps, id);
  };
  return withPatience(settleAll());
};
