import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { createScheduleCalls } from '../../src/temporal/schedules/schedule-calls.ts';

/** A schedule as an operator has it in Temporal, who asks again when a question of his is lost there. */
export const scheduleHandle = (client: Client, id: string): ScheduleHandle => createScheduleCalls(client, 30_000).handleOf(id);

/** Waits until Temporal shows a schedule so, which it tells nobody by itself: it answers an update, a pause or a trigger before it is done. */
export const untilDescribed = async (
  schedule: Pick<ScheduleHandle, 'describe'>,
  isSo: (description: ScheduleDescription) => boolean,
): Promise<void> => {
  while (!isSo(await schedule.describe()));
};
