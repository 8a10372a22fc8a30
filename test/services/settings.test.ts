import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createBranchActivities } from '../../src/activities/branch-activities.ts';
import { openWriter } from '../../src/activities/run-action/open-writer.ts';
import { createRunActivities } from '../../src/activities/run-activities.ts';
import { SETTINGS, Settings } from '../../src/contracts/settings.ts';
import type { SettingKey } from '../../src/contracts/settings.ts';
import { execute, selectRow } from '../../src/db/query.ts';
import { createSecretMask } from '../../src/domain/secret-mask.ts';
import { addRunningBranch } from '../activities/support/attempt.ts';
import { PASSWORD, addSession, addUser } from '../api/support/accounts.ts';
import { auditRows } from '../api/support/audit.ts';
import { addJob, addTarget, jobNamed } from '../api/support/definitions.ts';
import { addResultRow } from '../db/support/rows.ts';
import { PARTITION_CASES, ROW_CASES } from '../db/retention/cases.ts';
import { changeSetting } from '../db/retention/support.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const MINUTE_MS = 60_000;
const PATH = '/api/v1/settings';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
});
afterAll(() => platform[Symbol.asyncDispose]());

const put = async (key: SettingKey, value: unknown): Promise<void> => {
  const { status, body } = await platform.api('PUT', `${PATH}/${key}`, { value });
  expect([key, status, body.value]).toEqual([key, 200, value]);
};
const login = (username: string, password = PASSWORD) => platform.call(undefined, 'POST', '/api/v1/auth/login', { username, password });
let made: Promise<string> | undefined;
/** A job with a target. */
const anyJob = (): Promise<string> =>
  (made ??= addTarget(platform, 'one.example.org').then((target) => addJob(platform, 'one', { targets: [target] })));
const start = async (): Promise<string> => {
  const job = await anyJob();
  const { status, body } = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
  expect([status, body]).toMatchObject([202, {}]);
  return body.execution_serial;
};

