import { randomUUID } from 'node:crypto';
import type { Client, ScheduleSpec } from '@temporalio/client';
import { createScheduleCalls } from '../../src/temporal/schedules/schedule-calls.ts';

const MOST = 1_000;

const timestamp = (ms: number) => ({ seconds: Math.floor(ms / 1_000) as never, nanos: 0 });

/** The instants of a spec in (from, to], milliseconds since 1970, as the Temporal server finds them for a schedule that is made for the question and deleted after. */
export const matchingTimes = async (client: Client, spec: ScheduleSpec, from: number, to: number): Promise<number[]> => {
  const scheduleId = `zones/${randomUUID()}`;
  const action = { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' } as const;
  const handle = await client.schedule.create({ scheduleId, spec, action, state: { paused: true } });
  const { withLooks } = createScheduleCalls(client, 15_000);
  try {
    const { startTime } = await withLooks(() =>
      client.workflowService.listScheduleMatchingTimes({
        namespace: client.options.namespace,
        scheduleId,
        startTime: timestamp(from),
        endTime: timestamp(to),
      }),
    );
    if (startTime.length >= MOST) throw new RangeError('the server cuts its answers at 1,000 instants: ask for a shorter time');
    return startTime.map(({ seconds, nanos }) => Number(seconds) * 1_000 + (nanos ?? 0) / 1_000_000);
  } finally {
    await handle.delete();
  }
};
