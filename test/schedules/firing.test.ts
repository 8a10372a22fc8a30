import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../src/db/connect.ts';
import { CreateSchedule, UpdateSchedule } from '../../src/contracts/schedule.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { acceptFiring } from '../../src/services/schedules/firing/accept-firing.ts';
import { backfillSchedule, runScheduleNow } from '../../src/services/schedules/fire-schedule.ts';
import { lockSchedules } from '../../src/services/schedules/schedule-lock.ts';
import { getSchedule } from '../../src/services/schedules/read-schedule.ts';
import { createSchedule, deleteSchedule, pauseSchedule, updateSchedule } from '../../src/services/schedules/write-schedule.ts';
import { historyOf, keep, replay, untilTaskStarted } from '../workflows/support/histories.ts';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { scheduleHandle, untilDescribed } from '../support/schedule-handle.ts';
import { untilResults } from '../support/until-results.ts';
import {
  addSchedule,
  addTarget,
  adminOf,
  allEnded,
  answerAll,
  approval,
  createJob,
  hasEnded,
  inSeconds,
  ledgerOf,
  outcome,
  settle,
  untilLedger,
  untilRows,
} from './support/schedules.ts';

const BY_SERIAL = 'SELECT id FROM job_schedules WHERE schedule_serial = $1';
/** A few of Temporal's calls take so many seconds and less (temporal guide, 12.9), also those that tell whoever makes a schedule that it is there. */
const SLOW_CALL = 8;
const briefly = { action_type: 'wait', action_name: 'rest', action_parameters: { seconds: 1 } };

