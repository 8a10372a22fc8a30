import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Client, Connection, ScheduleDescription, ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import { OpsError } from '../../domain/ops-error.ts';
import { steadyStart } from '../../domain/schedules/steady-start.ts';
import { firingWorkflowId } from '../../domain/schedules/firing-ids.ts';
import type { DescribedSchedule, DesiredSchedule, StartedFiring, TemporalSchedules } from '../../services/schedules/temporal-schedules.ts';
import type { scheduledJobRunWorkflow } from '../../workflows/index.ts';
import { ofScheduledRun } from '../../workflows/search-attributes.ts';
import { workflowQueue } from '../task-queues.ts';
import { OPS_DEF_HASH, OPS_MANAGED_BY, toDescribed } from './described.ts';
import { toScheduleSpec } from './firing-spec.ts';
import { createScheduleCalls } from './schedule-calls.ts';

const DEADLINE_MS = 15_000;
const FIRST_LOOK_MS = 20;
const LONGEST_LOOK_MS = 500;
/** Of one answer (temporal guide, 12.3). */
const MOST_INSTANTS = 1_000;

const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

const overlapOf = (overlap: string) => overlap.toUpperCase() as ScheduleOverlapPolicy;

const readStarts = async (client: Client, id: string, since: Date): Promise<StartedFiring[]> => {
  const query = `TemporalScheduledById = '${id}' AND TemporalScheduledStartTime >= '${since.toISOString()}'`;
  const found: StartedFiring[] = [];
  for await (const { workflowId, runId, startTime, typedSearchAttributes: attributes } of client.workflow.list({ query }))
    found.push({ workflowId, runId, scheduledAt: attributes.get(SCHEDULED_START) ?? startTime, startedAt: startTime });
  return found;
};

/** A pause or resume, and firings, that came after the look by which the change was made up: they are not undone by it. */
const withNewsOf = (
  state: ScheduleDescription['state'],
  desired: DesiredSchedule,
  known: DescribedSchedule | undefined,
): DesiredSchedule => {
  if (known === undefined) return desired;
  const { paused, note, remaining } = desired;
  const started = Math.max(0, (known.remaining ?? 0) - (state.remainingActions ?? Infinity));
  return {
    ...desired,
    ...(state.paused === known.paused ? { paused, note } : { paused: state.paused, note: state.note ?? null }),
    remaining: remaining === undefined ? undefined : Math.max(0, remaining - started),
  };
};

/**
 * Calls of Temporal's schedules for this installation's task queues.
 * @param deadlineMs of a call, which the client makes again until then when it is refused or not answered
 */
