import ICAL from 'ical.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { lazyTemporalClient } from '../../src/temporal/connect-temporal.ts';
import { createScheduleControl } from '../../src/temporal/schedules/schedule-control.ts';
import { addTarget, createJob, hasEnded, inSeconds } from '../schedules/support/schedules.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { addApiToken, addSession, addUser } from './support/accounts.ts';
import { auditRows } from './support/audit.ts';

const SCHEDULES = '/api/v1/schedules';
const DAY_MS = 86_400_000;

let platform: TestPlatform;
let target: string;
let job: string;

/** Ends by itself, and connects to nothing. */
const nothing = () => ({
  action_type: 'condition',
  action_name: 'nothing',
  action_parameters: {
    conditionType: 'if',
    expression: 'false',
    // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
    then: [{ action_type: 'command', action_name: 'never', action_parameters: { command: 'true' } }],
  },
});

beforeAll(async () => {
  platform = await startTestPlatform();
  target = await addTarget(platform, 'schedules-1');
  job = await createJob(platform, [target], [nothing()], {
    name: 'Scheduled',
    variables: [
      { key: 'LIMIT', type: 'number', value: 5 },
      { key: 'PASSWORD', type: 'string', value: 'none', is_secret: true },
    ],
  });
});
afterAll(() => platform[Symbol.asyncDispose]());

const api = (...call: Parameters<TestPlatform['api']>): Promise<Answer> => platform.api(...call);
/** Half a day away: no instant of it is planned, let alone comes, while the tests run. */
const AT = new Date(Date.now() + DAY_MS / 2).toISOString().slice(11, 16);
const DAILY = { daily: { at: AT } };
let made = 0;
const create = async (fields: Record<string, unknown> = {}): Promise<Answer> =>
  api('POST', SCHEDULES, { name: `schedule ${(made += 1)}`, job, when: DAILY, ...fields });
/** @returns its path. */
const pathOf = async (fields: Record<string, unknown> = {}): Promise<string> => {
  const { status, body } = await create(fields);
  if (status !== 201) throw new Error(JSON.stringify(body));
  return `${SCHEDULES}/${body.schedule_serial}`;
};
const serialOf = (path: string): string => path.split('/').at(-1) ?? '';
const etagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none';
const fromCode = (path: string) =>
  platform.db.query(
    `UPDATE job_schedules SET definition_source = 'code', definition_path = 'ops/nightly.yaml' WHERE schedule_serial = $1`,
    {
      bind: [serialOf(path)],
    },
  );

type Firing = Parameters<typeof hasEnded>[0];

/** Waits until the ledger is so. Workers write it; the reconciler, which looks at all schedules, is not needed. */
const untilFirings = async (path: string, isSo: (rows: readonly Firing[]) => boolean): Promise<readonly Firing[]> => {
  for (;;) {
    const rows: readonly Firing[] = (await api('GET', `${path}/executions?limit=500`)).body.data;
    if (isSo(rows)) return rows;
  }
};
const allEnded = (rows: readonly Firing[]): boolean => rows.length > 0 && rows.every((row) => hasEnded(row));

/** Work while no Temporal answers the API; the worker has its own way to it. */
const withoutTemporal = async <T>(work: () => Promise<T>): Promise<T> => {
  const { schedules } = platform.services;
  const client = await lazyTemporalClient({ address: '127.0.0.1:9', namespace: 'default', apiKey: undefined, tls: undefined });
  platform.services.schedules = createScheduleControl(client, platform.taskQueuePrefix, 300);
  try {
    return await work();
  } finally {
    platform.services.schedules = schedules;
    await client.connection.close();
  }
};

