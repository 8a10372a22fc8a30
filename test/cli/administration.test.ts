import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute } from '../../src/db/query.ts';
import { startCli } from '../support/cli-process.ts';
import { runCli, sink } from '../support/run-cli.ts';
import type { CliEnd } from '../support/run-cli.ts';
import { servePlatform } from '../support/serve-platform.ts';
import { waitFor } from '../support/wait-for.ts';
import { addJob, addTarget } from '../api/support/definitions.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { answerJson, startFakeApi } from './fake-api.ts';

let platform: TestPlatform;
let server: Awaited<ReturnType<typeof servePlatform>>;
let folder: string;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  server = await servePlatform(platform);
  folder = mkdtempSync(join(tmpdir(), 'opsc-administration-'));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command in this process. */
const cli = (...args: string[]): Promise<CliEnd> =>
  runCli({ OPSCONDUCTOR_URL: server.url, OPSCONDUCTOR_TOKEN: platform.token, XDG_CONFIG_HOME: folder }, args);

test('settings are listed, shown, set and reset', async () => {
  const [listed, shown, set, wrong, unknown] = await Promise.all([
    cli('settings', 'list'),
    cli('settings', 'get', 'max_concurrent_jobs'),
    cli('settings', 'set', 'max_output_bytes', '4096', '--note', 'small disks'),
    cli('settings', 'set', 'login_lock_minutes', 'long'),
    cli('settings', 'get', 'nonsense'),
  ]);
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringMatching(/^dangerous_command_patterns +\d+ entries/m)]);
  expect(shown.stdout).toMatch(/^max_concurrent_jobs = 50\n.*\n {2}type {6}integer, 1 to 1000\n {2}default {3}50\n$/);
  expect([set.code, set.stdout]).toEqual([0, expect.stringMatching(/^max_output_bytes = 4096\n[^]*by admin\n$/)]);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('login_lock_minutes is not changed')]);
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('has no setting nonsense')]);
  const reset = await cli('settings', 'reset', 'max_output_bytes', '--json');
  expect(JSON.parse(reset.stdout)).toMatchObject({ key: 'max_output_bytes', value: 1_048_576, is_default: true, updated_by: 'admin' });
});

test('several settings are set at once, or none of them', async () => {
  const set = await cli('settings', 'set', 'log_retention_days=14', 'timezone=Europe/Berlin', '--note', 'moved');
  expect([set.code, set.stdout]).toEqual([
    0,
    expect.stringMatching(/^log_retention_days +14 +30 [^]*^timezone +"Europe\/Berlin" +"UTC" /m),
  ]);
  const wrong = await cli('settings', 'set', 'log_retention_days=15', 'timezone=Nowhere/Else');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('timezone')]);
  const [kept, alone, twice] = await Promise.all([
    cli('settings', 'get', 'log_retention_days', '--json'),
    cli('settings', 'set', 'timezone'),
    cli('settings', 'set', 'timezone=UTC', 'timezone=UTC'),
  ]);
  expect(JSON.parse(kept.stdout)).toMatchObject({ value: 14 });
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('NAME=VALUE for each of several')]);
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('timezone is named twice')]);
});

describe('OpsConductor itself', () => {
  const at = (url: string, ...args: string[]): Promise<CliEnd> => runCli({ OPSCONDUCTOR_URL: url, XDG_CONFIG_HOME: folder }, args);

  test('whether it can work is told without a login; exit code 4 when it cannot, or something else answers', async () => {
    expect(await at(server.url, 'status')).toMatchObject({ code: 0, stdout: expect.stringContaining(`ready: ${server.url} is ready.\n`) });
    const check = { ok: false, message: 'does not answer', last_ok_at: '2025-03-01T08:00:00.000Z', age_seconds: 42 };
    const answers = [
      { status: 'degraded', checks: { temporal: { ...check, required: false } } },
      { status: 'not_ready', checks: { postgres: { ...check, required: true } } },
      { error: 'no server is left' },
      { status: 'UP', checks: [] },
    ];
    await using other = await startFakeApi((response, _, index) => answerJson(response, index === 0 ? 200 : 503, answers[index]));
    const [degraded, away, proxy] = [await at(other.url, 'status'), await at(other.url, 'status', '--json'), await at(other.url, 'status')];
    expect([degraded.code, degraded.stdout]).toEqual([
      0,
      expect.stringMatching(/^degraded: [^]*^temporal +away, waited for +2025-03-01 [^]*/m),
    ]);
    expect([away.code, JSON.parse(away.stdout)]).toEqual([4, answers[1]]);
    expect([proxy.code, proxy.stderr]).toEqual([4, expect.stringContaining('not as OpsConductor does')]);
    expect(await at(other.url, 'status')).toMatchObject({ code: 4, stderr: expect.stringContaining('not as OpsConductor does') });
    // What cannot work is said at once: nothing was asked again.
    expect(other.seen).toHaveLength(4);
  });

  test('what runs where is told', async () => {
    expect(await cli('info')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^OpsConductor test on .*\n {2}up [^]*database +PostgreSQL \d[^]*namespace default, task queues test-[^]*\d+ targets, /,
      ),
    });
  });

  test('its measurements and the schemas of definitions are printed', async () => {
    expect(await cli('metrics')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^# HELP opsconductor_[^]*^opsconductor_runs\{/m),
    });
    expect(JSON.parse((await at(server.url, 'schema', 'job')).stdout)).toMatchObject({ $id: 'urn:opsconductor:schema:job' });
    expect(await at(server.url, 'schema', 'run')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('job, target, document, schedule'),
    });
  });

  test('the health of its database is asked of the API by whom only that reaches', async () => {
    const ask = async (environment: Record<string, string>, ...args: string[]): Promise<[unknown, string]> => {
      const started = startCli(['db', 'health', '--api', ...args], { XDG_CONFIG_HOME: folder, OPSCONDUCTOR_HOME: folder, ...environment });
      const [code] = (await once(started.child, 'close')) as [unknown];
      return [code, started.output()];
    };
    const [[code, json], [refusal, sentence]] = await Promise.all([
      ask({ OPSCONDUCTOR_URL: server.url, OPSCONDUCTOR_TOKEN: platform.token }, '--json'),
      ask({ OPSCONDUCTOR_URL: server.url }),
    ]);
    expect([code, JSON.parse(json)]).toEqual([
      0,
      expect.objectContaining({ server: expect.stringMatching(/^\d+/), tables: expect.any(Array) }),
    ]);
    expect([refusal, sentence]).toEqual([4, expect.stringContaining('Not logged in')]);
  });
});

