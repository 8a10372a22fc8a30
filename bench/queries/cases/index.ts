import type { World } from '../world.ts';
import { accountCases } from './accounts.ts';
import { administrationCases } from './administration.ts';
import { activityCases } from './activities.ts';
import { calendarCases } from './calendars.ts';
import { controlCases } from './control.ts';
import { dataCases } from './data.ts';
import { firingCases } from './firings.ts';
import { jobCases } from './jobs.ts';
import { listCases } from './lists.ts';
import { liveCases } from './live.ts';
import { artifactCases } from './artifacts.ts';
import type { QueryCase } from './query-case.ts';
import { readingCases } from './reading.ts';
import { runCases } from './runs.ts';
import { scheduleCases } from './schedules.ts';
import { scheduleCodeCases } from './schedule-code.ts';
import { steeringCases } from './steering.ts';
import { targetCases } from './targets.ts';
import { userCases } from './users.ts';
import { writeCases } from './writes.ts';

/** All that services and activities ask the database. */
export const createCases = async (world: World): Promise<QueryCase[]> => [
  ...(await listCases(world)),
  ...(await runCases(world)),
  ...readingCases(world),
  ...(await accountCases(world)),
  ...(await userCases(world)),
  ...(await artifactCases(world)),
  ...(await administrationCases(world)),
  ...(await targetCases(world)),
  ...jobCases(world),
  ...writeCases(world),
  ...dataCases(world),
  ...steeringCases(world),
  ...activityCases(world),
  ...controlCases(world),
  ...liveCases(world),
  ...calendarCases(world),
  ...(await scheduleCases(world)),
  ...(await firingCases(world)),
  ...scheduleCodeCases(world),
];
