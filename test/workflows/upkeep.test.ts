import type { ScheduleHandle } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRetentionActivities } from '../../src/activities/retention.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { isOverdue, PLATFORM_SCHEDULES, platformScheduleId } from '../../src/temporal/platform-schedules.ts';
import { prepareNamespace } from '../../src/temporal/prepare-namespace.ts';
import { latestMonth } from '../db/support/latest-month.ts';
import { ago, changeSetting, countRows } from '../db/retention/support.ts';
import { platformEnvironment, startCli } from '../support/cli-process.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { scheduleHandle, untilDescribed } from '../support/schedule-handle.ts';
import { historyOf, keep, replay } from './support/histories.ts';

let platform: TestPlatform;
const scheduleOf = (id: string): ScheduleHandle => scheduleHandle(platform.client, platformScheduleId(id, platform.taskQueuePrefix));
beforeAll(async () => {
  platform = await startTestPlatform();
  await prepareNamespace(platform.client, platform.taskQueuePrefix);
});
afterAll(async () => {
  for (const { id } of PLATFORM_SCHEDULES) await scheduleOf(id).delete();
  await platform[Symbol.asyncDispose]();
});

/** Fires a schedule now and waits for the workflow's end. @returns the id of the workflow that it started. */
const fire = async (id: string): Promise<string> => {
  const schedule = scheduleOf(id);
  const before = (await schedule.describe()).info.numActionsTaken;
  await schedule.trigger();
  for (;;) {
    const { info } = await schedule.describe();
    const started = info.recentActions.at(-1);
    if (info.numActionsTaken > before && started?.action.type === 'startWorkflow') return started.action.workflow.workflowId;
  }
};
const resultOf = (workflowId: string): Promise<unknown> => platform.client.workflow.getHandle(workflowId).result();

describe('the schedules of the platform', () => {
  test('are there after the start, with what they start and how often', async () => {
    const found = await Promise.all(
      PLATFORM_SCHEDULES.map(async ({ id }) => {
        const { action, spec, policies, state } = await scheduleOf(id).describe();
        const { every, offset } = spec.intervals?.[0] ?? {};
        return [id, action.workflowType, every === undefined ? spec.calendars?.[0]?.hour : [every, offset], policies.overlap, state.paused];
      }),
    );
    expect(found).toEqual([
      ['sys/reconcile', 'reconcileWorkflow', [60_000, 40_000], 'SKIP', false],
      ['sys/partition-maintenance', 'partitionMaintenanceWorkflow', [86_400_000, 1_240_000], 'SKIP', false],
      ['sys/audit-seal', 'auditSealWorkflow', [600_000, 270_000], 'SKIP', false],
      ['sys/retention', 'retentionWorkflow', [{ start: 3, end: 3, step: 1 }], 'SKIP', false],
    ]);
  });

  test('retention is due daily at 03:20 UTC, once', async () => {
    const { info } = await scheduleOf('sys/retention').describe();
    const times = info.nextActionTimes.slice(0, 2).map((time) => time.toISOString());
    expect(times.map((time) => time.slice(11))).toEqual(['03:20:40.000Z', '03:20:40.000Z']);
    expect(Date.parse(times[1] ?? '') - Date.parse(times[0] ?? '')).toBe(86_400_000);
  });

  test('what an operator paused is paused after the next start too, with the note', async () => {
    const schedule = scheduleOf('sys/retention');
    await schedule.pause('audit is going on');
    await untilDescribed(schedule, ({ state }) => state.paused);
    const { info } = await schedule.describe();
    await prepareNamespace(platform.client, platform.taskQueuePrefix);
    await untilDescribed(schedule, (now) => (now.info.lastUpdatedAt?.getTime() ?? 0) > (info.lastUpdatedAt?.getTime() ?? 0));
    expect((await schedule.describe()).state).toMatchObject({ paused: true, note: 'audit is going on' });
    await schedule.unpause();
  });

  const lastTaken = (takenAt: Date, more: object = {}) =>
    ({ state: { paused: false }, info: { recentActions: [{ takenAt }], runningActions: [], createdAt: new Date(0) }, ...more }) as never;
  test.each([
    ['missed its last time', true, lastTaken(new Date('2026-01-01T03:00:00Z'))],
    ['was in time', false, lastTaken(new Date('2026-01-02T03:00:01Z'))],
    ['is paused', false, lastTaken(new Date(0), { state: { paused: true } })],
    ['is running', false, lastTaken(new Date(0), { info: { recentActions: [], runningActions: [{}], createdAt: new Date(0) } })],
    ['is old and never fired', true, lastTaken(new Date(0), { info: { recentActions: [], runningActions: [], createdAt: new Date(0) } })],
  ])('one that %s is overdue: %s', (_, overdue, description) => {
    expect(isOverdue(description, 86_400_000, new Date('2026-01-03T03:00:00.500Z'))).toBe(overdue);
  });
});

