import type { Client, ScheduleDescription, ScheduleSpec } from '@temporalio/client';
import { ScheduleAlreadyRunning } from '@temporalio/client';
import type * as workflows from '../workflows/index.ts';
import { createScheduleCalls } from './schedules/schedule-calls.ts';
import { workflowQueue } from './task-queues.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const DEADLINE_MS = 30 * SECOND_MS;

interface PlatformSchedule {
  id: string;
  spec: ScheduleSpec;
  /** Time between two firings, as the spec says it. */
  everyMs: number;
  workflow: keyof typeof workflows;
  timeoutMs: number;
}

/** The schedules of the platform itself (data model, 6.5), between the full minutes and hours at which people have their own fire. */
export const PLATFORM_SCHEDULES: readonly PlatformSchedule[] = [
  {
    id: 'sys/reconcile',
    spec: { intervals: [{ every: MINUTE_MS, offset: 40 * SECOND_MS }] },
    everyMs: MINUTE_MS,
    workflow: 'reconcileWorkflow',
    timeoutMs: 10 * MINUTE_MS,
  },
  {
    id: 'sys/partition-maintenance',
    spec: { intervals: [{ every: DAY_MS, offset: 20 * MINUTE_MS + 40 * SECOND_MS }] },
    everyMs: DAY_MS,
    workflow: 'partitionMaintenanceWorkflow',
    timeoutMs: DAY_MS,
  },
  {
    id: 'sys/audit-seal',
    spec: { intervals: [{ every: 10 * MINUTE_MS, offset: 4.5 * MINUTE_MS }] },
    everyMs: 10 * MINUTE_MS,
    workflow: 'auditSealWorkflow',
    timeoutMs: DAY_MS,
  },
  {
    id: 'sys/retention',
    spec: { calendars: [{ hour: 3, minute: 20, second: 40 }] },
    everyMs: DAY_MS,
    workflow: 'retentionWorkflow',
    timeoutMs: DAY_MS,
  },
];

/** Installations that share a namespace differ by their task queues. */
export const platformScheduleId = (id: string, taskQueuePrefix: string): string =>
  taskQueuePrefix === 'ops' ? id : `${id}/${taskQueuePrefix}`;

/** Creates or updates the platform's schedules; repeated at every start. What an operator paused stays paused. */
export const applyPlatformSchedules = async (client: Client, taskQueuePrefix: string): Promise<void> => {
  for (const schedule of PLATFORM_SCHEDULES) await applySchedule(client, schedule, taskQueuePrefix);
};

const applySchedule = async (
  client: Client,
  { id, spec, everyMs, workflow, timeoutMs }: PlatformSchedule,
  prefix: string,
): Promise<void> => {
  const scheduleId = platformScheduleId(id, prefix);
  const definition = {
    spec,
    policies: { overlap: 'SKIP', catchupWindow: everyMs } as const,
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      workflowId: scheduleId,
      taskQueue: workflowQueue(prefix),
      workflowRunTimeout: timeoutMs,
    } as const,
  };
  try {
    await client.schedule.create({ scheduleId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { within, handleOf } = createScheduleCalls(client, DEADLINE_MS);
    const handle = handleOf(scheduleId);
    const before = await handle.describe();
    await within(() => handle.update(({ state }) => ({ ...definition, state })));
    if (isOverdue(before, everyMs, new Date())) await handle.trigger('SKIP');
  }
};

/** Did it miss its last firing? An update makes the server forget what it had still to catch up with, and every start updates. */
export const isOverdue = ({ state, info }: Pick<ScheduleDescription, 'state' | 'info'>, everyMs: number, now: Date): boolean => {
  if (state.paused || info.runningActions.length > 0) return false;
  const last = info.recentActions.at(-1)?.takenAt ?? info.createdAt;
  return now.getTime() - last.getTime() > everyMs;
};
