import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { selectRows } from '../../src/db/query.ts';
import { scheduleHandle } from '../support/schedule-handle.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { RARELY, apply, counted, createFixture, plan, removeAll, sources } from './support/code.ts';
import type { Fixture } from './support/code.ts';

let platform: TestPlatform;
let fixture: Fixture;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  fixture = await createFixture(platform);
});
afterAll(() => platform[Symbol.asyncDispose]());

const definition = (name: string, fields: Record<string, unknown> = {}) => ({ name, job: 'Disk space', when: RARELY, ...fields });

interface Row {
  schedule_serial: string;
  name: string;
  status: string;
  sync_status: string;
  definition_source: string;
  definition_path: string | null;
  temporal_schedule_id: string;
  is_deleted: boolean;
  updated_at: Date;
}
const rows = (): Promise<Row[]> =>
  selectRows<Row>(
    platform.db,
    `SELECT schedule_serial, name, status, sync_status, definition_source, definition_path, temporal_schedule_id, deleted_at IS NOT NULL AS is_deleted, updated_at
     FROM job_schedules ORDER BY id`,
  );
const rowOf = async (name: string): Promise<Row> => {
  const row = (await rows()).find((one) => one.name === name && !one.is_deleted);
  if (row === undefined) throw new Error(`no schedule ${name}`);
  return row;
};
const audits = (serial: string) =>
  selectRows<{ action: string; actor_type: string; details: Record<string, unknown> }>(
    platform.db,
    'SELECT action, actor_type, details FROM audit_events WHERE resource_id = $1 ORDER BY occurred_at, id',
    [serial],
  );
const handleOf = async (name: string) => scheduleHandle(platform.client, (await rowOf(name)).temporal_schedule_id);
const describeOf = async (name: string) => (await handleOf(name)).describe();
const reconcile = () => platform.activities.scheduleWork.reconcileSchedules();
/** What a person does in the Temporal UI is there only a moment after the call returned. */
const until = async (name: string, isSo: (described: Awaited<ReturnType<typeof describeOf>>) => boolean): Promise<void> => {
  while (!isSo(await describeOf(name)));
};

// Each test begins without schedules.
beforeEach(() => removeAll(platform));