test('serials are looked up, and patterns of them explained', async () => {
  const target = await addTarget(platform, 'looked-up.example.org');
  const [counted, found, inactive, shown, check, wrong] = await Promise.all([
    cli('serials', 'count', `${target.slice(0, -1)}*`, '--status', 'active'),
    cli('serials', 'find', `${target.slice(0, -1)}*`, '--status', 'active'),
    cli('serials', 'find', `${target.slice(0, -1)}*`, '--status', 'inactive'),
    cli('serials', 'show', target),
    cli('serials', 'check', 'J2025*.1.*'),
    cli('serials', 'check', 'J2025'),
  ]);
  const row = new RegExp(`^${target} +target +looked-up\\.example\\.org +active`, 'm');
  expect([found.stdout, shown.stdout]).toEqual([expect.stringMatching(row), expect.stringMatching(row)]);
  expect(counted.stdout).toMatch(/^(?:1 target|\d\d* targets): \d+ active\n$/);
  expect([inactive.code, inactive.stdout]).toEqual([0, '']);
  expect([check.code, check.stdout]).toEqual([0, 'J2025*.0001.*  looks for branches\n']);
  expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining('Did you mean J2025*?')]);
});

test('maintenance is begun, told and ended', async () => {
  expect((await cli('maintenance', 'on', '--note', 'new switches')).stdout).toMatch(
    /^Maintenance is on, since .* by admin: 0 runs not ended, 0 runs waiting\.\n$/,
  );
  expect(JSON.parse((await cli('maintenance', 'status', '--json')).stdout)).toMatchObject({ enabled: true, changed_by: 'admin' });
  expect((await cli('maintenance', 'off')).stdout).toContain('Maintenance is off');
});

test('calendars are made of files, shown, imported, asked when they are blacked out, and removed', async () => {
  const [file, wrong, events] = ['calendar.yaml', 'wrong.yaml', 'events.ics'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(
    file,
    'name: shop-hours\ntimezone: Europe/Berlin\nholds_runs: true\nwindows:\n  - { kind: blackout, summary: Open, weekly: { days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" } }\n',
  );
  writeFileSync(wrong, 'name: wrong\nwindows:\n  - kind: blackout\n    dates: { from: 2025-02-30, to: 2025-03-01 }\n');
  writeFileSync(
    events,
    'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:Move\nDTSTART;TZID=Office:20250303T060000\nDURATION:PT2H\nEND:VEVENT\nEND:VCALENDAR\n',
  );
  expect((await cli('calendars', 'create', '-f', file)).stdout).toMatch(/^[0-9a-f-]{36}\n$/);
  const refused = await cli('calendars', 'create', '-f', wrong);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('windows.0.dates.from: is a day that there is not (line 4)')]);
  const [listed, shown, times] = await Promise.all([
    cli('calendars', 'list'),
    cli('calendars', 'show', 'Shop-Hours'),
    cli('calendars', 'windows', 'shop-hours', '--from', '2025-03-01', '--to', '2025-03-02'),
  ]);
  expect(listed.stdout).toMatch(/^shop-hours +blackout with no end in sight +Europe\/Berlin +1 +skip +yes/m);
  expect(shown.stdout).toMatch(/\(Open\)\n[^]*runs that go on are held[^]*blackout +Mon Tue Wed Thu Fri Sat Sun {2}00:00–24:00 +Open/);
  expect(times.stdout).toMatch(/2025-03-01 00:00:00 +2025-03-02 00:00:00 +Open/);
  const unknown = await cli('calendars', 'import', events, '--name', 'moves');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('Its zone "Office" is no IANA zone')]);
  const imported = await cli('calendars', 'import', events, '--name', 'moves', '--zone', 'Office=Europe/Berlin', '--json');
  expect(JSON.parse(imported.stdout)).toMatchObject({ imported: 1, calendar: { name: 'moves', timezone: 'Europe/Berlin' } });
  expect((await cli('calendars', 'update', 'moves', '-f', file)).stderr).toContain('There is a calendar of this name already');
  expect((await cli('calendars', 'remove', 'moves')).stderr).toContain('Removed the calendar moves.');
  expect((await cli('calendars', 'show', 'moves')).code).toBe(2);
});

