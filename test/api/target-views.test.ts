import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planBranches } from '../../src/db/plan-branches.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { startHttpServer } from '../support/http-fixture.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { auditRows } from './support/audit.ts';
import { addJob, addTarget, targetAt } from './support/definitions.ts';

let platform: TestPlatform;
/** By their names. */
let serials: Record<string, string>;

const FLEET = {
  'web-1': { environment: 'production', labels: { team: 'web', tier: '1' }, region: 'eu' },
  'web-2': { environment: 'production', labels: { team: 'web' }, region: 'us', status: 'maintenance' },
  'db-1': { environment: 'staging', labels: { team: 'data' }, target_type: 'database', region: 'eu', location: 'Berlin' },
  'win-1': { environment: 'production', os_type: 'windows', data_center: 'dc 1' },
} as const;

beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  serials = {};
  for (const [name, fields] of Object.entries(FLEET)) serials[name] = await addTarget(platform, `${name}.example.org`, { name, ...fields });
  const snmp = { method_type: 'snmp', host: 'db-1.example.org' };
  await platform.api('POST', `/api/v1/targets/${serials['db-1']}/methods`, snmp);
});
afterAll(() => platform[Symbol.asyncDispose]());

const post = (path: string, body: unknown): Promise<Answer> =>
  platform.api('POST', `/api/v1/targets${path === '' ? '' : `/${path}`}`, body);
const namesOf = async (query: string): Promise<string[]> => {
  const { status, body } = await platform.api('GET', `/api/v1/targets?sort=name&${query}`);
  expect([query, status, body.errors]).toEqual([query, 200, undefined]);
  return (body.data as { name: string }[]).map(({ name }) => name);
};
const selected = (text: string): Promise<string[]> => namesOf(`selector=${encodeURIComponent(text)}`);

describe('lists of targets', () => {
  test.each([
    ['target_type=database', ['db-1']],
    ['health_status=unknown&environment=production', ['web-1', 'web-2', 'win-1']],
    ['health_status=healthy', []],
    ['method_type=snmp', ['db-1']],
    ['method_type=ssh&region=eu', ['db-1', 'web-1']],
    ['location=Berlin', ['db-1']],
    ['data_center=dc%201', ['win-1']],
    ['status=maintenance&os_type=linux', ['web-2']],
  ])('%s', async (query, names) => {
    expect(await namesOf(query)).toEqual(names);
  });

  test.each([
    ['env=production,team=web', ['web-1', 'web-2']],
    ['os in (linux,windows),team!=web', ['db-1', 'win-1']],
    ['!team', ['win-1']],
    ['tier', ['web-1']],
    ['data_center="dc 1"', ['win-1']],
    ['name notin (web-1,web-2),type=system', ['win-1']],
    ['team=nobody', []],
  ])('selector %s', async (text, names) => {
    expect(await selected(text)).toEqual(names);
  });

  test('a selector that cannot be read is refused, and says where', async () => {
    const { status, body } = await platform.api('GET', `/api/v1/targets?selector=${encodeURIComponent('env=prod')}`);
    expect([status, body.errors]).toEqual([
      400,
      [{ path: 'selector', message: 'env is one of production, staging, development, testing, not "prod"' }],
    ]);
  });

  test('a label that selectors would take for a field of the target is refused', async () => {
    const { status, body } = await post('', targetAt('labels.example.org', { labels: { env: 'x', team: 'y' } }));
    expect([status, body.errors]).toEqual([400, [{ path: 'labels.env', message: expect.stringMatching(/name the label otherwise/) }]]);
  });
});

describe('statistics of targets', () => {
  test('they are what is counted, of all targets and of those that a selector fits', async () => {
    const read = async (query: string) => (await platform.api('GET', `/api/v1/targets/statistics${query}`)).body;
    expect(await read('')).toEqual({
      total: 4,
      by_type: { system: 3, database: 1 },
      by_os: { linux: 3, windows: 1 },
      by_environment: { production: 3, staging: 1 },
      by_status: { active: 3, maintenance: 1 },
      by_health: { unknown: 4 },
      by_method: { ssh: 4, snmp: 1 },
    });
    expect(await read('?selector=region=eu')).toMatchObject({
      total: 2,
      by_method: { ssh: 2, snmp: 1 },
      by_environment: { production: 1, staging: 1 },
    });
    expect(await read('?selector=team=nobody')).toMatchObject({ total: 0, by_type: {}, by_method: {} });
  });

  test('kinds of targets have protocols that there are', async () => {
    const { status, body } = await platform.api('GET', '/api/v1/targets/types');
    expect([status, body.data.length]).toEqual([200, 10]);
    expect(body.data[0]).toEqual({ kind: 'linux_server', label: 'Linux server', methods: ['ssh', 'snmp', 'rest_api'] });
  });
});