/** Changes a setting through the API and looks at what it changes. */
const EFFECTS = {
  async session_timeout_seconds() {
    const user = await addUser('viewer');
    await put('session_timeout_seconds', 60);
    expect(Date.parse((await login(user.username)).body.expires_at) - Date.now()).toBeLessThanOrEqual(MINUTE_MS);
  },
  async inactivity_timeout_minutes() {
    const token = await addSession(await addUser('viewer'), { lastActivityAt: new Date(Date.now() - 7 * MINUTE_MS) });
    await put('inactivity_timeout_minutes', 5);
    expect((await platform.call(token, 'GET', '/api/v1/auth/me')).status).toBe(401);
    await put('inactivity_timeout_minutes', 10);
    expect((await platform.call(token, 'GET', '/api/v1/auth/me')).status).toBe(200);
  },
  async warning_time_minutes() {
    const token = await addSession(await addUser('viewer'));
    await put('inactivity_timeout_minutes', 5);
    await put('warning_time_minutes', 10);
    const { body } = await platform.call(token, 'GET', '/api/v1/auth/session');
    expect(body).toMatchObject({ is_warning: true, warning_seconds: 600 });
  },
  async max_concurrent_targets() {
    await put('max_concurrent_targets', 7);
    expect((await platform.api('GET', `/api/v1/executions/${await start()}`)).body.max_concurrent_targets).toBe(7);
  },
  async connection_timeout_seconds() {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await put('connection_timeout_seconds', 1);
    const method = {
      method_type: 'ssh',
      host: '127.0.0.1',
      port,
      credential: { credential_type: 'password', username: 'x', password: 'y' },
    };
    const { body } = await platform.api('POST', '/api/v1/targets/test-method-config', { os_type: 'linux', method });
    expect(body.error_code).toBe('CONNECTION_TIMED_OUT');
    expect(body.duration_ms).toBeLessThan(Settings.parse({}).connection_timeout_seconds * 1_000);
    silent.close();
  },
  async command_timeout_seconds() {
    await put('command_timeout_seconds', 77);
    const { body } = await platform.api('POST', '/api/v1/jobs', jobNamed('timed'));
    expect(body.actions[0].timeout_seconds).toBe(77);
  },
  async execution_timeout_seconds() {
    await put('execution_timeout_seconds', 61);
    expect((await createRunActivities(platform.activities).planTargets({ execution: await start() })).timeoutMs).toBe(61_000);
  },
  async retry_backoff_coefficient() {
    const execution = await start();
    await execute(platform.db, `UPDATE job_executions SET status = 'running', started_at = now() WHERE execution_serial = $1`, [execution]);
    await createRunActivities(platform.activities).planTargets({ execution });
    await put('retry_backoff_coefficient', 3.5);
    const branch = `${execution}.0001`;
    const { workflow_id: workflowId } = (await platform.api('GET', `/api/v1/branches/${branch}`)).body;
    const program = await createBranchActivities(platform.activities).openBranch({ branch, workflowId, runId: 'r' });
    expect(program.actions[0]).toMatchObject({ backoffCoefficient: 3.5 });
  },
  async max_output_bytes() {
    await put('max_output_bytes', 2_048);
    expect((await writeOutput()).stdout).toHaveLength(2_048);
  },
  async max_log_bytes() {
    await put('max_log_bytes', 1_024);
    expect((await writeOutput()).lines).toBeLessThanOrEqual(1_024 / 64 + 1);
  },
  async timezone() {
    const serial = await start();
    await execute(
      platform.db,
      `INSERT INTO job_execution_logs (timestamp, job_execution_id, log_phase, log_category, log_message)
       SELECT date_trunc('day', e.created_at) + interval '25 hours', e.id, 'creation', 'system', 'at one' FROM job_executions e WHERE e.execution_serial = $1`,
      [serial],
    );
    await put('timezone', 'Asia/Kathmandu');
    const headers = { authorization: `Bearer ${platform.token}` };
    const log = await platform.app.request(`/api/v1/executions/${serial}/logs/download`, { headers });
    expect(await log.text()).toMatch(/ 06:45:00\.000 \+05:45 # at one$/m);
    expect((await platform.api('PUT', `${PATH}/timezone`, { value: '+05:45' })).status).toBe(400);
  },
  async maintenance_mode() {
    await put('maintenance_mode', true);
    const job = await anyJob();
    const runs = async (): Promise<number> => (await platform.api('GET', `/api/v1/executions?job=${job}`)).body.data.length;
    const before = await runs();
    const { status, body, headers } = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'MAINTENANCE', '60']);
    expect(await runs()).toBe(before);
  },
  async outbound_denied_networks() {
    await put('outbound_denied_networks', ['127.0.0.0/8']);
    const method = { method_type: 'rest_api', host: '127.0.0.1', port: 9 };
    const { body } = await platform.api('POST', '/api/v1/targets/test-method-config', { os_type: 'linux', method });
    expect(JSON.stringify(body)).toContain('is in 127.0.0.0/8');
  },
  async password_min_length() {
    const token = await addSession(await addUser('viewer'));
    await put('password_min_length', 20);
    const passwords = { current_password: PASSWORD, new_password: 'nineteen characters' };
    const { status, body } = await platform.call(token, 'POST', '/api/v1/auth/password', passwords);
    expect([status, body.errors]).toEqual([400, [{ path: 'new_password', message: 'must have at least 20 characters' }]]);
  },
  async login_max_failures() {
    const { username } = await addUser('viewer');
    await put('login_max_failures', 1);
    await login(username, 'wrong horse battery');
    expect((await login(username)).status).toBe(401);
  },
  async login_lock_minutes() {
    const { username, id } = await addUser('viewer');
    await put('login_max_failures', 1);
    await put('login_lock_minutes', 2);
    await login(username, 'wrong horse battery');
    const row = await selectRow<{ until: Date }>(platform.db, 'SELECT locked_until AS until FROM users WHERE id = $1', [id]);
    expect(Math.round(((row?.until.getTime() ?? 0) - Date.now()) / MINUTE_MS)).toBe(2);
  },
} satisfies Partial<Record<SettingKey, () => Promise<void>>>;

let running: ReturnType<typeof addRunningBranch> | undefined;
let order = 0;

/** Writes 300 lines of 64 bytes as an action would. */
const writeOutput = async (): Promise<{ stdout: string; lines: number }> => {
  const { db } = platform;
  running ??= addRunningBranch(db);
  const { branch, branchId, executionId } = await running;
  order += 1;
  const attemptId = await addResultRow(db, branch, order);
  const context = { branchId, executionId, executionSerial: branch.slice(0, -5), mask: createSecretMask([]), definition: {} };
  const input = { branch, iteration: 1, attempt: 1 };
  const attempt = { input, context, action: { order, config: {} }, attemptId } as never;
  const writer = openWriter(platform.activities, attempt, await platform.services.readSettings());
  await writer.write('stdout', Buffer.from(`${'x'.repeat(63)}\n`.repeat(300)));
  const { stdout } = await writer.end();
  const counted = await selectRow<{ lines: number }>(db, 'SELECT output_lines AS lines FROM job_action_results WHERE id = $1', [attemptId]);
  return { stdout, lines: counted?.lines ?? 0 };
};