describe('a schedule is made', () => {
  test('with rules of all kinds; Temporal has it then, and announces its next instant', async () => {
    const when = [
      { once: '2099-12-24T18:00:00+01:00' },
      { every: '15m' },
      DAILY,
      { weekly: { on: ['monday', 'friday'], at: '06:00' } },
      { monthly: { week: 2, on: ['tuesday'], at: '22:00' } },
      { cron: '0 9 * * 1-5' },
    ];
    const { status, body } = await create({
      name: 'all kinds',
      description: 'for the test',
      when,
      timezone: 'Europe/Berlin',
      targets: [target],
      variables: { LIMIT: 7, PASSWORD: 'SECRET-77aa' },
      overlap_policy: 'buffer_one',
      catchup_window_seconds: 120,
      jitter_seconds: 5,
      labels: { team: 'web' },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      schedule_serial: expect.stringMatching(/^JSCHED-\d{8}$/),
      name: 'all kinds',
      job_serial: job,
      job_name: 'Scheduled',
      timezone: 'Europe/Berlin',
      status: 'active',
      sync_status: 'synced',
      sync_error: null,
      attention: null,
      targets: [target],
      variables: { LIMIT: 7, PASSWORD: '********' },
      definition_source: 'api',
      created_by: platform.admin.username,
      labels: { team: 'web' },
    });
    expect(body.when).toEqual([{ once: '2099-12-24T17:00:00.000Z' }, ...when.slice(1)]);
    expect(Date.parse(body.next_run_at) - Date.now()).toBeLessThan(16 * 60_000);
    expect(JSON.stringify(await auditRows(platform))).not.toContain('SECRET-77aa');
    const events = (await auditRows(platform)).filter((event) => event.resource_id === body.schedule_serial);
    expect(events.map(({ event_type: type, action }) => [type, action])).toEqual([['schedule_changed', 'create_schedule']]);
    expect((await api('GET', `${SCHEDULES}/${body.schedule_serial}`)).body).toEqual(body);
  });

  test('or paused, and then nothing is announced', async () => {
    const { body } = await create({ paused: true, status_note: 'not yet' });
    expect(body).toMatchObject({ status: 'paused', status_note: 'not yet', next_run_at: null, sync_status: 'synced' });
  });

  test.each([
    ['a job that there is not', { job: 'J20990009' }, 404, /There is no job J20990009/],
    ['no rule', { when: [] }, 400, /when/],
    ['two kinds in one rule', { when: { ...DAILY, every: '15m' } }, 400, /exactly one of/],
    ['a zone that there is not', { timezone: 'Europe/Nowhere' }, 400, /IANA/],
    ['an end before its beginning', { start_date: '2030-01-02T00:00:00Z', end_date: '2030-01-01T00:00:00Z' }, 400, /end_date/],
    ['a variable that the job does not declare', { variables: { OTHER: 1 } }, 400, /declares no such variable/],
    ['a variable of another type', { variables: { LIMIT: 'many' } }, 400, /variables.LIMIT/],
    ['a target that there is not', { targets: ['T20990009'] }, 400, /there is no target T20990009/],
    ['targets and a selector', { targets: ['T20250001'], target_selector: 'env=test' }, 400, /target_selector/],
    ['a calendar that there is not', { calendars: ['holidays'] }, 400, /no calendar holidays/],
    ['a time that it will never have', { when: { once: '2030-01-01T00:00:00Z' }, end_date: '2029-01-01T00:00:00Z' }, 400, /never fire/],
    ['what it does not have', { cron: '0 9 * * *' }, 400, /cron/],
  ])('not with %s', async (_what, fields, status, message) => {
    const count = () => selectRow(platform.db, 'SELECT count(*) FROM job_schedules');
    const before = await count();
    const answer = await create(fields);
    expect(answer.status).toBe(status);
    expect(`${answer.body.detail} ${JSON.stringify(answer.body.errors)}`).toMatch(message);
    expect(await count()).toEqual(before);
  });

  test('not under the name of another one of its job', async () => {
    const { body } = await create();
    expect(await create({ name: body.name })).toMatchObject({ status: 409, body: { errors: [{ path: 'name' }] } });
  });
});