describe('apply', () => {
  test('makes schedules, and the second time changes nothing: neither a row nor Temporal', async () => {
    const set = [
      definition('nightly', { variables: { LIMIT: 90 }, labels: { team: 'web' }, targets: [fixture.target] }),
      definition('yearly', { when: [RARELY, { cron: '0 4 1 1 *' }], timezone: 'Europe/Berlin', paused: true, status_note: 'later' }),
    ];
    expect(counted(await plan(platform, set))).toEqual({ create: 2 });
    expect(await rows()).toEqual([]);
    expect((await apply(platform, set)).body).toEqual({
      created: 2,
      updated: 0,
      adopted: 0,
      deleted: 0,
      left: 0,
      unchanged: 0,
      settled: 2,
      pending: 0,
      failed: [],
    });
    const before = await rows();
    expect(before).toMatchObject([
      {
        name: 'nightly',
        status: 'active',
        sync_status: 'synced',
        definition_source: 'code',
        definition_path: 'schedules/test.yaml "nightly"',
      },
      { name: 'yearly', status: 'paused', sync_status: 'synced' },
    ]);
    const described = await describeOf('nightly');
    expect(await audits(before[0]?.schedule_serial ?? '')).toMatchObject([
      { action: 'create_schedule', actor_type: 'user', details: { source: 'schedules/test.yaml:1', name: 'nightly' } },
    ]);

    expect(await plan(platform, set)).toMatchObject({ problems: [], drift: [], drift_unknown: null, pending: 0, events: [] });
    expect(counted(await plan(platform, set))).toEqual({ unchanged: 2 });
    expect((await apply(platform, set)).body).toMatchObject({ created: 0, updated: 0, unchanged: 2, settled: 0, pending: 0 });
    expect(await rows()).toEqual(before);
    const { info } = await describeOf('nightly');
    expect(info.lastUpdatedAt).toEqual(described.info.lastUpdatedAt);
  });

  test('tells field by field what an update changes, and masks secrets', async () => {
    const set = (fields: Record<string, unknown>) => [definition('nightly', fields)];
    await apply(platform, set({ variables: { TOKEN: 'one-secret', LIMIT: 5 }, description: 'old' }));
    const changed = set({ when: { daily: { at: '05:00' } }, variables: { TOKEN: 'other-secret' }, description: 'new', jitter_seconds: 7 });
    const planned = await plan(platform, changed);
    expect(planned.changes).toMatchObject([{ change: 'update', name: 'nightly', source: 'schedules/test.yaml:1', job_name: 'Disk space' }]);
    expect(planned.changes[0].differences).toEqual([
      { path: 'description', before: 'old', after: 'new' },
      { path: 'jitter_seconds', before: 0, after: 7 },
      { path: 'variables.LIMIT', before: 5, after: null },
      { path: 'variables.TOKEN', before: '********', after: '******** (another)' },
      { path: 'when.daily.at', before: null, after: '05:00' },
      { path: 'when.monthly.at', before: '03:00', after: null },
      { path: 'when.monthly.day', before: RARELY.monthly.day, after: null },
    ]);
    expect((await apply(platform, changed)).body).toMatchObject({ updated: 1, pending: 0 });
    const [, updated] = await audits((await rowOf('nightly')).schedule_serial);
    expect(updated).toMatchObject({ action: 'update_schedule', details: { source: 'schedules/test.yaml:1' } });
    expect(JSON.stringify([planned, updated])).not.toMatch(/one-secret|other-secret/);
    expect((await describeOf('nightly')).spec.jitter).toBe(7_000);
    // The stored secret stays without being in the file.
    const kept = set({ when: { daily: { at: '05:00' } }, variables: { TOKEN: '********' }, description: 'new', jitter_seconds: 7 });
    expect(counted(await plan(platform, kept))).toEqual({ unchanged: 1 });
  });

  test('a moved definition is told of its new file, and Temporal of nothing', async () => {
    const set = [definition('nightly')];
    await apply(platform, set);
    const { info } = await describeOf('nightly');
    const moved = { definitions: sources(set, 'schedules/other.ts'), prune: false };
    expect((await platform.api('POST', '/api/v1/schedules/plan', moved)).body.changes[0].differences).toEqual([
      { path: 'definition_path', before: 'schedules/test.yaml "nightly"', after: 'schedules/other.ts "nightly"' },
    ]);
    expect((await platform.api('POST', '/api/v1/schedules/apply', moved)).body).toMatchObject({ updated: 1, settled: 0 });
    expect(await rowOf('nightly')).toMatchObject({ definition_path: 'schedules/other.ts "nightly"' });
    expect((await describeOf('nightly')).info.lastUpdatedAt).toEqual(info.lastUpdatedAt);
  });

  test('with one wrong definition nothing is applied', async () => {
    const answer = await apply(platform, [definition('right'), definition('wrong', { when: { cron: '61 * * * *' } })]);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ path: 'schedules/test.yaml:2: when.cron', message: 'its minute 61 must be from 0 to 59' }]);
    expect(await rows()).toEqual([]);
  });

  test('two at once: one applies, the other is told to wait', async () => {
    const set = Array.from({ length: 30 }, (_, index) => definition(`nightly ${index}`));
    const answers = await Promise.all([apply(platform, set), apply(platform, set)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({ code: 'CONFLICT', detail: expect.stringMatching(/^Another apply of schedules is at work/) });
    expect(refused?.headers.get('retry-after')).toBe('5');
    expect((await rows()).filter(({ sync_status: sync }) => sync === 'synced')).toHaveLength(30);
  });

  test('with prune what code made and is in no file goes, and nothing else', async () => {
    const byApi = await platform.db.query(
      `INSERT INTO job_schedules (schedule_uuid, job_id, name, schedule_type, recurring_type, created_by, definition_hash, temporal_schedule_id)
       SELECT u, j.id, 'by the API', 'recurring', 'hours', (SELECT id FROM users LIMIT 1), repeat('0', 64), 'job-schedule/' || u
       FROM jobs j, gen_random_uuid() u WHERE j.job_serial = $1`,
      { bind: [fixture.job] },
    );
    expect(byApi).toBeDefined();
    await apply(platform, [definition('stays'), definition('goes')]);
    const gone = await handleOf('goes');
    expect(counted(await plan(platform, [definition('stays')]))).toEqual({ unchanged: 1, left: 1 });
    expect((await apply(platform, [definition('stays')])).body).toMatchObject({ left: 1, deleted: 0 });
    expect(counted(await plan(platform, [definition('stays')], true))).toEqual({ unchanged: 1, delete: 1 });
    expect((await apply(platform, [definition('stays')], true)).body).toMatchObject({ deleted: 1, pending: 0 });
    expect((await rows()).map(({ name, is_deleted: isDeleted }) => [name, isDeleted])).toEqual([
      ['by the API', false],
      ['stays', false],
      ['goes', true],
    ]);
    await expect(gone.describe()).rejects.toThrow(/not found/i);
    expect((await apply(platform, [definition('stays'), definition('goes')])).body).toMatchObject({ created: 1, pending: 0 });
  });

  test('a schedule that the API made is adopted, and refuses the API then', async () => {
    const set = [definition('nightly', { labels: { team: 'web' } })];
    await apply(platform, set);
    // As the API would have made it.
    await platform.db.query(
      `UPDATE job_schedules SET definition_source = 'api', definition_path = NULL, schedule_config = schedule_config - 'defined_paused', status = 'paused',
         sync_status = 'pending'`,
    );
    await reconcile();
    expect((await plan(platform, set)).changes).toMatchObject([{ change: 'adopt', differences: [] }]);
    expect((await apply(platform, set)).body).toMatchObject({ adopted: 1, settled: 1, pending: 0 });
    // It was paused by somebody, and the definition says nothing of a pause.
    expect(await rowOf('nightly')).toMatchObject({ definition_source: 'code', status: 'paused', sync_status: 'synced' });
    expect((await describeOf('nightly')).state.paused).toBe(true);
    expect((await describeOf('nightly')).searchAttributes).toMatchObject({ OpsManagedBy: ['code'] });
    expect(counted(await plan(platform, set))).toEqual({ unchanged: 1 });
  });
});

