import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_SCHEDULES } from '../support/no-schedules.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { runCli, sink } from '../support/run-cli.ts';
import type { CliEnd } from '../support/run-cli.ts';
import { servePlatform } from '../support/serve-platform.ts';
import { addTarget, approval, createJob } from '../schedules/support/schedules.ts';

let platform: TestPlatform;
let server: Awaited<ReturnType<typeof servePlatform>>;
let folder: string;
let job: string;
let target: string;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  server = await servePlatform(platform);
  folder = mkdtempSync(join(tmpdir(), 'opsc-schedules-'));
  target = await addTarget(platform, 'cli-schedules');
  job = await createJob(platform, [target], [approval()], { name: 'Nightly checks' });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({ OPSCONDUCTOR_URL: server.url, OPSCONDUCTOR_TOKEN: platform.token, XDG_CONFIG_HOME: folder });
const cli = (...args: string[]): Promise<CliEnd> => runCli(environment(), ['schedules', ...args]);
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
/** What stands on a terminal of 100 columns, and with its colours. */
const screen = async (...args: string[]): Promise<{ text: string; coloured: string }> => {
  const stdout = sink({ isTTY: true, columns: 100 });
  const { code, stderr } = await runCli(environment(), ['schedules', ...args], { stdout: stdout.stream });
  if (code !== 0) throw new Error(stderr);
  return { text: stdout.text().replaceAll(/\u001B\[\d+m/g, ''), coloured: stdout.text() }; // oxlint-disable-line no-control-regex
};
const definition = (name: string, more = ''): string => `name: ${name}
job: Nightly checks
when:
  weekly: { on: [monday, thursday], at: "03:30" }
timezone: Europe/Berlin
${more}`;
const make = async (name: string, more = ''): Promise<string> => {
  const made = await cli('create', '-f', write(`${name}.yaml`, definition(name, more)));
  if (made.code !== 0) throw new Error(made.stderr);
  return made.stdout.trim();
};
const ledger = (serial: string, columns: string, values: string) =>
  platform.db.query(
    `INSERT INTO schedule_executions (job_schedule_id, ${columns}) SELECT id, ${values} FROM job_schedules WHERE schedule_serial = '${serial}'`,
  );

describe('schedules', () => {
  test('are made from a file that names the job, shown by name, changed, and removed', async () => {
    const file = write('one.yaml', definition('one', 'labels: { team: web }\njitter_seconds: 30\ndescription: the first\n'));
    const made = await cli('create', '-f', file);
    expect(made).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^JSCHED-\d{8}\n$/),
      stderr: expect.stringMatching(new RegExp(`^Made schedule "one" of ${job}: Mon Thu 03:30 Europe/Berlin, in .*\\.\n$`)),
    });
    const serial = made.stdout.trim();
    const shown = await cli('show', 'one');
    expect(shown.stdout).toMatch(new RegExp(`^${serial}  one  active\n  the first\n  job               ${job}  Nightly checks\n`));
    expect(shown.stdout).toMatch(
      /\n {2}next {14}\d{4}-\d\d-\d\d 03:30(?::\d\d)? \+0[12]:00 \(\d{4}-\d\d-\d\d 0[12]:30(?::\d\d)? UTC\), in /,
    );
    expect(shown.stdout).toContain('  spread            up to 30 s later\n');
    const same = await cli('update', 'one', '-f', write('one.yaml', definition('first', 'paused: true\n')));
    expect(same).toMatchObject({
      code: 0,
      stdout: `${serial}\n`,
      stderr: expect.stringMatching(/^It stays active: an update does not pause/),
    });
    const data = JSON.parse((await cli('show', serial, '--json')).stdout);
    expect(data).toMatchObject({ name: 'first', jitter_seconds: 0, job_serial: job });
    expect((await cli('remove', 'first', '--json')).stdout).toBe(`{\n  "schedule_serial": "${serial}"\n}\n`);
    expect(await cli('show', 'first')).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no schedule named "first"') });
  });

  test('what is wrong in a file is told with its line', async () => {
    const wrong = await cli('create', '-f', write('wrong.yaml', 'name: x\njob: Nightly checks\nwhen:\n  daily: { at: "25:00" }\n'));
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/\(line 4\)/);
    expect(wrong.stderr).not.toMatch(/a job that/);
    expect((await cli('create', '-f', write('list.yaml', '- 1\n'))).stderr).toMatch(
      /does not hold a schedule: it must be a mapping with a name/,
    );
    expect((await cli('create', '-f', write('nojob.yaml', 'name: x\njob: Nobody\nwhen: { every: 1h }\n'))).stderr).toMatch(
      /There is no job named "Nobody"/,
    );
    const other = await createJob(platform, [target], [approval()], { name: 'Another' });
    const serial = await make('stays');
    const moved = await cli('update', serial, '-f', write('moved.yaml', definition('stays').replace('Nightly checks', other)));
    expect(moved.stderr).toMatch(new RegExp(`${serial} is a schedule of ${job}, not of ${other}`));
  });

  test('a name that several have is not taken for one of them', async () => {
    const other = await createJob(platform, [target], [approval()], { name: 'Has one of the same name' });
    const serials = [
      await make('twin'),
      (await cli('create', '-f', write('t.yaml', definition('twin').replace('Nightly checks', other)))).stdout.trim(),
    ];
    const { code, stderr } = await cli('pause', 'twin');
    expect(code).toBe(2);
    for (const serial of serials) expect(stderr).toContain(serial);
  });

  test('the list begins with what is wrong, fits a terminal, and has colours only there', async () => {
    const [bad, late, well, stopped] = [await make('l-bad'), await make('l-late'), await make('l-well'), await make('l-stopped')];
    await ledger(bad, 'scheduled_at, status, completed_at, error_message', `now() - interval '1 hour', 'failed', now(), 'no'`);
    await ledger(late, 'scheduled_at', `now() - interval '5 minutes'`);
    await cli('pause', stopped, '--note', 'The storage is moved.');
    const { text, coloured } = await screen('list', '--search', 'l-');
    const rows = text.trimEnd().split('\n');
    expect(rows[0]).toMatch(/^SERIAL +NAME +JOB +WHEN +NEXT +LAST +ATTENTION$/);
    expect(rows.slice(1).map((row) => row.split(/ {2,}/)[1])).toEqual(['l-bad', 'l-late', 'l-well', 'l-stopped']);
    expect(rows.map((row) => row.length <= 100)).toEqual(rows.map(() => true));
    expect(rows[1]).toMatch(new RegExp(`^${bad} .* failed +failing$`));
    expect(rows[2]).toMatch(/ late$/);
    expect(rows[4]).toMatch(/ paused$/);
    expect(coloured).toContain('\u001B[31mfailing');
    const plain = await cli('list', '--job', 'Nightly checks', '--sort', 'name', '--search', 'l-');
    expect(plain.stdout).not.toContain('\u001B');
    expect(plain.stdout).toContain('Mon Thu 03:30 Europe/Berlin');
    expect((await cli('show', stopped)).stdout).toContain('  next              paused: The storage is moved.\n');
    expect((await screen('show', bad)).text).toMatch(/\n {2}FAILING: its last run failed\. See: opsconductor schedules history JSCHED/);
    expect((await cli('resume', well)).code).toBe(0);
    expect(JSON.parse((await cli('list', '--status', 'paused', '--json')).stdout)).toMatchObject([{ schedule_serial: stopped }]);
  });

  test('the ledger says what became of each instant, in the zone of the schedule', async () => {
    const serial = await make('remembers');
    await ledger(serial, 'scheduled_at, status, skip_reason, completed_at', `'2026-03-29T01:30:00Z', 'skipped', 'missed_catchup', now()`);
    await ledger(
      serial,
      'scheduled_at, status, workflow_id, started_at, completed_at, result_summary',
      `'2026-03-28T02:30:00Z', 'completed', 'cli-test-${serial}', '2026-03-28T02:30:01.5Z', now(), '1 of 1 branches completed.'`,
    );
    const { stdout } = await cli('history', 'remembers', '--to', '2026-04-01');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((row) => row.trimEnd().split(/ {2,}/)),
    ).toEqual([
      ['PLANNED', 'OUTCOME', 'DELAY', 'RUN', 'SAYS'],
      ['2026-03-29 03:30 +02:00', 'skipped: missed catchup'],
      ['2026-03-28 03:30 +01:00', 'completed', '1.5 s', '1 of 1 branches completed.'],
    ]);
    const all = await cli('history', '--reason', 'missed_catchup', '--json');
    expect(JSON.parse(all.stdout)).toMatchObject([{ schedule_name: 'remembers', skip_reason: 'missed_catchup' }]);
    expect((await screen('history')).text).toMatch(/^PLANNED +SCHEDULE +OUTCOME +DELAY +RUN +SAYS\n/);
    await cli('remove', serial);
    expect((await cli('history', serial)).stdout).toMatch(/skipped: missed catchup/);
  });

  test('what is to come: of one, of all, and of rules that are only tried', async () => {
    const serial = await make('comes');
    const { stdout } = await cli('next', 'comes', '--to', '8d');
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^IN ITS ZONE +UTC +SCHEDULE +NAME$/);
    expect(rows.length).toBeGreaterThanOrEqual(2);
    expect(rows[0]).toMatch(new RegExp(`^\\S+ 03:30 \\+0[12]:00  \\S+ 0[12]:30  in .*  ${serial}  comes$`));
    expect((await cli('next', '--from', '1d', '--to', '9d')).stdout).toContain('comes');
    expect((await cli('next', 'comes', '--to', 'soon')).stderr).toMatch(/how far ahead, such as 12h or 3d/);
    const tried = await cli('preview', '--daily', '02:30', '--timezone', 'Europe/Berlin', '--json');
    expect(JSON.parse(tried.stdout).instants).toHaveLength(20);
    expect((await cli('preview', '-f', join(folder, 'comes.yaml'))).stdout.split('\n')[1]).toMatch(/^\S+ 03:30 \+0[12]:00 /);
    expect(await cli('preview')).toMatchObject({ code: 2, stderr: expect.stringContaining('Give a definition with -f, or a rule') });
    expect((await cli('feed', 'comes', '--past-days', '0')).stdout).toMatch(
      /^BEGIN:VCALENDAR\r\n[^]*SUMMARY:comes\r\n[^]*END:VCALENDAR\r\n$/,
    );
    expect((await cli('feed', '--coming-days', '1000')).stderr).toMatch(/366 at most/);
  });

  test('is run by hand, backfilled, paused, resumed and synced', async () => {
    const serial = await make('by-hand');
    expect(await cli('run-now', 'by-hand')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^SEXEC-\d{8}\n$/),
      stderr: `${serial} is started now. What becomes of it: opsconductor schedules history ${serial}\n`,
    });
    expect((await cli('history', serial)).stdout).toMatch(/(due|running) \(run now\)/);
    const filled = await cli('backfill', serial, '--from', '8d', '--to', '1m');
    expect(filled).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/has [23] instant\(s\) in this period/) });
    expect((await cli('backfill', serial, '--from', '2m', '--to', '1m')).stderr).toMatch(/has no instant in this period/);
    expect((await cli('pause', serial)).stderr).toBe(`${serial} is paused; next: paused.\n`);
    expect((await cli('resume', serial)).stderr).toMatch(new RegExp(`^${serial} is active; next: in `));
    expect((await cli('sync', serial)).code).toBe(0);
  });

  test('one that Temporal does not have yet is said to be so', async () => {
    const { schedules } = platform.services;
    platform.services.schedules = NO_SCHEDULES;
    try {
      const made = await cli('create', '-f', write('away.yaml', definition('away')));
      expect(made).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/\nTemporal does not have it so yet: There is no Temporal here\. It is tried each minute/),
      });
      expect((await cli('show', 'away')).stdout).toMatch(
        /\n {2}UNSYNCED: .*\n {2}Not compared with Temporal: There is no Temporal here\.\n/,
      );
      expect((await cli('sync', 'away')).code).toBe(4);
    } finally {
      platform.services.schedules = schedules;
    }
    expect((await cli('sync', 'away')).stderr).toMatch(/and Temporal agree; next: in /);
  });
});