describe('firings and their ledger', () => {
  let platform: TestPlatform;
  let target: string;
  beforeAll(async () => {
    platform = await startTestPlatform();
    target = await addTarget(platform);
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const jobOf = (name: string, actions: object[] = [briefly], fields: object = {}) =>
    createJob(platform, [target], actions, { name, settings: { allow_shared_targets: true }, ...fields });
  const settleOne = (serial: string) => settle(platform, serial);
  const rowsUntil = (serial: string, isSo: Parameters<typeof untilRows>[2]) => untilRows(platform, serial, isSo);
  const read = async (serial: string) => getSchedule(platform.services, await adminOf(platform), serial);
  const until = (serial: string, isSo: Parameters<typeof untilLedger>[2], meanwhile?: () => Promise<unknown>) =>
    untilLedger(platform, serial, isSo, meanwhile);

  test.concurrent('an instant starts the run, whose end closes its row; then the schedule has expired', async ({ expect }) => {
    const job = await jobOf('once', [briefly], {
      variables: [
        { key: 'RELEASE', type: 'string' },
        { key: 'TOKEN', type: 'string', is_secret: true },
      ],
    });
    const {
      schedule_serial: serial,
      variables,
      ...schedule
    } = await addSchedule(platform, job, {
      when: inSeconds(SLOW_CALL + 2),
      variables: { RELEASE: '7', TOKEN: 'hidden treasure' },
    });
    expect(variables).toEqual({ RELEASE: '7', TOKEN: '********' });
    expect(schedule).toMatchObject({ status: 'active', sync_status: 'synced', execution_count: 0, attention: null });
    expect(await ledgerOf(platform, serial)).toMatchObject([{ status: 'scheduled', scheduled_at: schedule.next_run_at }]);
    const [row] = await until(serial, allEnded);
    expect(row).toMatchObject({
      status: 'completed',
      firing_type: 'planned',
      result_summary: '1 of 1 branches completed.',
      run: `${job}.0001`,
      workflow_id: `scheduled-run/${schedule.schedule_uuid}-${row?.scheduled_at.slice(0, 19)}Z`,
    });
    const run = await platform.api('GET', `/api/v1/executions/${row?.run}`);
    expect(run.body).toMatchObject({ trigger_type: 'schedule', triggered_by: platform.admin.username, status: 'completed' });
    const stored = await selectRow<{ text: string }>(
      platform.db,
      `SELECT (SELECT string_agg(e::text, '') FROM schedule_executions e) || (SELECT string_agg(s::text, '') FROM job_schedules s)
         || (SELECT string_agg(e::text, '') FROM job_executions e) AS text`,
    );
    expect(stored?.text).not.toContain('hidden treasure');
    await settleOne(serial);
    expect(await read(serial)).toMatchObject({ status: 'expired', execution_count: 1, next_run_at: null, last_run_at: row?.scheduled_at });
  });

  test.concurrent('paused here, its instants are skipped for that; a backfill starts them, and those alone that have no run', async ({
    expect,
  }) => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('paused'), { when: inSeconds(2, 14, 15) });
    const caller = await adminOf(platform);
    // Not by the reconciler, whose calls may take until the second instant.
    await rowsUntil(serial, ([first]) => first !== undefined && hasEnded(first));
    await pauseSchedule(platform.services, caller, serial, { paused: true, note: 'new switches' });
    expect(await read(serial)).toMatchObject({ status: 'paused', status_note: 'new switches', next_run_at: null });
    const skipped = await until(serial, allEnded);
    expect(skipped.map(outcome)).toEqual(['completed', 'skipped: paused', 'skipped: paused']);
    const [first, , last] = skipped;
    await backfillSchedule(platform.services, caller, serial, { from: first?.scheduled_at ?? '', to: last?.scheduled_at ?? '' });
    const filled = await until(serial, (rows) => rows.every(({ status }) => status === 'completed'));
    expect(filled.map(({ firing_type: type }) => type)).toEqual(['planned', 'backfill', 'backfill']);
    expect(filled[0]).toEqual(first);
    expect(new Set(filled.map(({ run }) => run)).size).toBe(3);
  });

  test.concurrent('a backfill that starts nothing beside a run skips the other instants for that', async ({ expect }) => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('backfilled'), { when: { every: '1h' } });
    const period = { from: '2025-01-01T00:30:00Z', to: '2025-01-01T03:30:00Z', overlap_policy: 'skip' } as const;
    await backfillSchedule(platform.services, await adminOf(platform), serial, period);
    const isOld = ({ scheduled_at: at }: { scheduled_at: string }): boolean => at < '2026';
    const rows = await until(serial, (all) => all.filter(isOld).every(hasEnded));
    expect(rows.filter(isOld).map(outcome)).toEqual(['completed', 'skipped: overlap', 'skipped: overlap']);
  });

  test.concurrent('paused in Temporal, with a note: the row takes it over, and so it does the resume', async ({ expect }) => {
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, await jobOf('elsewhere'), {
      when: { every: '1h' },
    });
    const handle = scheduleHandle(platform.client, id);
    // Temporal shows a change only a moment after its call has returned.
    const untilPaused = async (paused: boolean): Promise<void> => {
      await untilDescribed(handle, ({ state }) => state.paused === paused);
    };
    await handle.pause('looked strange');
    await untilPaused(true);
    await settleOne(serial);
    expect(await read(serial)).toMatchObject({ status: 'paused', status_note: 'looked strange', sync_status: 'synced' });
    await handle.unpause('is fine');
    await untilPaused(false);
    await settleOne(serial);
    expect(await read(serial)).toMatchObject({ status: 'active', status_note: null });
    const events = await selectRows(
      platform.db,
      `SELECT action, actor_type, details FROM audit_events WHERE resource_id = $1 AND actor_type = 'system' ORDER BY id`,
      [serial],
    );
    expect(events).toEqual([
      { action: 'pause_schedule', actor_type: 'system', details: { where: 'Temporal', note: 'looked strange' } },
      { action: 'resume_schedule', actor_type: 'system', details: { where: 'Temporal', note: 'is fine' } },
    ]);
  });

  test.concurrent('paused in Temporal while a change of it is on its way there: the pause stays', async ({ expect }) => {
    const job = await jobOf('meanwhile');
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, job, { when: { every: '1h' } });
    const handle = scheduleHandle(platform.client, id);
    const { schedules } = platform.services;
    const pausedBefore: typeof schedules.put = async (...change) => {
      await handle.pause('looked strange');
      await untilDescribed(handle, ({ state }) => state.paused);
      return schedules.put(...change);
    };
    const services = { ...platform.services, schedules: { ...schedules, put: pausedBefore } };
    const update = UpdateSchedule.parse({ name: 'schedule', when: { every: '2h' } });
    expect(await updateSchedule(services, await adminOf(platform), serial, update)).toMatchObject({
      status: 'paused',
      status_note: 'looked strange',
      sync_status: 'synced',
    });
    expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'looked strange' });
  });

  test.concurrent('edited in Temporal: it is put back, and the audit trail says what it was', async ({ expect }) => {
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, await jobOf('drifted'), {
      when: { every: '1h' },
    });
    const handle = scheduleHandle(platform.client, id);
    await handle.update((before) => ({ ...before, policies: { ...before.policies, overlap: 'ALLOW_ALL' } }));
    const drifted = async () => (await handle.describe()).policies.overlap === 'ALLOW_ALL';
    // Nothing is settled before: it would put the edit back unseen.
    while (!(await drifted()));
    await settleOne(serial);
    expect((await handle.describe()).policies.overlap).toBe('SKIP');
    const [event] = await selectRows<{ details: object }>(
      platform.db,
      `SELECT details FROM audit_events WHERE resource_id = $1 AND action = 'restore_schedule'`,
      [serial],
    );
    expect(event?.details).toEqual({
      why: 'It was edited in Temporal.',
      differences: [{ path: 'policies.overlap', before: 'ALLOW_ALL', after: 'SKIP' }],
    });
    expect(await settleOne(serial)).toBe('same');
    expect(await read(serial)).toMatchObject({ sync_status: 'synced' });
  });

  test.concurrent('changed after hours without a reconciler: the instants of those hours have their rows', async ({ expect }) => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('behind'), { when: { every: '1m' } });
    await execute(platform.db, `DELETE FROM schedule_executions WHERE job_schedule_id = (${BY_SERIAL})`, [serial]);
    await execute(platform.db, `UPDATE job_schedules SET ledger_until = now() - interval '10 minutes' WHERE schedule_serial = $1`, [
      serial,
    ]);
    const before = Date.now();
    const update = UpdateSchedule.parse({ name: 'schedule', when: { every: '168h' } });
    await updateSchedule(platform.services, await adminOf(platform), serial, update);
    const passed = (await ledgerOf(platform, serial)).filter(({ scheduled_at: at }) => Date.parse(at) <= before);
    expect(passed.length).toBeGreaterThanOrEqual(10);
  });

  test.concurrent('an expired schedule that is brought back has no instants of the time between', async ({ expect }) => {
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, await jobOf('revived'), {
      when: inSeconds(2),
    });
    await until(serial, allEnded);
    while ((await read(serial)).status !== 'expired') await settleOne(serial);
    // As if that were long ago: Temporal forgets schedules that have nothing left to do.
    await scheduleHandle(platform.client, id).delete();
    await execute(platform.db, `UPDATE job_schedules SET ledger_until = now() - interval '10 minutes' WHERE schedule_serial = $1`, [
      serial,
    ]);
    const update = UpdateSchedule.parse({ name: 'schedule', when: { every: '1m' } });
    const before = Date.now();
    expect(await updateSchedule(platform.services, await adminOf(platform), serial, update)).toMatchObject({ status: 'active' });
    const rows = await ledgerOf(platform, serial);
    expect(rows.filter(({ scheduled_at: at }) => Date.parse(at) <= before).map(outcome)).toEqual(['completed']);
    expect(rows.length).toBeGreaterThan(50);
  });

  test.concurrent('made while Temporal is away: the instants until it is back were missed, and have their rows', async ({ expect }) => {
    const { schedules } = platform.services;
    const services = { ...platform.services, schedules: { ...schedules, describe: () => Promise.reject(new Error('away')) } };
    const input = CreateSchedule.parse({ name: 'schedule', job: await jobOf('delayed'), when: { every: '1m' } });
    const { schedule_serial: serial, sync_status: sync } = await createSchedule(services, await adminOf(platform), input);
    expect(sync).toBe('error');
    const earlier = `UPDATE job_schedules SET ledger_until = ledger_until - interval '10 minutes' WHERE schedule_serial = $1`;
    await execute(platform.db, earlier, [serial]);
    const isBefore =
      (end: number) =>
      ({ scheduled_at: at }: { scheduled_at: string }): boolean =>
        Date.parse(at) <= end;
    const back = Date.now();
    await settleOne(serial);
    // The last of them may have been a moment ago: it is decided later than the others.
    const rows = await until(serial, (all) => all.filter(isBefore(back)).every(hasEnded));
    const missed = rows.filter(isBefore(back)).map(outcome);
    expect(missed.length).toBeGreaterThanOrEqual(10);
    expect(new Set(missed)).toEqual(new Set(['skipped: missed_catchup']));
  });

  test.concurrent('an instant whose nominal time was before the schedule was made is not planned, however large its jitter', async ({
    expect,
  }) => {
    const fields = { when: { every: '1m' }, jitter_seconds: 3_600 };
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, await jobOf('jitter'), fields);
    const { createdAt } = (await platform.services.schedules.describe(id)) ?? { createdAt: new Date() };
    const coming = await platform.services.schedules.instants({ id, timezone: 'UTC' }, createdAt, new Date(createdAt.getTime() + 600_000));
    const rows = await ledgerOf(platform, serial);
    const announced = rows.map(({ scheduled_at: at }) => at).filter((at) => Date.parse(at) > createdAt.getTime());
    expect(announced[0]).toBe(coming[0]?.toISOString());
  });

  test.concurrent('deleted in Temporal: it is made again', async ({ expect }) => {
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, await jobOf('lost'), {
      when: { every: '1h' },
    });
    await scheduleHandle(platform.client, id).delete();
    const isThere = () =>
      scheduleHandle(platform.client, id)
        .describe()
        .then(
          () => true,
          () => false,
        );
    while (await isThere());
    await settleOne(serial);
    expect(await isThere()).toBe(true);
    expect(await read(serial)).toMatchObject({ sync_status: 'synced', status: 'active' });
  });

  test.concurrent('a run that failed pauses a schedule that asks for it', async ({ expect }) => {
    const job = await jobOf('failing', [approval()]);
    const { schedule_serial: serial } = await addSchedule(platform, job, {
      when: inSeconds(2, 16, 3_000),
      pause_on_failure: true,
    });
    // Not the approvals of the tests beside it, and not by the reconciler, whose calls may take until the second instant.
    const reject = () => answerAll(platform, 'rejected', job);
    await untilRows(platform, serial, ([first]) => first !== undefined && hasEnded(first), reject);
    const rows = await until(serial, ([, second]) => second !== undefined && hasEnded(second));
    expect(rows.map(outcome)).toEqual(['failed', 'skipped: paused', 'scheduled']);
    expect(await read(serial)).toMatchObject({ status: 'paused', status_note: expect.stringMatching(/failure/i), attention: 'failing' });
  });

  test.concurrent('after so many firings as it may have it has expired', async ({ expect }) => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('limited'), {
      when: inSeconds(2, 4, 6),
      max_executions: 2,
      overlap_policy: 'allow_all',
    });
    await until(serial, (all) => all.filter(({ status }) => status === 'completed').length === 2);
    await until(serial, (all) => all.every((row) => hasEnded(row)));
    expect((await ledgerOf(platform, serial)).filter(({ run }) => run !== null)).toHaveLength(2);
    expect(await read(serial)).toMatchObject({ status: 'expired', execution_count: 2 });
  });

  test.concurrent('a firing whose row was purged stays forgotten, though Temporal still tells of it', async ({ expect }) => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('purged'), { when: inSeconds(2, 3_000) });
    await until(serial, ([first]) => first?.status === 'completed');
    await execute(platform.db, `DELETE FROM schedule_executions WHERE status = 'completed' AND job_schedule_id = (${BY_SERIAL})`, [serial]);
    // As if that were long ago.
    const later = `jsonb_set(temporal_counters, '{described_at}', to_jsonb(to_char(now() + interval '2 hours', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))`;
    await execute(platform.db, `UPDATE job_schedules SET temporal_counters = ${later} WHERE schedule_serial = $1`, [serial]);
    await settleOne(serial);
    expect((await ledgerOf(platform, serial)).map(outcome)).toEqual(['scheduled']);
    expect(await read(serial)).toMatchObject({ execution_count: 1 });
  });

  test.concurrent('run now starts whatever the pause says, has a row of its own and leaves the count alone', async ({ expect }) => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('now'), { when: { every: '1h' }, paused: true });
    const firing = await runScheduleNow(platform.services, await adminOf(platform), serial);
    expect(firing).toMatchObject({ firing_type: 'run_now' });
    const rows = await until(serial, (all) => all.some(({ status }) => status === 'completed'));
    expect(rows.find(({ execution_serial: row }) => row === firing.execution_serial)).toMatchObject({
      status: 'completed',
      firing_type: 'run_now',
    });
    expect(await read(serial)).toMatchObject({ status: 'paused', execution_count: 0 });
  });

  test.concurrent('triggered in Temporal it has a row that says so', async ({ expect }) => {
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, await jobOf('triggered'), {
      when: { every: '24h' },
    });
    await scheduleHandle(platform.client, id).trigger();
    const rows = await until(serial, (all) => all.some(({ status }) => status === 'completed'));
    expect(rows.filter(({ run }) => run !== null)).toMatchObject([{ firing_type: 'run_now', status: 'completed' }]);
  });

  test.concurrent('nothing starts without targets: the row says so', async ({ expect }) => {
    const { body } = await platform.api('POST', '/api/v1/jobs', { name: 'bare', actions: [briefly] });
    const { schedule_serial: serial } = await addSchedule(platform, body.job_serial, { when: inSeconds(3) });
    expect((await until(serial, allEnded)).map(outcome)).toEqual(['skipped: no_targets']);
  });

  test.concurrent('of a job that is gone nothing starts, and its schedule goes', async ({ expect }) => {
    const job = await jobOf('gone');
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, job, { when: inSeconds(3_000) });
    await execute(platform.db, 'UPDATE jobs SET deleted_at = now() WHERE job_serial = $1', [job]);
    await scheduleHandle(platform.client, id).trigger();
    await rowsUntil(serial, ([first]) => first !== undefined && hasEnded(first));
    await settleOne(serial);
    expect((await ledgerOf(platform, serial)).map(outcome)).toEqual(['skipped: job_deleted']);
    await expect(scheduleHandle(platform.client, id).describe()).rejects.toThrow(/not found/i);
  });

  test.concurrent('a value that no longer fits the job fails the firing, and the row says which', async ({ expect }) => {
    const job = await jobOf('changed', [briefly], { variables: [{ key: 'RELEASE', type: 'string' }] });
    const fields = { when: inSeconds(3_000), variables: { RELEASE: '7' } };
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, job, fields);
    await platform.api('PUT', `/api/v1/jobs/${job}`, { name: 'changed', actions: [briefly], variables: [] });
    await scheduleHandle(platform.client, id).trigger();
    const [row] = await until(serial, ([first]) => first !== undefined && hasEnded(first));
    expect(row).toMatchObject({
      status: 'failed',
      error_message: expect.stringContaining('variables.RELEASE the job declares no such variable'),
      run: null,
    });
  });

  test.concurrent('a secret whose variable has another type now fails the firing, and is told nowhere', async ({ expect }) => {
    const variable = { key: 'TOKEN', type: 'string', is_secret: true };
    const job = await jobOf('retyped', [briefly], { variables: [variable] });
    const fields = { when: inSeconds(3_000), variables: { TOKEN: 'buried treasure' } };
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, job, fields);
    await platform.api('PUT', `/api/v1/jobs/${job}`, { name: 'retyped', actions: [briefly], variables: [{ ...variable, type: 'number' }] });
    await scheduleHandle(platform.client, id).trigger();
    const [row] = await until(serial, ([first]) => first !== undefined && hasEnded(first));
    expect(row).toMatchObject({ status: 'failed', error_message: expect.stringContaining('variables.TOKEN'), run: null });
    expect(row?.error_message).not.toContain('treasure');
  });

  test.concurrent('a firing whose workflow is terminated is closed as its run ends', async ({ expect }) => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('terminated', [approval()]), { when: inSeconds(2) });
    const [running] = await until(serial, ([row]) => row?.run !== null && row?.run !== undefined);
    // Before its workflow has begun, the run is one that was accepted and is started by the reconciler.
    while ((await platform.api('GET', `/api/v1/executions/${running?.run}`)).body.run_id === null);
    await platform.client.workflow.getHandle(running?.workflow_id ?? '').terminate('test');
    const [row] = await until(serial, allEnded);
    expect(row).toMatchObject({ status: 'failed', error_message: `The run ${running?.run} was cancelled.` });
  });

  test.concurrent('its workflow replays, however it ends; cancelled it cancels its run', async ({ expect }) => {
    const record = async (end: string, action: object, during: (workflowId: string, serial: string) => Promise<unknown>) => {
      const { schedule_serial: serial } = await addSchedule(platform, await jobOf(end, [action]), { when: { every: '24h' } });
      const { workflow_id: id } = await runScheduleNow(platform.services, await adminOf(platform), serial);
      await during(id ?? '', serial);
      await platform.client.workflow
        .getHandle(id ?? '')
        .result()
        .catch(() => undefined);
      const recorded = await historyOf(platform.client, id ?? '');
      keep(`scheduled-run-${end}`, recorded.history);
      return { recorded, row: (await ledgerOf(platform, serial)).find(({ workflow_id: of }) => of === id) };
    };
    const isOpen = async (run: string) => (await platform.api('GET', `/api/v1/executions/${run}`)).body.run_id === null;
    const ends = await Promise.all([
      record('success', briefly, async () => {}),
      record('failure', command('true'), async () => {}),
      record('cancel', approval(), async (id, serial) => {
        const [row] = await rowsUntil(serial, (rows) => rows.some(({ run }) => run !== null));
        while (await isOpen(row?.run ?? ''));
        await platform.client.workflow.getHandle(id).cancel();
      }),
    ]);
    expect(ends.map(({ row }) => row?.status)).toEqual(['completed', 'failed', 'failed']);
    expect(ends[2]?.row?.error_message).toMatch(/^The run J\d+\.\d+ was cancelled\.$/);
    expect(await replay(ends.map(({ recorded }) => recorded))).toEqual([]);
  });

  test.concurrent('deleted, its Temporal Schedule goes, and its ledger stays', async ({ expect }) => {
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, await jobOf('deleted'), {
      when: inSeconds(2, 3_000),
    });
    await until(serial, ([first]) => first !== undefined && hasEnded(first));
    await deleteSchedule(platform.services, await adminOf(platform), serial);
    await expect(scheduleHandle(platform.client, id).describe()).rejects.toThrow(/not found/i);
    expect((await ledgerOf(platform, serial)).map(outcome)).toEqual(['completed']);
  });

  // Alone: the reconciler settles the schedules of all tests, which those do when it is time for it.
  test('run now while Temporal is away is started by the reconciler, once', async () => {
    const { schedule_serial: serial } = await addSchedule(platform, await jobOf('later'), { when: { every: '1h' } });
    const services = {
      ...platform.services,
      schedules: { ...platform.services.schedules, startFiring: () => Promise.reject(new Error('away')) },
    };
    const { execution_serial: row } = await runScheduleNow(services, await adminOf(platform), serial);
    await execute(
      platform.db,
      `UPDATE schedule_executions SET scheduled_at = scheduled_at - interval '1 minute' WHERE execution_serial = $1`,
      [row],
    );
    expect((await platform.activities.scheduleWork.reconcileSchedules())['schedules_asked']).toBe(1);
    const rows = await until(serial, (all) => all.some(({ status }) => status === 'completed'));
    expect(rows.filter(({ run }) => run !== null)).toHaveLength(1);
  });
});