describe('what operators do', () => {
  test('an edit in Temporal is drift, is put back, and the plan then tells what it was', async () => {
    const set = [definition('nightly'), definition('other')];
    await apply(platform, set);
    const handle = await handleOf('nightly');
    await handle.update((before) => ({ ...before, spec: { intervals: [{ every: '7h' }] } }));
    await until('nightly', ({ spec }) => spec.intervals?.length === 1);
    expect(await plan(platform, set)).toMatchObject({ drift: [{ name: 'nightly', kind: 'edited' }], events: [] });
    await reconcile();
    const after = await plan(platform, set);
    expect(after.drift).toEqual([]);
    expect(after.events).toMatchObject([{ name: 'nightly', action: 'restore_schedule' }]);
    expect(after.events[0].differences).toContainEqual({ path: 'spec.intervals.every', before: 25_200_000, after: null });
    expect((await describeOf('nightly')).spec.intervals ?? []).toEqual([]);
  });

  test('an apply puts an edit, and a schedule that was deleted there, back at once', async () => {
    const set = [definition('edited'), definition('deleted')];
    await apply(platform, set);
    await (await handleOf('edited')).update((before) => ({ ...before, spec: { intervals: [{ every: '7h' }] } }));
    await until('edited', ({ spec }) => spec.intervals?.length === 1);
    await (await handleOf('deleted')).delete();
    expect((await plan(platform, set)).drift).toMatchObject([
      { name: 'edited', kind: 'edited' },
      { name: 'deleted', kind: 'missing' },
    ]);
    expect((await apply(platform, set)).body).toMatchObject({ unchanged: 2, settled: 2, pending: 0 });
    expect((await plan(platform, set)).drift).toEqual([]);
    expect((await describeOf('edited')).spec.intervals ?? []).toEqual([]);
  });

  test('a pause in Temporal is taken over and survives an apply; another word in the definition changes it', async () => {
    const set = (paused: boolean, fields: Record<string, unknown> = {}) => [definition('nightly', { paused, ...fields })];
    await apply(platform, set(false));
    await (await handleOf('nightly')).pause('the disks are changed');
    await until('nightly', ({ state }) => state.paused);
    expect((await plan(platform, set(false))).drift).toMatchObject([{ name: 'nightly', kind: 'paused' }]);
    await reconcile();
    expect(await rowOf('nightly')).toMatchObject({ status: 'paused' });
    const planned = await plan(platform, set(false));
    expect(planned).toMatchObject({ drift: [], events: [{ action: 'pause_schedule', note: 'the disks are changed' }] });
    expect(counted(planned)).toEqual({ unchanged: 1 });
    // Something else of it is changed: the pause stays.
    expect((await apply(platform, set(false, { jitter_seconds: 5 }))).body).toMatchObject({ updated: 1 });
    expect(await rowOf('nightly')).toMatchObject({ status: 'paused' });
    expect((await describeOf('nightly')).state).toMatchObject({ paused: true, note: 'the disks are changed' });
    // Code pauses it, too, and then no more.
    await apply(platform, set(true, { jitter_seconds: 5 }));
    expect((await apply(platform, set(false, { jitter_seconds: 5 }))).body).toMatchObject({ updated: 1, pending: 0 });
    expect(await rowOf('nightly')).toMatchObject({ status: 'active' });
    expect((await describeOf('nightly')).state.paused).toBe(false);
  });

  test('a resume of what code paused survives', async () => {
    const set = (fields: Record<string, unknown> = {}) => [definition('nightly', { paused: true, status_note: 'not yet', ...fields })];
    await apply(platform, set());
    expect((await describeOf('nightly')).state).toMatchObject({ paused: true, note: 'not yet' });
    await (await handleOf('nightly')).unpause('now');
    await until('nightly', ({ state }) => !state.paused);
    await reconcile();
    expect((await apply(platform, set())).body).toMatchObject({ unchanged: 1 });
    expect((await apply(platform, set({ jitter_seconds: 3 }))).body).toMatchObject({ updated: 1 });
    expect(await rowOf('nightly')).toMatchObject({ status: 'active' });
    expect((await describeOf('nightly')).state.paused).toBe(false);
  });

  test('an expired schedule is never applied again, unless its definition changes', async () => {
    const once = (at: string, fields: Record<string, unknown> = {}) => [definition('once', { when: { once: at }, ...fields })];
    const past = '2020-01-01T00:00:00Z';
    expect((await apply(platform, once(past))).body).toMatchObject({ created: 1, pending: 0 });
    const row = await rowOf('once');
    expect(row).toMatchObject({ status: 'expired', sync_status: 'synced' });
    // Temporal forgets such a schedule after a week.
    await (await handleOf('once')).delete();
    expect(await plan(platform, once(past))).toMatchObject({ drift: [], changes: [{ change: 'unchanged' }] });
    expect((await apply(platform, once(past))).body).toMatchObject({ unchanged: 1, settled: 0 });
    expect(await rowOf('once')).toEqual(row);
    // What does not concern its firing brings it not back either.
    expect((await apply(platform, once(past, { description: 'done', paused: true }))).body).toMatchObject({ updated: 1 });
    expect(await rowOf('once')).toMatchObject({ status: 'expired' });
    await expect(describeOf('once')).rejects.toThrow(/not found/i);
    expect((await apply(platform, once('2099-01-01T00:00:00Z', { description: 'done' }))).body).toMatchObject({ updated: 1, pending: 0 });
    expect(await rowOf('once')).toMatchObject({ status: 'active' });
    expect((await describeOf('once')).info.nextActionTimes).toEqual([new Date('2099-01-01T00:00:00Z')]);
  });
});