describe('changes of several targets', () => {
  test('those that a selector fits get what is asked for; those that are so already are left alone', async () => {
    const before = (await auditRows(platform)).length;
    const change = {
      selector: 'team=web',
      set: { status: 'maintenance', region: null },
      add_labels: { team: 'www', new: 'yes' },
      remove_labels: ['tier', 'none'],
    };
    const [one, two] = [serials['web-1'], serials['web-2']];
    const dry = await post('bulk/update', { ...change, dry_run: true });
    expect([dry.status, dry.body]).toEqual([200, { total: 2, changed: [one, two], dry_run: true }]);
    expect(await selected('team=web')).toEqual(['web-1', 'web-2']);
    const done = await post('bulk/update', change);
    expect([done.status, done.body]).toEqual([200, { total: 2, changed: [one, two], dry_run: false }]);
    expect((await platform.api('GET', `/api/v1/targets/${one}`)).body).toMatchObject({
      status: 'maintenance',
      region: null,
      labels: { team: 'www', new: 'yes' },
    });
    const events = (await auditRows(platform)).slice(before);
    expect(events.map(({ event_type: type, resource_id: id, details }) => [type, id, details])).toEqual([
      ['bulk_operation', null, { targets: 2, changed: 2, selector: 'team=web' }],
      [
        'target_updated',
        one,
        {
          changed: {
            status: { from: 'active', to: 'maintenance' },
            region: { from: 'eu', to: null },
            labels: { from: { team: 'web', tier: '1' }, to: { team: 'www', new: 'yes' } },
          },
        },
      ],
      [
        'target_updated',
        two,
        { changed: { region: { from: 'us', to: null }, labels: { from: { team: 'web' }, to: { team: 'www', new: 'yes' } } } },
      ],
    ]);
    const again = await post('bulk/update', {
      targets: [one, two],
      set: { status: 'active', region: 'eu' },
      add_labels: { team: 'web' },
      remove_labels: ['new'],
    });
    expect(again.body.changed).toEqual([one, two]);
    const same = await post('bulk/update', { targets: [two, one], add_labels: { team: 'web' } });
    expect(same.body).toEqual({ total: 2, changed: [], dry_run: false });
  });

  test('by serial and uuid, each once', async () => {
    const { body: target } = await platform.api('GET', `/api/v1/targets/${serials['db-1']}`);
    const { body } = await post('bulk/update', {
      targets: [target.target_serial, target.target_uuid.toUpperCase(), target.target_serial],
      add_labels: { once: '1' },
      dry_run: true,
    });
    expect(body).toEqual({ total: 1, changed: [target.target_serial], dry_run: true });
  });

  test.each([
    ['a target that there is not', () => ({ targets: [serials['web-1'], 'T19990001'], set: { status: 'inactive' } }), 400, 'targets.1'],
    ['a selector that fits none', () => ({ selector: 'team=nobody', set: { status: 'inactive' } }), 422, undefined],
    ['neither list nor selector', () => ({ set: { status: 'inactive' } }), 400, ''],
    ['list and selector', () => ({ targets: [serials['web-1']], selector: 'team', set: { status: 'inactive' } }), 400, ''],
    ['no change', () => ({ selector: 'team', set: {}, add_labels: {}, remove_labels: [] }), 400, ''],
    ['a field that is no field of all', () => ({ selector: 'team', set: { name: 'x' } }), 400, 'set.name'],
    [
      'more labels than a target can have',
      () => ({
        selector: 'team',
        set: { status: 'inactive' },
        add_labels: Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`l${index}`, 'x'])),
      }),
      400,
      'add_labels',
    ],
  ])('%s changes nothing', async (_, body, status, path) => {
    const state = () => selectRows(platform.db, 'SELECT target_serial, status, labels, updated_at FROM universal_targets ORDER BY id');
    const before = await state();
    const answer = await post('bulk/update', body());
    expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([status, path]);
    expect(await state()).toEqual(before);
  });
});