describe('sys/retention', () => {
  beforeEach(async () => {
    await changeSetting(platform.db, 'alert_retention_days', 365);
    // With 30 days the month before is over its time on a 31st.
    await changeSetting(platform.db, 'log_retention_days', 365);
    await execute(platform.db, 'DELETE FROM system_health_snapshots');
    await execute(platform.db, 'INSERT INTO system_health_snapshots (timestamp) VALUES ($1), (now())', [ago(91)]);
  });

  test('removes what is old and tells, rule by rule, what it removed', async () => {
    const workflowId = await fire('sys/retention');
    expect(await resultOf(workflowId)).toMatchObject({
      failed: {},
      removed: { 'health-snapshots': { system_health_snapshots: 1 }, logs: { partitions: 0 }, runs: {}, 'deleted-jobs': { jobs: 0 } },
    });
    expect(await countRows(platform.db, 'system_health_snapshots')).toBe(1);
    const events = await selectRows(
      platform.db,
      `SELECT event_type, actor_type, resource_id, details->'removed' AS removed FROM audit_events WHERE action = 'remove_old_rows'`,
    );
    const facts = { event_type: 'system_maintenance', actor_type: 'system', resource_id: 'health-snapshots' };
    expect(events).toEqual([{ ...facts, removed: { system_health_snapshots: 1 } }]);
    const recorded = await historyOf(platform.client, workflowId);
    keep('retention-success', recorded.history);
    expect(await replay([recorded])).toEqual([]);
  });

  test('a rule that fails keeps none of the others from their work, and fails the run, which names it', async () => {
    await changeSetting(platform.db, 'alert_retention_days', 99_999);
    const workflowId = await fire('sys/retention');
    await expect(resultOf(workflowId)).rejects.toMatchObject({
      cause: {
        type: 'RETENTION_INCOMPLETE',
        message: expect.stringContaining('alert_retention_days'),
        details: [
          {
            failed: { alerts: expect.stringContaining('99999') },
            removed: { 'health-snapshots': { system_health_snapshots: 1 }, 'deleted-jobs': { jobs: 0 } },
          },
        ],
      },
    });
    expect(await countRows(platform.db, 'system_health_snapshots')).toBe(1);
    const recorded = await historyOf(platform.client, workflowId);
    keep('retention-failure', recorded.history);
    expect(await replay([recorded])).toEqual([]);
  });

  test('a cancel ends it between two batches', async () => {
    await execute(platform.db, 'INSERT INTO system_health_snapshots (timestamp) SELECT $1::timestamptz FROM generate_series(1, 7000)', [
      ago(91),
    ]);
    const environment = new MockActivityEnvironment();
    let beats = 0;
    environment.on('heartbeat', () => {
      beats += 1;
      if (beats === 2) environment.cancel();
    });
    const { applyRetentionRule } = createRetentionActivities(platform.activities);
    await expect(environment.run(applyRetentionRule, 'health-snapshots')).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(await countRows(platform.db, 'system_health_snapshots')).toBe(2_002);
  });
});

test('sys/audit-seal seals what is ten minutes old', async () => {
  await platform.db.transaction(async (transaction) => {
    await execute(platform.db, `SET LOCAL session_replication_role = 'replica'`, [], transaction);
    await execute(platform.db, `UPDATE audit_events SET occurred_at = date_trunc('month', now()) - interval '1 hour'`, [], transaction);
  });
  const all = await selectRow<{ events: number; last: number }>(
    platform.db,
    'SELECT count(*) AS events, max(id) AS last FROM audit_events',
  );
  const workflowId = await fire('sys/audit-seal');
  expect(await resultOf(workflowId)).toEqual({ seals: 1, events: all?.events, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await selectRow(platform.db, 'SELECT to_event_id AS last FROM audit_seals')).toEqual({ last: all?.last });
  const recorded = await historyOf(platform.client, workflowId);
  keep('audit-seal-success', recorded.history);
  expect(await replay([recorded])).toEqual([]);
});

const dropLatestMonth = async (): Promise<string> => {
  const name = `job_execution_logs_p${await latestMonth(platform.db)}`;
  await execute(platform.db, `DROP TABLE ${name}`);
  return name;
};

describe('months ahead', () => {
  test('sys/partition-maintenance makes them and reports rows that have none', async () => {
    const latest = await dropLatestMonth();
    await execute(
      platform.db,
      `INSERT INTO performance_metrics (timestamp, metric_type, aggregation_period) VALUES ('2001-01-01', 'job_execution', 'day')`,
    );
    const workflowId = await fire('sys/partition-maintenance');
    expect(await resultOf(workflowId)).toMatchObject({
      made: [latest],
      blocked: [],
      defaultRows: [{ table: 'performance_metrics', rows: 1 }],
    });
    const recorded = await historyOf(platform.client, workflowId);
    keep('partition-maintenance-success', recorded.history);
    expect(await replay([recorded])).toEqual([]);
  });

  test.each([
    ['worker', 'worker is up'],
    ['server', 'API is up'],
  ])('a %s that was off for long has them when it is up', async (part, up) => {
    const latest = await dropLatestMonth();
    const process = startCli([part], { ...platformEnvironment(platform), OPSCONDUCTOR_PORT: '0' });
    await process.until(up);
    expect(await selectRow(platform.db, 'SELECT to_regclass($1) IS NOT NULL AS made', [latest])).toEqual({
      made: true,
    });
    expect(await process.end('SIGTERM')).toBe(0);
  });
});