/** Settings whose effect a test elsewhere observes, where what it takes is there already. */
const ELSEWHERE: Partial<Record<SettingKey, readonly [file: string, title: string]>> = {
  rate_limit_token_per_minute: [
    'test/api/edge/rate-limits.test.ts',
    'a session may send as many as the setting says; the next is refused with when to come again',
  ],
  rate_limit_address_per_minute: [
    'test/api/edge/rate-limits.test.ts',
    'an address may send as many as the setting says, whoever it says it is',
  ],
  rate_limit_login_per_minute: [
    'test/api/edge/rate-limits.test.ts',
    'logins are limited by address, right and wrong ones, and a refused one is not tried',
  ],
  max_concurrent_jobs: ['test/runs/slots.test.ts', 'with one run at once the next begins when the first has ended, by priority'],
  max_artifact_bytes: ['test/api/artifacts.test.ts', 'a file over the limit is refused while it comes, and kept nowhere'],
  dangerous_command_patterns: [
    'test/api/definition-checks.test.ts',
    'the list of what is dangerous is a setting, which begins as the list of this version',
  ],
};

const keys = Object.keys(SETTINGS) as SettingKey[];

describe('every setting', () => {
  afterEach(async () => {
    const values = Object.fromEntries(Object.keys(EFFECTS).map((key) => [key, Settings.parse({})[key as SettingKey]]));
    expect((await platform.api('PATCH', PATH, { values })).status).toBe(200);
  });

  test('has a test that changes it and observes what it does', () => {
    const retention: readonly string[] = [...ROW_CASES, ...PARTITION_CASES].map(({ setting }) => setting);
    const covered = (key: SettingKey): boolean => Object.hasOwn(EFFECTS, key) || Object.hasOwn(ELSEWHERE, key) || retention.includes(key);
    expect(keys.filter((key) => !covered(key))).toEqual([]);
    for (const [key, [file, title]] of Object.entries(ELSEWHERE)) {
      const text = readFileSync(file, 'utf8');
      expect([key, file, text.includes(`'${title}'`), text.includes(key)]).toEqual([key, file, true, true]);
    }
  });

  test.each(Object.entries(EFFECTS))('%s does what it says', (_, observe) => observe());

  test('names the file that obeys it, and one that nothing obeys does not exist', async () => {
    for (const [key, { consumer }] of Object.entries(SETTINGS))
      expect([key, existsSync(consumer) && readFileSync(consumer, 'utf8').includes(key)]).toEqual([key, true]);
    for (const key of [
      'email_target_serial',
      'health_monitoring_enabled',
      'health_check_batch_size',
      'health_max_concurrent',
      'nonsense',
    ]) {
      const { status, body } = await platform.api('PUT', `${PATH}/${key}`, { value: 1 });
      expect([key, status, body.code]).toEqual([key, 404, 'NOT_FOUND']);
    }
  });
});

test('the page about settings has a row of each, with its range and its default', () => {
  const page = readFileSync('docs/settings.md', 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, ...cells]) => cells);
  const expected = Object.entries(SETTINGS).map(([key, { schema, description }]) => {
    const { type, minimum, maximum } = z.toJSONSchema(schema, { io: 'input' });
    const initial: unknown = schema.parse(undefined);
    const range = minimum === undefined ? type : `${minimum} to ${maximum}`;
    return [key, range, Array.isArray(initial) ? 'that of this version' : String(initial), description];
  });
  expect(rows).toEqual(expected.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)));
});