describe('tests of several targets', () => {
  const rest = (host: string, port: number, fields: Record<string, unknown> = {}) => ({
    name: `rest ${host}`,
    labels: { rest: 'yes' },
    methods: [{ method_type: 'rest_api', host, port, config: { protocol: 'http' }, ...fields }],
  });
  const lines = (text: string): Record<string, unknown>[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const askFor = (body: unknown, headers: Record<string, string> = {}) =>
    platform.app.request('/api/v1/targets/bulk/test', {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  test('each has its line, the good and the bad, and its result on its method', async () => {
    await using server = await startHttpServer();
    const good = (await post('', rest('127.0.0.1', server.port))).body.target_serial;
    const bad = (await post('', rest('127.0.0.1', 1))).body.target_serial;
    const bare = (await post('', { name: 'bare', methods: [{ method_type: 'ssh', host: 'bare.example.org' }] })).body.target_serial;
    const key = { 'idempotency-key': 'tests' };
    const response = await askFor({ targets: [good, bad, bare] }, key);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const text = await response.text();
    const results = Object.fromEntries(lines(text).map((line) => [line['target_serial'], line]));
    expect(Object.keys(results).toSorted()).toEqual([good, bad, bare].toSorted());
    expect(results[good]).toMatchObject({ target_name: 'rest 127.0.0.1', result: 'success' });
    expect(results[bad]).toMatchObject({ result: 'failure', error_code: 'CONNECTION_REFUSED', failure_category: 'communication' });
    expect(results[bare]).toMatchObject({ result: 'failure', error_code: 'CREDENTIAL_MISSING' });
    const noted = await selectRows(
      platform.db,
      `SELECT last_test_result FROM target_communication_methods WHERE port IN (1, ${server.port}) ORDER BY id`,
    );
    expect(noted).toEqual([{ last_test_result: 'success' }, { last_test_result: 'failure' }]);
    const repeated = await askFor({ targets: [good, bad, bare] }, key);
    expect([repeated.headers.get('idempotent-replayed'), await repeated.text()]).toEqual(['true', text]);
    const events = (await auditRows(platform)).filter(({ action }) => action === 'test_targets');
    expect(events).toMatchObject([{ event_type: 'bulk_operation', details: { targets: 3 } }]);
  });

  test('ten are tested at once, and no other one once nobody reads any more', async () => {
    const held: ServerResponse[] = [];
    const ten = Promise.withResolvers<void>();
    await using server = await startHttpServer({
      host: '0.0.0.0',
      otherwise: (_, response) => {
        held.push(response);
        if (held.length === 10) ten.resolve();
      },
    });
    for (let number = 0; number < 12; number += 1)
      await post('', { ...rest(`127.0.7.${number + 1}`, server.port), labels: { held: 'yes' } });
    const key = { 'idempotency-key': 'broken-off' };
    const response = await askFor({ selector: 'held' }, key);
    const reader = response.body?.getReader();
    const line = reader?.read();
    await ten.promise;
    const stopped = reader?.cancel();
    const tested = () =>
      selectRow<{ total: number }>(
        platform.db,
        'SELECT count(last_tested_at)::int AS total FROM target_communication_methods WHERE port = $1',
        [server.port],
      );
    const events = async () =>
      (await auditRows(platform)).filter(
        ({ action, details }) => action === 'test_connection' && String(details['method']).startsWith('rest_api'),
      ).length;
    const before = await events();
    for (const one of held) one.end('ok');
    // Each result is noted by a statement of its own: as many questions as it takes.
    while ((await tested())?.total !== 10);
    await Promise.all([line, stopped]);
    expect([held.length, (await events()) - before]).toEqual([10, 10]);
    const kept = await selectRows(platform.db, 'SELECT 1 FROM idempotency_keys WHERE idempotency_key = $1', [key['idempotency-key']]);
    expect(kept).toEqual([]);
  });

  test('who may not test gets no stream, and neither does one who names what is not there', async () => {
    expect((await post('bulk/test', { targets: ['T19990001'] })).status).toBe(400);
    expect((await post('bulk/test', { selector: 'team=nobody' })).body.code).toBe('NO_TARGETS');
  });
});

describe('what a target is used for', () => {
  test('its runs, newest first, also those of a target that is deleted; and its jobs, by list and by selector', async () => {
    const target = await addTarget(platform, 'used.example.org', { labels: { used: 'yes' } });
    const job = await addJob(platform, 'listed', { targets: [target] });
    const run = async (): Promise<string> => {
      const { body } = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
      const row = await selectRow<{ id: number }>(
        platform.db,
        `UPDATE job_executions SET status = 'running', started_at = now() WHERE execution_serial = $1 RETURNING id`,
        [body.execution_serial],
      );
      await planBranches(platform.db, row?.id ?? 0);
      return body.execution_serial;
    };
    const [first, second] = [await run(), await run()];
    const runs = `/api/v1/targets/${target}/executions`;
    const { body } = await platform.api('GET', runs);
    expect(
      body.data.map((one: Record<string, unknown>) => [one['execution_serial'], one['branch_serial'], one['job_name'], one['status']]),
    ).toEqual([
      [second, `${second}.0001`, 'listed', 'scheduled'],
      [first, `${first}.0001`, 'listed', 'scheduled'],
    ]);
    expect((await platform.api('GET', `${runs}?sort=created&limit=1&fields=execution_serial`)).body.data).toEqual([
      { execution_serial: first },
    ]);

    const selecting = await addJob(platform, 'selecting', { targets: [serials['web-1']] });
    const other = await addJob(platform, 'other', { targets: [serials['web-1']] });
    await platform.db.query(
      `UPDATE jobs SET target_selector = CASE job_serial WHEN '${selecting}' THEN 'used=yes,env=development' ELSE 'used=no' END WHERE job_serial IN ('${selecting}', '${other}')`,
    );
    const jobs = `/api/v1/targets/${target}/jobs`;
    expect((await platform.api('GET', jobs)).body.data).toEqual([
      { job_serial: selecting, name: 'selecting', by: 'selector' },
      { job_serial: job, name: 'listed', by: 'list' },
    ]);
    await platform.api('DELETE', `/api/v1/targets/${target}`);
    expect((await platform.api('GET', runs)).body.data).toHaveLength(2);
    expect((await platform.api('GET', jobs)).body.data).toEqual([{ job_serial: job, name: 'listed', by: 'list' }]);
    expect((await platform.api('GET', '/api/v1/targets/T19990001/executions')).status).toBe(404);
  });
});