describe('a schedule is changed', () => {
  test('as it was read, or not at all', async () => {
    const path = await pathOf();
    const etag = etagOf(await api('GET', path));
    const change = (name: string, match: string) =>
      api('PUT', path, { name, when: { daily: { at: '04:45' } }, timezone: 'Asia/Tokyo' }, { 'if-match': match });
    const changed = await change('changed', etag);
    expect(changed).toMatchObject({
      status: 200,
      body: { name: 'changed', when: [{ daily: { at: '04:45' } }], timezone: 'Asia/Tokyo', sync_status: 'synced' },
    });
    expect(changed.body.next_run_at).toMatch(/T19:45:00/);
    expect(await change('lost', etag)).toMatchObject({ status: 412, body: { code: 'REVISION_MISMATCH' } });
    expect((await change('again', etagOf(changed))).body.name).toBe('again');
    expect(await api('DELETE', path, undefined, { 'if-match': etag })).toMatchObject({ status: 412 });
  });

  test('and its firings and pauses leave its ETag alone', async () => {
    const path = await pathOf();
    const etag = etagOf(await api('GET', path));
    await api('POST', `${path}/pause`, { note: 'x' });
    expect(etagOf(await api('GET', path))).toBe(etag);
  });

  test('paused with a note, and resumed; twice is once', async () => {
    const path = await pathOf();
    const pause = () => api('POST', `${path}/pause`, { note: 'The storage is moved.' });
    expect(await pause()).toMatchObject({
      status: 200,
      body: { status: 'paused', status_note: 'The storage is moved.', sync_status: 'synced' },
    });
    expect((await pause()).status).toBe(200);
    expect(await api('POST', `${path}/resume`)).toMatchObject({ status: 200, body: { status: 'active', status_note: null } });
    const actions = (await auditRows(platform)).filter((event) => event.resource_id === serialOf(path)).map(({ action }) => action);
    expect(actions).toEqual(['create_schedule', 'pause_schedule', 'resume_schedule']);
  });

  test('deleted: it is gone here and in Temporal, its ledger stays', async () => {
    const path = await pathOf({ when: inSeconds(0) });
    const { temporal_schedule_id: id } = (await api('GET', path)).body;
    expect(await platform.services.schedules.describe(id)).toBeDefined();
    expect((await api('DELETE', path)).status).toBe(204);
    expect(await platform.services.schedules.describe(id)).toBeUndefined();
    for (const call of [api('GET', path), api('DELETE', path), api('POST', `${path}/pause`, {}), api('POST', `${path}/run`)])
      expect((await call).status).toBe(404);
    expect((await api('GET', `${path}/executions`)).status).toBe(200);
  });

  test('one that is defined in code only in its file, which the refusal names; operators may still stop and run it', async () => {
    const path = await pathOf();
    await fromCode(path);
    for (const refused of [await api('PUT', path, { name: 'x', when: DAILY }), await api('DELETE', path)])
      expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('ops/nightly.yaml') } });
    expect((await api('POST', `${path}/pause`, { note: 'stop' })).body.status).toBe('paused');
    expect((await api('POST', `${path}/run`)).status).toBe(202);
    expect((await api('POST', `${path}/resume`)).body.status).toBe('active');
  });
});

describe('the job of a schedule', () => {
  test('takes its schedules with it', async () => {
    const doomed = await createJob(platform, [target], [nothing()]);
    const path = await pathOf({ job: doomed });
    const { temporal_schedule_id: id } = (await api('GET', path)).body;
    expect((await api('GET', `/api/v1/jobs/${doomed}/used-by`)).body.schedules).toMatchObject([{ schedule_serial: serialOf(path) }]);
    expect((await api('DELETE', `/api/v1/jobs/${doomed}`)).status).toBe(204);
    expect((await api('GET', path)).status).toBe(404);
    expect(await platform.services.schedules.describe(id)).toBeUndefined();
    const [event] = (await auditRows(platform)).filter(
      ({ resource_id: of, action }) => of === serialOf(path) && action === 'delete_schedule',
    );
    expect(event?.details).toMatchObject({ job: doomed });
  });

  test('is not deleted while some are defined in code', async () => {
    const kept = await createJob(platform, [target], [nothing()]);
    const [path, other] = [await pathOf({ job: kept }), await pathOf({ job: kept })];
    await fromCode(path);
    const refused = await api('DELETE', `/api/v1/jobs/${kept}`);
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('ops/nightly.yaml') } });
    expect(refused.body.detail).toContain(serialOf(path));
    expect((await api('GET', other)).status).toBe(200);
  });
});