test('what is exported plans as unchanged, and a secret is not in it', async () => {
  const second = await createFixture(platform, 'Two of a name');
  await createFixture(platform, 'Two of a name');
  const set = [
    definition('all', {
      when: [{ every: '6h' }, { monthly: { week: 2, on: ['tuesday'], at: '03:00' } }, { once: '2099-12-24T18:00:00+01:00' }],
      timezone: 'Europe/Berlin',
      start_date: '2026-01-01T00:00:00+02:00',
      end_date: '2100-01-01T00:00:00Z',
      max_executions: 900,
      targets: [fixture.target],
      variables: { TOKEN: 'a-secret', LIMIT: 3 },
      labels: { a: 'b' },
      paused: true,
      status_note: 'why',
    }),
    definition('second', { job: second.job, target_selector: 'env=production' }),
  ];
  await apply(platform, set);
  const { body } = await platform.api('GET', '/api/v1/schedules/definitions');
  expect(JSON.stringify(body)).not.toContain('a-secret');
  expect(body.data).toMatchObject([
    { definition: { job: 'Disk space', variables: { TOKEN: '********', LIMIT: 3 } } },
    { definition: { job: second.job } },
  ]);
  expect(body.data[1].definition).toEqual({ name: 'second', job: second.job, when: RARELY, target_selector: 'env=production' });
  const exported = body.data.map((one: { definition: object }) => one.definition);
  expect(counted(await plan(platform, exported))).toEqual({ unchanged: 2 });
  const serial = (await rowOf('second')).schedule_serial;
  expect((await platform.api('GET', `/api/v1/schedules/definitions?serials=${serial}`)).body.data).toHaveLength(1);
  expect((await platform.api('GET', '/api/v1/schedules/definitions?serials=JSCHED-99999999')).body).toMatchObject({ code: 'NOT_FOUND' });
});

test('while Temporal is away a plan says that it knows nothing of drift', async () => {
  await apply(platform, [definition('nightly')]);
  const { services } = platform;
  const { schedules } = services;
  try {
    services.schedules = { ...schedules, describe: () => Promise.reject(new Error('14 UNAVAILABLE')) };
    expect(await plan(platform, [definition('nightly')])).toMatchObject({
      changes: [{ change: 'unchanged' }],
      drift: [],
      drift_unknown: expect.stringMatching(/^Temporal does not answer/),
    });
  } finally {
    services.schedules = schedules;
  }
});