test('in maintenance nothing starts: the row says so', async () => {
  await using platform = await startTestPlatform();
  const job = await createJob(platform, [await addTarget(platform)], [briefly]);
  await platform.api('PUT', '/api/v1/system/maintenance', { enabled: true, note: 'test' });
  const { schedule_serial: serial } = await addSchedule(platform, job, { when: inSeconds(2) });
  const [skipped] = await untilLedger(platform, serial, allEnded);
  expect(skipped && outcome(skipped)).toBe('skipped: maintenance');
  // Backfilled after it, the instant has its run.
  await platform.api('PUT', '/api/v1/system/maintenance', { enabled: false });
  const at = skipped?.scheduled_at ?? '';
  // One connection is enough, so that those who wait for the lock of the schedule cannot keep the last one from it.
  const db = connectDatabase({ url: platform.database.url, poolSize: 1, applicationName: 'test' });
  await backfillSchedule({ ...platform.services, db }, await adminOf(platform), serial, { from: at, to: at });
  await db.close();
  const [row] = await untilLedger(platform, serial, ([first]) => first?.status === 'completed');
  expect(row).toMatchObject({ firing_type: 'backfill', workflow_id: skipped?.workflow_id, skip_reason: null });
  expect(await getSchedule(platform.services, await adminOf(platform), serial)).toMatchObject({ execution_count: 1 });
});