describe('the ledger', () => {
  test('says what became of planned instants, of one schedule and of all', async () => {
    const path = await pathOf({ when: inSeconds(2) });
    await untilFirings(path, allEnded);
    const { body } = await api('GET', `${path}/executions`);
    expect(body).toMatchObject({
      data: [{ schedule_serial: serialOf(path), firing_type: 'planned', status: 'completed', skip_reason: null }],
      next: null,
    });
    const [firing] = body.data;
    expect(firing.run).toMatch(new RegExp(`^${job}\\.\\d{4}$`));
    expect(firing.start_delay_ms).toBeLessThan(60_000);
    const all = await api('GET', `${SCHEDULES}/executions?status=completed&fields=execution_serial&limit=500`);
    expect(all.body.data).toContainEqual({ execution_serial: firing.execution_serial });
    const later = encodeURIComponent(new Date(Date.now() + DAY_MS).toISOString());
    expect((await api('GET', `${path}/executions?from=${later}`)).body.data).toEqual([]);
    expect((await api('GET', `${SCHEDULES}/JSCHED-99999999/executions`)).status).toBe(404);
    await platform.activities.scheduleWork.reconcileSchedules();
    const expired = (await api('GET', path)).body;
    expect(expired).toMatchObject({ status: 'expired', next_run_at: null, execution_count: 1, last_firing: { status: 'completed' } });
    expect(await api('POST', `${path}/resume`)).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/expired/) } });
  });

  test('has a run that somebody asks for, also of a paused schedule', async () => {
    const path = await pathOf({ paused: true, max_executions: 1 });
    const asked = await api('POST', `${path}/run`);
    expect(asked).toMatchObject({ status: 202, body: { firing_type: 'run_now', schedule_serial: serialOf(path) } });
    const [row] = await untilFirings(path, allEnded);
    expect(row).toMatchObject({ execution_serial: asked.body.execution_serial, status: 'completed', firing_type: 'run_now' });
    expect((await api('GET', path)).body.status).toBe('paused');
  });

  test('and those of a period that is started afterwards', async () => {
    const path = await pathOf({ when: { every: '1m' }, paused: true });
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    const period = { from: new Date(minute - 120_000).toISOString(), to: new Date(minute).toISOString() };
    expect(await api('POST', `${path}/backfill`, period)).toMatchObject({ status: 202, body: { instants: 3 } });
    const rows = await untilFirings(path, (found) => found.filter(({ status }) => status === 'completed').length === 3);
    expect(rows.filter(({ firing_type: type }) => type === 'backfill')).toHaveLength(3);
    // It was no fault of the schedule that they are late.
    expect((await api('GET', path)).body.attention).toBeNull();
    const ahead = { ...period, to: new Date(Date.now() + DAY_MS).toISOString() };
    expect(await api('POST', `${path}/backfill`, ahead)).toMatchObject({ status: 400, body: { errors: [{ path: 'to' }] } });
    expect((await api('POST', `${path}/backfill`, { from: period.to, to: period.from })).status).toBe(400);
    const long = { from: new Date(minute - 2 * DAY_MS).toISOString(), to: period.to };
    expect(await api('POST', `${path}/backfill`, long)).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/1000/) } });
  });

  test('running, and saying when it runs, needs the right to execute jobs as well', async () => {
    const path = await pathOf();
    const operator = await addUser('operator');
    const token = await addApiToken(operator, ['schedules.read', 'schedules.write']);
    for (const [verb, body] of [
      ['run', undefined],
      ['backfill', { from: '2025-01-01T00:00:00Z', to: '2025-01-02T00:00:00Z' }],
    ] as const)
      expect(await platform.call(token, 'POST', `${path}/${verb}`, body)).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining('jobs.execute') },
      });
    const { body: schedule } = await api('GET', path);
    const fields = { name: 'by a token', when: { every: '1h' } };
    expect((await platform.call(token, 'POST', SCHEDULES, { ...fields, job: schedule.job_serial })).status).toBe(403);
    expect((await platform.call(token, 'PUT', path, fields)).status).toBe(403);
    const definitions = [{ source: 'a.yaml:1', definition: { ...fields, job: schedule.job_serial } }];
    expect((await platform.call(token, 'POST', `${SCHEDULES}/apply`, { definitions, prune: false })).status).toBe(403);
    expect((await platform.call(token, 'POST', `${path}/pause`, {})).status).toBe(200);
    const viewer = await addSession(await addUser('viewer'));
    expect((await platform.call(viewer, 'GET', path)).status).toBe(200);
    expect((await platform.call(viewer, 'POST', `${path}/pause`, {})).status).toBe(403);
  });

  test('nothing is started while the platform is maintained', async () => {
    const path = await pathOf();
    await api('PUT', '/api/v1/settings/maintenance_mode', { value: true });
    try {
      expect(await api('POST', `${path}/run`)).toMatchObject({ status: 503, body: { code: 'MAINTENANCE' } });
    } finally {
      await api('PUT', '/api/v1/settings/maintenance_mode', { value: false });
    }
  });
});

