import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { createTestDatabase } from '../support/database.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { execute } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';

const setLimit = async (url: string, limit: number): Promise<void> => {
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'test' });
  await execute(db, `UPDATE system_settings SET setting_value = $1::jsonb WHERE setting_key = 'max_concurrent_jobs'`, [String(limit)]);
  await db.close();
};

describe.skipIf(withoutSshd)('max_concurrent_jobs (OpenSSH)', () => {
  test('with one run at once the next begins when the first has ended, by priority', async () => {
    await using database = await createTestDatabase();
    await setLimit(database.url, 1);
    await using fleet = await startFleet();
    await using platform = await startTestPlatform({ databaseUrl: database.url });
    const targets = await addTargets(platform, fleet, 1);
    const wait = command(`echo begun; while [ ! -e ${fleet.folder}/go ]; do sleep 0.1; done`);
    const first = await runJob(platform, targets, [wait]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const low = await runJob(platform, targets, [command('true')], { priority: 9 });
    const high = await runJob(platform, targets, [command('true')], { priority: 1 });
    // Both have asked for a slot when their workflow is known.
    await Promise.all(
      [low, high].map(({ serial }) =>
        untilEvents(platform, serial, 1, (seen) => (typeof seen.data.run_id === 'string' ? seen.id : undefined)),
      ),
    );
    for (const { serial } of [low, high])
      expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({ status: 'scheduled', started_at: null });

    writeFileSync(`${fleet.folder}/go`, '');
    const [one, two, three] = await Promise.all([first, high, low].map(({ serial }) => platform.untilEnded(serial)));
    expect([one.status, two.status, three.status]).toEqual(['completed', 'completed', 'completed']);
    expect(two.started_at >= one.completed_at).toBe(true);
    expect(three.started_at >= two.completed_at).toBe(true);
  });

  test('a run that waits for its slot may be paused, and then gets none until it is resumed', async () => {
    await using database = await createTestDatabase();
    await setLimit(database.url, 1);
    await using fleet = await startFleet();
    await using platform = await startTestPlatform({ databaseUrl: database.url });
    const targets = await addTargets(platform, fleet, 1);
    const first = await runJob(platform, targets, [command(`echo begun; while [ ! -e ${fleet.folder}/go ]; do sleep 0.1; done`)]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const paused = await runJob(platform, targets, [command('true')]);
    await untilEvents(platform, paused.serial, 1, (seen) => (typeof seen.data.run_id === 'string' ? seen.id : undefined));
    const steer = (what: string) => platform.api('POST', `/api/v1/executions/${paused.serial}/${what}`, {});
    expect((await steer('pause')).status).toBe(200);
    const third = await runJob(platform, targets, [command('true')]);
    writeFileSync(`${fleet.folder}/go`, '');
    expect((await platform.untilEnded(third.serial)).status).toBe('completed');
    expect((await platform.api('GET', `/api/v1/executions/${paused.serial}`)).body).toMatchObject({
      status: 'scheduled',
      hold_reason: 'user',
    });
    expect((await steer('resume')).status).toBe(200);
    expect((await platform.untilEnded(paused.serial)).status).toBe('completed');
  });

  test('in maintenance no run begins, those at work and those that are held go on to their end, and its end lets the others begin at once', async () => {
    await using fleet = await startFleet();
    await using platform = await startTestPlatform();
    const [one = '', two = '', three = ''] = await addTargets(platform, fleet, 3);
    const post = (path: string, body: object = {}) => platform.api('POST', `/api/v1/executions/${path}`, body);
    const maintain = (enabled: boolean) => platform.api('PUT', '/api/v1/system/maintenance', { enabled, note: 'new switches' });
    const wait = command(`echo begun; while [ ! -e ${fleet.folder}/go ]; do sleep 0.1; done`);
    const running = await runJob(platform, [one], [wait]);
    const held = await runJob(platform, [two], [wait]);
    for (const { serial } of [running, held]) await untilEvents(platform, serial, 1, saysLine('begun'));
    await post(`${held.serial}/pause`);
    // Accepted by a process that has not heard of the maintenance: it asks for its slot while nobody gets one.
    await execute(platform.db, `UPDATE system_settings SET setting_value = 'true' WHERE setting_key = 'maintenance_mode'`);
    const waiting = await runJob(platform, [three], [command('true')]);
    await untilEvents(platform, waiting.serial, 1, (seen) => (typeof seen.data.run_id === 'string' ? seen.id : undefined));
    expect(await maintain(true)).toMatchObject({ status: 200, body: { enabled: true, running: 2, waiting: 1 } });
    expect(await platform.api('POST', `/api/v1/jobs/${waiting.job.job_serial}/executions`, {})).toMatchObject({
      status: 503,
      body: { code: 'MAINTENANCE' },
    });

    expect((await post(`${held.serial}/resume`)).status).toBe(200);
    writeFileSync(`${fleet.folder}/go`, '');
    for (const { serial } of [running, held]) expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect((await post(`${running.serial}/retry`, { new_run: true })).body.code).toBe('MAINTENANCE');
    expect((await platform.api('GET', `/api/v1/executions/${waiting.serial}`)).body).toMatchObject({
      status: 'scheduled',
      started_at: null,
    });

    expect((await maintain(false)).body).toMatchObject({ enabled: false, changed_by: 'admin', waiting: 0 });
    expect((await platform.untilEnded(waiting.serial)).status).toBe('completed');
  });

  test('a run that is paused hands its slot on', async () => {
    await using database = await createTestDatabase();
    await setLimit(database.url, 1);
    await using fleet = await startFleet();
    await using platform = await startTestPlatform({ databaseUrl: database.url });
    const [one = '', two = ''] = await addTargets(platform, fleet, 2);
    const first = await runJob(platform, [one], [command(`echo begun; while [ ! -e ${fleet.folder}/go ]; do sleep 0.1; done`)]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const second = await runJob(platform, [two], [command('true')]);
    await platform.api('POST', `/api/v1/executions/${first.serial}/pause`, {});
    expect((await platform.untilEnded(second.serial)).status).toBe('completed');
    await platform.api('POST', `/api/v1/executions/${first.serial}/resume`, {});
    writeFileSync(`${fleet.folder}/go`, '');
    expect((await platform.untilEnded(first.serial)).status).toBe('completed');
  });
});