describe('audit', () => {
  test('events are searched and shown', async () => {
    const listed = await cli('audit', 'list', '--type', 'system_config_changed', '--from', '1h', '--search', 'new switches', '--json');
    const [event, ...others] = JSON.parse(listed.stdout) as { id: number }[];
    expect([event, others]).toMatchObject([{ action: 'begin_maintenance', resource_id: 'maintenance_mode', ip_address: '127.0.0.1' }, []]);
    const [table, shown, wrong] = await Promise.all([
      cli('audit', 'list', '--user', 'admin', '--limit', '2'),
      cli('audit', 'show', String(event?.id)),
      cli('audit', 'list', '--from', 'yesterday'),
    ]);
    expect(table.stdout.trim().split('\n')).toHaveLength(3);
    expect(shown.stdout).toMatch(/begin_maintenance[^]*signature {2}valid\n {2}seal {7}none yet\n[^]*"after": true/);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('12h')]);
  });

  test('events are counted, and what they may be is listed', async () => {
    const counted = await cli('audit', 'statistics', '--days', '1');
    expect([counted.code, counted.stdout]).toEqual([
      0,
      expect.stringMatching(/type +user_login +\d+\n[^]*severity [^]*user +admin [^]*day +\d{4}-[^]*all +\d+\n$/),
    ]);
    const { event_types: types } = JSON.parse((await cli('audit', 'types', '--json')).stdout) as { event_types: string[] };
    expect(types).toContain('credential_accessed');
  });

  test('the trail is exported to a file that was not there', async () => {
    const [saved, printed] = await Promise.all([
      cli('audit', 'export', '--type', 'user_login', '-o', join(folder, 'logins.csv')),
      cli('audit', 'export', '--type', 'user_login', '--format', 'ndjson'),
    ]);
    expect([saved.code, readFileSync(join(folder, 'logins.csv'), 'utf8')]).toEqual([
      0,
      expect.stringMatching(/^id,occurred_at,[^]*,user_login,login,/),
    ]);
    expect(JSON.parse(printed.stdout.split('\n')[0] ?? '')).toMatchObject({ event_type: 'user_login' });
    expect(await cli('audit', 'export', '-o', join(folder, 'logins.csv'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('EEXIST'),
    });
  });

  test('a verification ends with 0 when the trail is intact, with 1 and what was found when it is not', async () => {
    expect(await cli('audit', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The audit trail is intact\.\n\d+ events and 0 seals/),
    });
    await platform.db.transaction(async (transaction) => {
      await execute(platform.db, `SET LOCAL session_replication_role = 'replica'`, [], transaction);
      await execute(platform.db, `UPDATE audit_events SET action = 'other' WHERE action = 'end_maintenance'`, [], transaction);
    });
    const { code, stdout, stderr } = await cli('audit', 'verify');
    expect([code, stdout, stderr]).toEqual([
      1,
      expect.stringContaining('NOT intact: 1 finding(s)'),
      expect.stringContaining('event_altered: Event'),
    ]);
    expect((await cli('audit', 'seals')).code).toBe(0);
  });
});

test('a run is shown by its uuid too; runs watch without a serial prints a line for each run that is open and each change, until Ctrl-C', async () => {
  const job = await addJob(platform, 'watched', { targets: [await addTarget(platform, 'watched.example.org')] });
  const { body: run } = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
  const byUuid = await cli('runs', 'show', run.execution_uuid);
  expect([byUuid.code, byUuid.stdout]).toEqual([0, expect.stringContaining(run.execution_serial)]);
  const { stream, text } = sink();
  const environment = { OPSCONDUCTOR_URL: server.url, OPSCONDUCTOR_TOKEN: platform.token, XDG_CONFIG_HOME: folder };
  const watching = runCli(environment, ['runs', 'watch', '--job', job], { stdout: stream });
  await waitFor(() => text().includes(`${run.execution_serial}  scheduled  0/0  watched`));
  process.emit('SIGINT');
  expect(await watching).toMatchObject({ code: 130, stderr: '' });
  expect(await cli('runs', 'watch', run.execution_serial, '--job', job)).toMatchObject({ code: 2 });
});