describe('a list of schedules', () => {
  const marked = { labels: { list: 'this one' } };
  const QUERY = `${SCHEDULES}?label=${encodeURIComponent('list=this one')}`;
  const paths: Record<string, string> = {};
  beforeAll(async () => {
    for (const name of ['well', 'unsynced', 'late', 'failing', 'also well']) paths[name] = await pathOf({ ...marked, name });
    const id = async (name: string) =>
      (
        await selectRow<{ id: number }>(platform.db, 'SELECT id FROM job_schedules WHERE schedule_serial = $1', [
          serialOf(paths[name] ?? ''),
        ])
      )?.id;
    await platform.db.query(`UPDATE job_schedules SET sync_status = 'error', sync_error = 'Temporal was away' WHERE id = $1`, {
      bind: [await id('unsynced')],
    });
    await platform.db.query(
      `INSERT INTO schedule_executions (job_schedule_id, scheduled_at, status, completed_at, error_message) VALUES ($1, now() - interval '1 hour', 'failed', now(), 'no')`,
      { bind: [await id('failing')] },
    );
    await platform.db.query(`INSERT INTO schedule_executions (job_schedule_id, scheduled_at) VALUES ($1, now() - interval '90 seconds')`, {
      bind: [await id('late')],
    });
  });

  test('begins with those that need somebody, page by page', async () => {
    const seen: string[][] = [];
    let cursor = '';
    do {
      const { body } = await api('GET', `${QUERY}&limit=2${cursor}`);
      seen.push(...body.data.map(({ name, attention }: { name: string; attention: string | null }) => [name, attention ?? 'none']));
      cursor = body.next === null ? '' : `&cursor=${body.next}`;
    } while (cursor !== '');
    expect(seen).toEqual([
      ['failing', 'failing'],
      ['late', 'late'],
      ['unsynced', 'unsynced'],
      ['well', 'none'],
      ['also well', 'none'],
    ]);
  });

  test('by name, by next instant, with some fields, and filtered', async () => {
    const names = async (query: string) => (await api('GET', `${QUERY}${query}`)).body.data.map(({ name }: { name: string }) => name);
    expect(await names('&sort=name')).toEqual(['also well', 'failing', 'late', 'unsynced', 'well']);
    expect(await names('&sort=-name&limit=1')).toEqual(['well']);
    expect(await names('&sort=next_run')).toHaveLength(5);
    expect(await names('&search=ell')).toEqual(['well', 'also well']);
    expect(await names(`&search=${serialOf(paths['late'] ?? '')}`)).toEqual(['late']);
    expect(await names('&sync_status=error')).toEqual(['unsynced']);
    expect(await names('&status=paused')).toEqual([]);
    expect(await names('&job=J20990009')).toEqual([]);
    expect(await names('&source=code')).toEqual([]);
    expect(await names('&calendar=holidays')).toEqual([]);
    expect((await api('GET', `${QUERY}&fields=name&limit=1`)).body.data).toEqual([{ name: 'failing' }]);
    expect((await api('GET', `${SCHEDULES}?label=team`)).status).toBe(400);
  });
});

