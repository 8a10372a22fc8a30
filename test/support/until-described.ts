import { isGrpcCancelledError, isGrpcDeadlineError } from '@temporalio/client';
import type { Client, ScheduleDescription, ScheduleHandle } from '@temporalio/client';

const PATIENCE_MS = 5_000;

/**
 * Waits until Temporal shows a schedule so, which it tells nobody by itself: it answers an update, a pause or a trigger before it is done. A look that is not
 * answered in time, since the schedule is at work, is taken again; the time limit is that of the test. Who sees first that the time is up, client or server,
 * decides whether the call is late or cancelled.
 */
export const untilDescribed = async (
  { connection }: Client,
  schedule: ScheduleHandle,
  isSo: (description: ScheduleDescription) => boolean,
): Promise<void> => {
  for (;;) {
    const look = connection.withDeadline(Date.now() + PATIENCE_MS, () => schedule.describe());
    const description = await look.catch((error: unknown) => {
      if (isGrpcDeadlineError(error) || isGrpcCancelledError(error)) return undefined;
      throw error;
    });
    if (description !== undefined && isSo(description)) return;
  }
};