describe('while no worker is there', () => {
  let platform: TestPlatform;
  let target: string;
  let job: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const settings = { allow_shared_targets: true };
    target = await addTarget(platform);
    job = await createJob(platform, [target], [briefly], { settings });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  test('a firing of an expired schedule is closed when its workflow is gone', async () => {
    const { schedule_serial: serial } = await addSchedule(platform, job, { name: 'expired', when: inSeconds(2) });
    const caller = await adminOf(platform);
    const hasExpired = async () => (await getSchedule(platform.services, caller, serial)).status === 'expired';
    while (!(await hasExpired())) await settle(platform, serial);
    const [row] = await ledgerOf(platform, serial);
    expect(row).toMatchObject({ status: 'running', run: null });
    await platform.client.workflow.getHandle(row?.workflow_id ?? '').terminate('test');
    const reconcile = () => platform.activities.scheduleWork.reconcileSchedules();
    const [closed] = await untilRows(platform, serial, allEnded, reconcile);
    expect(closed).toMatchObject({ status: 'failed', error_message: expect.stringContaining('before it had started a run') });
  });

  test('an instant that was skipped before a pause says why, not that of the pause', async () => {
    const fields = { name: 'busy', when: inSeconds(2, 4, 3_000) };
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, job, fields);
    const handle = scheduleHandle(platform.client, id);
    await untilDescribed(handle, ({ info }) => info.numActionsSkippedOverlap > 0);
    await pauseSchedule(platform.services, await adminOf(platform), serial, { paused: true });
    const rows = await untilLedger(platform, serial, ([, second]) => second !== undefined && hasEnded(second));
    expect(rows.map(outcome)).toEqual(['running', 'skipped: overlap', 'scheduled']);
  });

  test('an instant that comes while a triggered run goes on is skipped because of that', async () => {
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, job, {
      name: 'triggered',
      when: inSeconds(SLOW_CALL + 2),
    });
    const handle = scheduleHandle(platform.client, id);
    await handle.trigger('SKIP');
    await untilDescribed(handle, ({ info }) => info.numActionsSkippedOverlap > 0);
    const rows = await untilLedger(platform, serial, (all) => all.some((row) => row.firing_type === 'planned' && hasEnded(row)));
    expect(rows.map(outcome).toSorted()).toEqual(['running', 'skipped: overlap']);
  });

  test('what Temporal started meanwhile counts against the limit when the schedule is changed', async () => {
    const [first, ...others] = inSeconds(2, 3_000, 3_600);
    const fields = { name: 'limited', when: [first, ...others], max_executions: 2 };
    const { schedule_serial: serial, temporal_schedule_id: id } = await addSchedule(platform, job, fields);
    const handle = scheduleHandle(platform.client, id);
    await untilDescribed(handle, ({ state }) => state.remainingActions === 1);
    const changed = UpdateSchedule.parse({ ...fields, when: others });
    await updateSchedule(platform.services, await adminOf(platform), serial, changed);
    expect((await handle.describe()).state.remainingActions).toBe(1);
  });

  test('a postponed firing asks again before the end of the blackout, which may be changed', async () => {
    const hours = (hour: number) => new Date(Date.now() + hour * 3_600_000).toISOString().slice(0, 19);
    const windows = [{ kind: 'blackout', dates: { from: hours(-1), to: hours(10) } }];
    const calendar = { name: 'freeze', timezone: 'UTC', windows, firing_effect: 'postpone' };
    expect((await platform.api('POST', '/api/v1/calendars', calendar)).status).toBe(201);
    const fields = { name: 'postponed', when: { every: '24h' }, calendars: ['freeze'] };
    const { schedule_uuid: schedule, schedule_serial: serial } = await addSchedule(platform, job, fields);
    const now = new Date().toISOString();
    const input = { schedule, workflowId: `scheduled-run/${schedule}-${now.slice(0, 19)}Z`, runId: 'r', nominal: now, startedAt: now };
    // Planned, not triggered by somebody, whom no calendar keeps from it.
    await execute(
      platform.db,
      `INSERT INTO schedule_executions (job_schedule_id, scheduled_at) SELECT id, $2 FROM job_schedules WHERE schedule_serial = $1`,
      [serial, now],
    );
    const { openFiring } = platform.activities.scheduleWork;
    const step = await openFiring(input);
    expect(step.go === 'wait' && step.waitMs / 60_000).toBeCloseTo(6, 0);
    await platform.db.query(`UPDATE calendars SET windows = '[]'`);
    expect(await openFiring(input)).toMatchObject({ go: 'run' });
  });

  test('a firing that is cancelled while its run is accepted has no run that goes on', async () => {
    const { schedule_serial: serial } = await addSchedule(platform, job, { name: 'cancelled', when: inSeconds(2) });
    await untilLedger(platform, serial, ([first]) => first?.status === 'running');
    const row = await selectRow<{ id: number }>(platform.db, `SELECT id FROM schedule_executions WHERE job_schedule_id = (${BY_SERIAL})`, [
      serial,
    ]);
    const id = row?.id ?? 0;
    const { scheduleWork } = platform.activities;
    // As when the workflow is cancelled: it closes its row and does not wait for what is under way.
    const readSettings = async () => {
      await scheduleWork.endFiring(id, true);
      return platform.scheduleDeps.readSettings();
    };
    expect(await acceptFiring({ ...platform.scheduleDeps, readSettings }, id)).toBeNull();
    await createReconcileActivities(platform.activities).reconcile();
    const [ended] = await ledgerOf(platform, serial);
    expect(ended).toMatchObject({ status: 'failed', error_message: 'It was cancelled before its run began.' });
    expect((await platform.api('GET', `/api/v1/executions/${ended?.run}`)).body).toMatchObject({ status: 'cancelled' });
  });

  test('a firing that is cancelled when its run has been accepted takes it back: nobody starts it', async () => {
    const { schedule_serial: serial } = await addSchedule(platform, job, { name: 'taken back', when: inSeconds(2) });
    await untilLedger(platform, serial, ([first]) => first?.status === 'running');
    const row = await selectRow<{ id: number }>(platform.db, `SELECT id FROM schedule_executions WHERE job_schedule_id = (${BY_SERIAL})`, [
      serial,
    ]);
    const { scheduleWork } = platform.activities;
    const run = await scheduleWork.acceptFiring(row?.id ?? 0);
    expect(await scheduleWork.endFiring(row?.id ?? 0, true)).toBe('running');
    await createReconcileActivities(platform.activities).reconcile();
    expect((await platform.api('GET', `/api/v1/executions/${run?.execution}`)).body).toMatchObject({ status: 'cancelled' });
    expect(await scheduleWork.awaitFiring(row?.id ?? 0)).toBe('cancelled');
  });

  test('a firing that was terminated when its run had been accepted has it cancelled, not started', async () => {
    const { schedule_serial: serial } = await addSchedule(platform, job, { name: 'terminated', when: inSeconds(2) });
    const [row] = await untilLedger(platform, serial, ([first]) => first?.status === 'running');
    const found = await selectRow<{ id: number }>(
      platform.db,
      `SELECT id FROM schedule_executions WHERE job_schedule_id = (${BY_SERIAL})`,
      [serial],
    );
    const run = await platform.activities.scheduleWork.acceptFiring(found?.id ?? 0);
    const { reconcile } = createReconcileActivities(platform.activities);
    const status = async () => (await platform.api('GET', `/api/v1/executions/${run?.execution}`)).body.status;
    await execute(platform.db, `UPDATE job_executions SET created_at = created_at - interval '5 minutes' WHERE execution_serial = $1`, [
      run?.execution,
    ]);
    await reconcile();
    expect(await status()).toBe('scheduled');
    await platform.client.workflow.getHandle(row?.workflow_id ?? '').terminate();
    await reconcile();
    expect(await status()).toBe('cancelled');
    expect((await ledgerOf(platform, serial))[0]).toMatchObject({ status: 'failed', run: run?.execution });
  });

  /** A firing that waits for the end of its run, which somebody else has started and which waits for an answer. */
  const startForeign = async (name: string) => {
    const asking = await createJob(platform, [target], [approval()], { name, settings: { allow_shared_targets: true } });
    const { schedule_serial: serial } = await addSchedule(platform, asking, { name, when: inSeconds(2) });
    const [row] = await untilLedger(platform, serial, ([first]) => first?.status === 'running');
    const found = await selectRow<{ id: number }>(
      platform.db,
      `SELECT id FROM schedule_executions WHERE job_schedule_id = (${BY_SERIAL})`,
      [serial],
    );
    const accepted = await platform.activities.scheduleWork.acceptFiring(found?.id ?? 0);
    const run = accepted?.execution ?? '';
    await platform.activities.startRun(accepted?.workflowId ?? '', run, 'schedule');
    const worker = await platform.startTestWorker();
    await untilResults(platform, run, (rows) => rows.some(({ status }) => status === 'running'));
    // In its second task it learns that the run has been started.
    await untilTaskStarted(platform.client, row?.workflow_id ?? '', 2);
    return { asking, serial, run, worker, firing: platform.client.workflow.getHandle(row?.workflow_id ?? '') };
  };

  test('a firing whose run somebody else has started waits for its end', async () => {
    const { asking, serial, worker, firing } = await startForeign('foreign');
    await answerAll(platform, 'approved', asking);
    expect(await firing.result()).toBe('completed');
    expect((await ledgerOf(platform, serial)).map(outcome)).toEqual(['completed']);
    await worker.stop();
  });

  test('a firing whose run somebody else has started cancels it when it is cancelled', async () => {
    const { run, worker, firing } = await startForeign('foreign, cancelled');
    await firing.cancel();
    await firing.result().catch(() => undefined);
    expect((await platform.api('GET', `/api/v1/executions/${run}`)).body.status).toBe('cancelled');
    await worker.stop();
  });

  test('who waits too long for a schedule that somebody else works on lets go of his connection', async () => {
    const { db } = platform;
    await db.transaction(async (transaction) => {
      await lockSchedules(db, [7], transaction);
      const other = db.transaction((second) => lockSchedules(db, [6, 7, 8], second, 1));
      await expect(other).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 });
      await db.transaction((second) => lockSchedules(db, [6, 8], second));
    });
  });

  test('an instant that passes has its run when a worker is back, and one row', async () => {
    const { schedule_serial: serial } = await addSchedule(platform, job, { name: 'waits', when: inSeconds(2) });
    // Temporal has started the workflow, which nobody takes: the reconciler finds it by its id.
    const [row] = await untilLedger(platform, serial, ([first]) => first?.status === 'running');
    expect(row).toMatchObject({ run: null, skip_reason: null });
    const worker = await platform.startTestWorker();
    const rows = await untilLedger(platform, serial, allEnded);
    expect(rows.map(outcome)).toEqual(['completed']);
    expect(rows[0]?.started_at).toBe(row?.started_at);
    await worker.stop();
  });
});