describe('what is to come', () => {
  const at = (days: number): string => encodeURIComponent(new Date(Date.now() + days * DAY_MS).toISOString());

  test('of a schedule in a period, in its zone, up to its limit', async () => {
    const path = await pathOf({ timezone: 'Asia/Tokyo' });
    const { body } = await api('GET', `${path}/upcoming?from=${at(1)}&to=${at(4)}`);
    expect(body.data).toHaveLength(3);
    expect(body.data[0]).toMatchObject({
      schedule_serial: serialOf(path),
      local: expect.stringMatching(new RegExp(` ${AT}:00.000 \\+09:00$`)),
    });
    expect(body.data[0].at.slice(10)).toBe(new Date(`2025-01-01T${AT}:00+09:00`).toISOString().slice(10));
    expect(body.is_complete).toBe(true);
    const cut = (await api('GET', `${path}/upcoming?to=${at(9)}&limit=2`)).body;
    expect([cut.data.length, cut.is_complete]).toEqual([2, false]);
    const limited = await pathOf({ max_executions: 2 });
    expect((await api('GET', `${limited}/upcoming?to=${at(9)}`)).body.data).toHaveLength(2);
    expect((await api('GET', `${limited}/upcoming?from=${at(3)}&to=${at(9)}`)).body.data).toHaveLength(0);
  });

  test('of all schedules, earliest first; paused ones have nothing', async () => {
    const paused = await pathOf({ paused: true });
    const { body } = await api('GET', `${SCHEDULES}/upcoming?to=${at(2)}`);
    const times = body.data.map((one: { at: string }) => one.at);
    expect(times).toEqual(times.toSorted());
    expect(new Set(body.data.map((one: { schedule_serial: string }) => one.schedule_serial)).size).toBeGreaterThan(3);
    expect(JSON.stringify(body)).not.toContain(serialOf(paused));
    for (const query of [`from=${at(2)}&to=${at(1)}`, `to=${at(400)}`, `to=${at(-1)}`])
      expect((await api('GET', `${SCHEDULES}/upcoming?${query}`)).status).toBe(400);
  });

  test('of rules that are only tried: instants across a change of clocks', async () => {
    const preview = (fields: Record<string, unknown>) => api('POST', `${SCHEDULES}/preview`, fields);
    const year = new Date().getUTCFullYear() + 1;
    const { status, body } = await preview({
      when: { daily: { at: '02:30' } },
      timezone: 'Europe/Berlin',
      start_date: `${year}-03-20T00:00:00Z`,
    });
    expect(status).toBe(200);
    const offsets = body.instants.map(({ local }: { local: string }) => local.slice(-6));
    expect([offsets[0], offsets.at(-1)]).toEqual(['+01:00', '+02:00']);
    expect(body.instants).toHaveLength(20);
    expect(new Set(body.instants.map(({ at: instant }: { at: string }) => instant)).size).toBe(20);
    expect((await preview({ when: DAILY, max_executions: 3 })).body.instants).toHaveLength(3);
    expect((await preview({ when: { once: '2001-01-01T00:00:00Z' } })).body.instants).toEqual([]);
    expect((await preview({ when: { cron: '0 0 * *' } })).status).toBe(400);
    expect((await preview({ when: DAILY, name: 'x' })).status).toBe(400);
    expect(await selectRows(platform.db, `SELECT 1 FROM job_schedules WHERE name = 'x'`)).toEqual([]);
  });
});

