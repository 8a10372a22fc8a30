import type { ScheduleCode, SchedulePlan } from '../../../contracts/schedule-code.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { changesOf, compareSet } from './compare-set.ts';
import { findDrift } from './find-drift.ts';
import { countPending } from './settle-pending.ts';
import { readEvents } from './read-events.ts';

/** What an apply of these definitions would do, and what was done in Temporal meanwhile. Changes nothing. */
export const planSchedules = async (deps: ServiceDeps, caller: Caller, { definitions, prune }: ScheduleCode): Promise<SchedulePlan> => {
  authorize(caller, 'schedules.read');
  const set = await compareSet(deps, definitions);
  const rows = [...set.compared.flatMap(({ row }) => row ?? []), ...set.left];
  const [{ drift, drift_unknown }, events, pending] = await Promise.all([
    findDrift(deps, rows),
    readEvents(deps, rows),
    countPending(deps.db),
  ]);
  return { problems: set.problems, changes: changesOf(set, prune), drift, drift_unknown, pending, events };
};