describe('the settings', () => {
  test('are listed by name, each with type, range, default and who changed it last', async () => {
    const { status, body } = await platform.api('GET', PATH);
    expect([status, body.data.map(({ key }: { key: string }) => key)]).toEqual([200, keys.toSorted()]);
    expect(body.data.find(({ key }: { key: string }) => key === 'max_concurrent_jobs')).toEqual({
      key: 'max_concurrent_jobs',
      value: 50,
      default: 50,
      is_default: true,
      problem: null,
      stored: null,
      description: expect.stringContaining('Runs'),
      consumer: 'src/activities/run-activities.ts',
      schema: { type: 'integer', minimum: 1, maximum: 1_000 },
      version: 1,
      updated_by: null,
      updated_at: expect.any(String),
    });
  });

  test('show a stored value that is not allowed, why, and what is in force instead', async () => {
    await changeSetting(platform.db, 'log_retention_days', 9_999);
    const path = `${PATH}/log_retention_days`;
    expect((await platform.api('GET', path)).body).toMatchObject({ value: 30, stored: 9_999, problem: expect.stringContaining('3650') });
    await put('log_retention_days', 31);
    expect((await platform.api('GET', path)).body).toMatchObject({ value: 31, stored: null, problem: null, updated_by: 'admin' });
  });

  test.each([
    ['too large', 'max_concurrent_jobs', 1_001, 'value', /1000/],
    ['of another type', 'max_concurrent_jobs', '5', 'value', /number/],
    ['null', 'maintenance_mode', null, 'value', /boolean/],
    ['a pattern that takes for ever', 'dangerous_command_patterns', ['x', '(a+)+$'], 'value.1', /repeats a group/],
  ])('a value that is %s is refused and changes nothing', async (_, key, value, path, message) => {
    const before = (await platform.api('GET', `${PATH}/${key}`)).body;
    const { status, body } = await platform.api('PUT', `${PATH}/${key}`, { value });
    expect([status, body.errors[0]]).toEqual([400, { path, message: expect.stringMatching(message) }]);
    expect((await platform.api('GET', `${PATH}/${key}`)).body).toEqual(before);
  });

  test('several are changed together or not at all', async () => {
    const good = { max_concurrent_jobs: 3, login_lock_minutes: 4 };
    const wrong = await platform.api('PATCH', PATH, { values: { ...good, max_concurrent_targets: 0 } });
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, 'values.max_concurrent_targets']);
    const unknown = await platform.api('PATCH', PATH, { values: { ...good, nonsense: 1 } });
    expect([unknown.status, unknown.body.errors]).toEqual([400, [{ path: 'values.nonsense', message: 'is no setting' }]]);
    expect((await platform.api('GET', `${PATH}/max_concurrent_jobs`)).body.is_default).toBe(true);
    const { body } = await platform.api('PATCH', PATH, { values: good, note: 'less at once' });
    expect(body.data).toMatchObject([
      { key: 'login_lock_minutes', value: 4 },
      { key: 'max_concurrent_jobs', value: 3, version: 2, updated_by: 'admin' },
    ]);
    const events = (await auditRows(platform)).filter(({ details }) => details['note'] === 'less at once');
    expect(events).toMatchObject([
      { event_type: 'system_config_changed', resource_id: 'login_lock_minutes', severity: 'high', details: { before: 15, after: 4 } },
      { event_type: 'system_config_changed', resource_id: 'max_concurrent_jobs', severity: 'medium', details: { before: 50, after: 3 } },
    ]);
  });

  test('a change that takes protection or records away weighs more in the audit', async () => {
    const values = {
      outbound_denied_networks: [],
      rate_limit_token_per_minute: 1_000_000,
      rate_limit_address_per_minute: 1_000_000,
      rate_limit_login_per_minute: 1_000_000,
      log_retention_days: 1,
      execution_retention_days: 1,
      purge_after_days: 0,
    };
    expect((await platform.api('PATCH', PATH, { values, note: 'unguarded' })).status).toBe(200);
    const events = (await auditRows(platform)).filter(({ details }) => details['note'] === 'unguarded');
    const severities = events.map(({ resource_id: key, severity }) => [key, severity]);
    expect(Object.fromEntries(severities)).toEqual(Object.fromEntries(Object.keys(values).map((key) => [key, 'high'])));
  });

  test('of two who change what they have read one is told', async () => {
    const path = `${PATH}/max_concurrent_targets`;
    const etag = (await platform.api('GET', path)).headers.get('etag') ?? '';
    const change = (value: number) => platform.api('PUT', path, { value }, { 'if-match': etag });
    const answers = await Promise.all([change(4), change(5)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    expect((await platform.api('DELETE', path, undefined, { 'if-match': etag })).body.code).toBe('REVISION_MISMATCH');
    expect((await platform.api('DELETE', path)).status).toBe(204);
    expect((await platform.api('GET', path)).body).toMatchObject({ value: 20, is_default: true });
  });

  test('the value that one has already is no change', async () => {
    const path = `${PATH}/max_log_bytes`;
    const before = (await platform.api('GET', path)).body;
    expect((await platform.api('PUT', path, { value: before.value })).body).toEqual(before);
    expect((await auditRows(platform)).filter((event) => event.resource_id === 'max_log_bytes' && event.user_id === null)).toEqual([]);
  });

  test('one whose row is missing has its default and can be changed', async () => {
    await execute(platform.db, `DELETE FROM system_settings WHERE setting_key = 'purge_after_days'`);
    expect((await platform.api('GET', `${PATH}/purge_after_days`)).body).toMatchObject({ value: 30, version: 0, updated_at: null });
    const { status } = await platform.api('PUT', `${PATH}/purge_after_days`, { value: 5 }, { 'if-match': '"0"' });
    expect(status).toBe(200);
    expect((await platform.api('GET', `${PATH}/purge_after_days`)).body).toMatchObject({ version: 2, updated_by: 'admin' });
  });
});
