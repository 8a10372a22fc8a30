import type { Schedule } from '../../contracts/schedule.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { scheduleId } from './find-schedule.ts';
import { readSchedule } from './read-schedule.ts';
import { settleSchedule } from './settle-schedule.ts';

/** Settles a schedule now, as the reconciler does each minute. @throws OpsError NOT_FOUND, and what kept it from being settled */
export const syncSchedule = async (deps: ServiceDeps, caller: Caller, serial: string): Promise<Schedule> => {
  authorize(caller, 'schedules.write');
  await settleSchedule(deps, await scheduleId(deps.db, serial));
  return readSchedule(deps.db, serial);
};