export const createScheduleControl = (client: Client, taskQueuePrefix: string, deadlineMs = DEADLINE_MS): TemporalSchedules => {
  const connection = client.connection as Connection;
  const { namespace } = client.options;
  const { within, withLooks, handleOf } = createScheduleCalls(client, deadlineMs);

  const describe = async (id: string): Promise<DescribedSchedule | undefined> => {
    try {
      return toDescribed(await handleOf(id).describe());
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  };

  /** Changes are signals to the schedule: what was sent is looked for until it is there (temporal guide, 5.3). */
  const readBack = async (id: string, isThere: (described: DescribedSchedule) => boolean): Promise<DescribedSchedule> => {
    const end = Date.now() + DEADLINE_MS;
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LONGEST_LOOK_MS)) {
      const described = await describe(id);
      if (described !== undefined && isThere(described)) return described;
      if (Date.now() > end)
        throw new OpsError(
          'UNAVAILABLE',
          `Temporal took a change of the schedule ${id} but does not show it after ${DEADLINE_MS / 1_000} s.`,
        );
      await wait(pause);
    }
  };

  const definitionOf = ({ scheduleUuid, summary, jobSerial, rules, definitionHash, managedBy, ...desired }: DesiredSchedule) => ({
    spec: toScheduleSpec(rules),
    action: {
      type: 'startWorkflow',
      workflowType: 'scheduledJobRunWorkflow',
      workflowId: firingWorkflowId(scheduleUuid),
      args: [{ schedule: scheduleUuid }],
      taskQueue: workflowQueue(taskQueuePrefix),
      memo: { definitionHash },
      staticSummary: summary,
      typedSearchAttributes: ofScheduledRun(jobSerial),
    } satisfies ScheduleOptions['action'],
    policies: {
      overlap: overlapOf(desired.overlap),
      catchupWindow: desired.catchupWindowSeconds * 1_000,
      pauseOnFailure: desired.pauseOnFailure,
    },
    state: {
      paused: desired.paused,
      ...(desired.note !== null && { note: desired.note }),
      ...(desired.remaining !== undefined && { remainingActions: desired.remaining }),
    },
    typedSearchAttributes: [
      { key: OPS_DEF_HASH, value: definitionHash },
      { key: OPS_MANAGED_BY, value: managedBy },
    ],
  });

  const replace = async (id: string, desired: DesiredSchedule, known?: DescribedSchedule): Promise<DescribedSchedule> => {
    const before = await describe(id);
    await within(() => handleOf(id).update(({ state }) => definitionOf(withNewsOf(state, desired, known))));
    return readBack(
      id,
      (now) => now.definitionHash === desired.definitionHash && now.lastUpdatedAt.getTime() > (before?.lastUpdatedAt.getTime() ?? 0),
    );
  };

  const page = async (scheduleId: string, from: Date, to: Date): Promise<Date[]> => {
    const time = (at: Date) => ({ seconds: Math.floor(at.getTime() / 1_000), nanos: (at.getTime() % 1_000) * 1_000_000 });
    const { startTime } = await withLooks(() =>
      connection.workflowService.listScheduleMatchingTimes({
        namespace,
        scheduleId,
        // The types of the SDK want Long, its encoder takes numbers as well.
        startTime: time(from) as never,
        endTime: time(to) as never,
      }),
    );
    return (startTime ?? []).map(({ seconds, nanos }) => new Date(Number(seconds) * 1_000 + Math.floor((nanos ?? 0) / 1_000_000)));
  };

  const instants: TemporalSchedules['instants'] = async ({ id, timezone }, from, to, limit = Infinity) => {
    const found: Date[] = [];
    for (let after = steadyStart(timezone, from); ;) {
      const more = await page(id, after, to);
      found.push(...more.filter((at) => at > from));
      const last = more.at(-1);
      if (last === undefined || more.length < MOST_INSTANTS || found.length >= limit) return found.slice(0, limit);
      after = last;
    }
  };

  return {
    describe,
    instants,

    async put(id, desired, known) {
      if (known !== undefined) return replace(id, desired, known);
      try {
        await within(() => client.schedule.create({ scheduleId: id, ...definitionOf(desired) }));
      } catch (error) {
        if (error instanceof ScheduleAlreadyRunning) return replace(id, desired);
        throw error;
      }
      return readBack(id, () => true);
    },

    async setPaused(id, paused, note) {
      const text = note ?? (paused ? 'Paused.' : 'Resumed.');
      await within(() => (paused ? handleOf(id).pause(text) : handleOf(id).unpause(text)));
      return readBack(id, (now) => now.paused === paused);
    },

    async remove(id) {
      await within(() => handleOf(id).delete()).catch((error: unknown) => {
        if (!(error instanceof ScheduleNotFoundError)) throw error;
      });
    },

    async backfill(id, { from, to, overlap }) {
      try {
        await within(() => handleOf(id).backfill({ start: from, end: to, overlap: overlapOf(overlap) }));
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) throw new OpsError('CONFLICT', `Temporal does not have the schedule ${id} any more.`);
        throw error;
      }
    },

    async preview(rules, from, to, limit) {
      const id = `preview/${randomUUID()}`;
      const definition = {
        spec: toScheduleSpec(rules),
        action: { type: 'startWorkflow' as const, workflowType: 'none', taskQueue: 'none' },
      };
      try {
        await within(() => client.schedule.create({ scheduleId: id, ...definition, state: { paused: true } }));
        return await instants({ id, timezone: rules.timezone }, from, to, limit);
      } finally {
        await within(() => handleOf(id).delete()).catch(() => undefined);
      }
    },

    starts: (id, since) => within(() => readStarts(client, id, since)),

    async startFiring(workflowId, schedule, summary) {
      await within(() =>
        client.workflow.start<typeof scheduledJobRunWorkflow>('scheduledJobRunWorkflow', {
          workflowId,
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          taskQueue: workflowQueue(taskQueuePrefix),
          args: [{ schedule }],
          staticSummary: summary,
        }),
      );
    },
  };
};