describe('the calendar of schedules', () => {
  const eventsOf = (text: string) => new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent');
  const valueOf = (event: ReturnType<typeof eventsOf>[number] | undefined, name: string): string =>
    String(event?.getFirstPropertyValue(name));

  test('shows what became of instants, and those to come, as RFC 5545 wants it', async () => {
    const path = await pathOf({ name: `Ärger; mit, "allem" \\ und\tmehr ${'ü'.repeat(80)}`, when: [...inSeconds(3), DAILY] });
    await untilFirings(path, (rows) => rows.some(({ status }) => status === 'completed'));
    const answer = await api('GET', `${path}/feed.ics?coming_days=3`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    const text: string = answer.body;
    expect(text.startsWith('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:')).toBe(true);
    expect(text.endsWith('END:VCALENDAR\r\n')).toBe(true);
    const lines = text.split('\r\n');
    expect(lines.some((line) => line.includes('\n'))).toBe(false);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
    expect(text.replaceAll('\r\n ', '')).toContain(String.raw`Ärger\; mit\, "allem" \\ und mehr ü`);
    const [past, ...coming] = eventsOf(text);
    expect([valueOf(past, 'status'), valueOf(past, 'summary')]).toEqual(['CONFIRMED', expect.stringMatching(/: completed$/)]);
    expect(valueOf(past, 'description')).toMatch(new RegExp(`Run ${job}`));
    expect(past?.getFirstProperty('categories')?.getValues()).toEqual(['OpsConductor', 'completed']);
    expect(coming.length).toBeGreaterThanOrEqual(3);
    for (const event of coming) expect(valueOf(event, 'status')).toBe('TENTATIVE');
  });

  test('an event keeps its name when its instant has come', async () => {
    const path = await pathOf({ when: inSeconds(3) });
    const uid = async (): Promise<string[]> => eventsOf((await api('GET', `${path}/feed.ics`)).body).map((event) => valueOf(event, 'uid'));
    const before = await uid();
    expect(before).toHaveLength(1);
    await untilFirings(path, allEnded);
    expect(await uid()).toEqual(before);
  });

  test('of all schedules; a skipped instant is cancelled there', async () => {
    const path = await pathOf({ name: 'skips' });
    await platform.db.query(
      `INSERT INTO schedule_executions (job_schedule_id, scheduled_at, status, skip_reason, completed_at)
       SELECT id, now() - interval '1 hour', 'skipped', 'missed_catchup', now() FROM job_schedules WHERE schedule_serial = $1`,
      { bind: [serialOf(path)] },
    );
    const events = eventsOf((await api('GET', `${SCHEDULES}/feed.ics`)).body);
    const skipped = events.find((event) => valueOf(event, 'summary') === 'skips: skipped (missed catchup)');
    expect(valueOf(skipped, 'status')).toBe('CANCELLED');
    expect((await api('GET', `${SCHEDULES}/feed.ics?past_days=1000`)).status).toBe(400);
    expect((await api('GET', `${SCHEDULES}/JSCHED-99999999/feed.ics`)).status).toBe(404);
  });
});

describe('while Temporal is away', () => {
  test('schedules are made, changed, paused and deleted; it is told when it is back', async () => {
    const [path, doomed, stopped] = [await pathOf(), await pathOf(), await pathOf()];
    const { body } = await withoutTemporal(async () => {
      const created = await create({ name: 'made meanwhile' });
      expect(created).toMatchObject({ status: 201, body: { sync_status: 'error', next_run_at: null, attention: 'unsynced' } });
      expect(created.body.sync_error).toMatch(/Temporal does not answer/);
      expect((await api('PUT', path, { name: 'changed meanwhile', when: { daily: { at: '05:00' } } })).status).toBe(200);
      expect((await api('POST', `${stopped}/pause`, {})).body).toMatchObject({ status: 'paused', sync_status: 'error' });
      expect((await api('DELETE', doomed)).status).toBe(204);
      return created;
    });
    await platform.activities.scheduleWork.reconcileSchedules();
    expect((await api('GET', `${SCHEDULES}/${body.schedule_serial}`)).body).toMatchObject({ sync_status: 'synced', sync_error: null });
    expect((await api('GET', path)).body.next_run_at).toMatch(/T05:00/);
    const { temporal_schedule_id: id } = (await api('GET', stopped)).body;
    expect((await platform.services.schedules.describe(id))?.paused).toBe(true);
    expect(await selectRow(platform.db, 'SELECT sync_status FROM job_schedules WHERE schedule_serial = $1', [serialOf(doomed)])).toEqual({
      sync_status: 'synced',
    });
  });

  test('what only Temporal knows is refused until it is back, and changes nothing', async () => {
    const path = await pathOf();
    await withoutTemporal(async () => {
      for (const call of [
        api('GET', `${path}/upcoming`),
        api('GET', `${SCHEDULES}/upcoming`),
        api('GET', `${path}/feed.ics`),
        api('POST', `${SCHEDULES}/preview`, { when: DAILY }),
        api('POST', `${path}/sync`),
        api('POST', `${path}/backfill`, { from: '2025-01-01T00:00:00Z', to: '2025-01-02T00:00:00Z' }),
      ])
        expect(await call).toMatchObject({
          status: 503,
          body: { code: 'UNAVAILABLE', detail: expect.stringMatching(/^Temporal does not answer/) },
        });
      expect((await api('GET', path)).body).toMatchObject({
        sync_status: 'synced',
        sync_error: expect.stringMatching(/^Temporal does not answer/),
      });
    });
    expect(
      (await api('GET', `${path}/executions`)).body.data.filter(({ firing_type: type }: { firing_type: string }) => type === 'backfill'),
    ).toEqual([]);
    expect(await api('POST', `${path}/sync`)).toMatchObject({ status: 200, body: { sync_status: 'synced', sync_error: null } });
  });

  test('a run that is asked for starts when it is back', async () => {
    const path = await pathOf();
    const asked = await withoutTemporal(() => api('POST', `${path}/run`));
    expect(asked).toMatchObject({ status: 202, body: { status: 'scheduled', run: null } });
    // The reconciler leaves it to the API for half a minute.
    await platform.db.query(
      `UPDATE schedule_executions SET scheduled_at = scheduled_at - interval '31 seconds' WHERE execution_serial = $1`,
      {
        bind: [asked.body.execution_serial],
      },
    );
    const isIt = ({ execution_serial: serial }: { execution_serial: string }) => serial === asked.body.execution_serial;
    await platform.activities.scheduleWork.reconcileSchedules();
    const rows = await untilFirings(path, (found) => found.find(isIt)?.status === 'completed');
    expect(rows.find(isIt)?.run).toMatch(/^J/);
  });
});
