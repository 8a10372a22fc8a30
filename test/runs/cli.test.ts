import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cliHere } from '../support/cli-here.ts';
import { startCli } from '../support/cli-process.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { servePlatform } from '../support/serve-platform.ts';

const SERIAL = /J\d+\.\d{4}/;

describe.skipIf(withoutSshd)('the command line (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let api: Awaited<ReturnType<typeof servePlatform>>;
  let folder: string;
  let targets: string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'opsc-cli-'));
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    [api, targets] = await Promise.all([servePlatform(platform), addTargets(platform, fleet, 3)]);
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** Only what a person has: the address, and what an earlier login has kept. */
  const environment = () => ({ OPSCONDUCTOR_URL: api.url, XDG_CONFIG_HOME: folder, OPSCONDUCTOR_HOME: folder });
  const start = (args: readonly string[], options: { input?: string; terminal?: boolean } = {}) => {
    const started = startCli(args, environment(), options);
    const ended = once(started.child, 'close').then(([code]: unknown[]) => ({ code, output: started.output() }));
    return { ...started, ended };
  };
  const cli = (...args: string[]) => start(args).ended;
  const jobFile = (definition: object): string => {
    const path = join(folder, 'job.yaml');
    writeFileSync(path, stringify(definition));
    return path;
  };
  const create = async (name: string, text: string): Promise<string> => {
    const made = await cli('jobs', 'create', '-f', jobFile({ name, targets, actions: [command(text)] }));
    expect(made.code).toBe(0);
    return /^J\d+$/m.exec(made.output)?.[0] ?? made.output;
  };

  test('logs in, makes a job from a file, runs and watches it, and shows what came of it', { timeout: 180_000 }, async () => {
    expect(await cli('jobs', 'list')).toMatchObject({ code: 4, output: expect.stringContaining('Not logged in') });
    const { username, password } = platform.admin;
    expect(await start(['login', '--username', username, '--password-stdin'], { input: 'wrong\n' }).ended).toMatchObject({ code: 4 });
    expect((await start(['login', '--username', username, '--password-stdin'], { input: `${password}\n` }).ended).code).toBe(0);
    expect((await cli('whoami')).output).toContain(`admin (admin) at ${api.url}`);

    const job = await create('say hello', 'echo "hello from $TARGET_NAME"; echo "on the side" >&2');
    expect((await cli('jobs', 'list')).output).toMatch(new RegExp(`${job} +say hello`));
    const ran = await cli('jobs', 'run', job, '--watch');
    expect(ran.code).toBe(0);
    for (const name of ['host-1', 'host-2', 'host-3']) expect(ran.output).toMatch(new RegExp(`^completed +${name} `, 'm'));
    expect(ran.output).not.toContain('\u001b');
    const [serial = ''] = SERIAL.exec(ran.output) ?? [];

    expect((await cli('runs', 'list', '--job', job)).output).toMatch(new RegExp(`${serial} +say hello +completed +3 +0`));
    expect(await cli('runs', 'show', serial)).toMatchObject({ code: 0, output: expect.stringMatching(/host-2 +T\d+ +completed +0/) });
    expect((await cli('runs', 'watch', serial)).code).toBe(0);
    const logs = await cli('runs', 'logs', serial, '--target', 'host-3');
    expect(logs.output).toMatch(/^hello from host-3$/m);
    expect(logs.output).toMatch(/^! on the side$/m);

    const failing = await create('fail on one', '[ "$TARGET_NAME" != host-2 ] || { echo "disk is full" >&2; exit 3; }');
    const failed = await cli('jobs', 'run', failing, '--watch');
    expect(failed).toMatchObject({ code: 1, output: expect.stringMatching(/^failed +host-2 .*disk is full/m) });
    const [failedSerial = ''] = SERIAL.exec(failed.output) ?? [];
    expect((await cli('runs', 'show', failedSerial)).code).toBe(1);
    expect((await cli('runs', 'show', `${job}.0099`)).code).toBe(2);
    await readEnded(serial, failedSerial);
  });

  /** What there is to read of a run that completed, and of one that failed on host-2. */
  const readEnded = async (ended: string, failed: string): Promise<void> => {
    const cli = (...args: string[]) => cliHere(args, { OPSCONDUCTOR_URL: api.url, OPSCONDUCTOR_TOKEN: platform.token });
    const said = async (...args: string[]): Promise<string> => (await cli(...args)).output;
    expect(await said('runs', 'list', '--failed', '--search', 'FAIL', '--since', '1h')).toContain(failed);
    expect(await said('runs', 'list', '--count', '--target', targets[0] ?? '')).toMatch(/completed +1\nfailed +1\n/);
    expect(await said('runs', 'summary', failed)).toMatch(
      /all +0 +0 +2 +1 +0\n[^]*1 +command_execution +COMMAND_FAILED\n[^]*1 +\S.* +command +2 +1 /,
    );
    expect(await said('runs', 'results', failed, '--status', 'failed')).toMatch(new RegExp(`${failed}\\.0002 .*failed +3 .*disk is full`));
    expect(await cli('runs', 'branch', `${failed}.0002`)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/host-2 [^]*exit 3[^]*disk is full/),
    });
    expect(await said('runs', 'action', `${ended}.0003.0001`)).toContain('hello from host-3\non the side\n');
    expect(await said('runs', 'find', `${ended.slice(0, 5)}*.0001.0002`)).toMatch(new RegExp(`${failed}\\.0002 +branch +host-2 +failed`));
    expect(await cli('runs', 'find', ended.slice(0, 5))).toMatchObject({
      code: 2,
      output: expect.stringContaining(`Did you mean ${ended.slice(0, 5)}*?`),
    });
    expect(await said('runs', 'compare', ended, failed, '--only', 'outcome')).toMatch(
      /host-2 +T\d+ +completed .* failed \(exit 3\) .* status, exit_code, failure/,
    );
    const hellos = await said('runs', 'logs', ended, '-i', '--grep', 'HELLO', '--stream', 'stdout');
    expect(hellos.trim().split('\n').toSorted()).toEqual(['host-1', 'host-2', 'host-3'].map((name) => `${name} | hello from ${name}`));
    expect(await cli('runs', 'logs', ended, '-f', '--regex', 'x')).toMatchObject({
      code: 2,
      output: expect.stringContaining('--follow takes neither --regex'),
    });
    expect(await said('logs', 'search', '--target', targets[1] ?? '', '-e', 'disk .s full$')).toMatch(
      new RegExp(`${failed} host-2 ! disk is full`),
    );
    expect(await cli('logs', 'search', '--grep', 'x')).toMatchObject({ code: 2, output: expect.stringContaining('at most 7 days') });
    const file = join(folder, 'whole.log');
    expect(await said('runs', 'download', ended, '--to', file)).toBe(`${file}\n`);
    expect(readFileSync(file, 'utf8')).toMatch(/^\d{4}-\d\d-\d\d [\d:.]+ \+00:00 host-3 \| hello from host-3$/m);
    const lines = (await said('runs', 'download', ended, '--format', 'ndjson', '--to', '-'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toHaveLength(readFileSync(file, 'utf8').trim().split('\n').length);
  };

  test(
    'on a terminal a run is shown live; Ctrl-C leaves it going; its log is followed to its end, a cancel',
    { timeout: 120_000 },
    async () => {
      const { serial } = await runJob(platform, targets, [command('echo "at work on $TARGET_NAME"; sleep 330')]);
      await untilEvents(platform, serial, 1, saysLine('at work on host-2'));
      const watch = start(['runs', 'watch', serial], { terminal: true });
      await watch.until('at work on host-2');
      // Drawn again over the frame before.
      await watch.until('\u001b[7A');
      for (const drawn of ['\u001b[?25l', serial, '0/3', '▸', 'host-1', 'host-3']) expect(watch.output()).toContain(drawn);
      watch.child.stdin?.write('\u0003');
      const left = await watch.ended;
      expect(left.code).toBe(130);
      expect(left.output).toContain(`The run goes on. Watch it again: opsconductor runs watch ${serial}`);
      expect(left.output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(left.output.lastIndexOf('\u001b[?25l'));
      expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body.status).toBe('running');

      const logs = start(['runs', 'logs', serial, '-f']);
      await logs.until('host-3 | at work on host-3');
      const plain = start(['runs', 'watch', serial]);
      expect((await cli('runs', 'cancel', serial)).code).toBe(0);
      expect((await logs.ended).code).toBe(0);
      expect(await plain.ended).toMatchObject({ code: 3, output: expect.stringMatching(/^cancelled +host-1/m) });
      expect((await cli('runs', 'show', serial)).code).toBe(3);
    },
  );

  test(
    'of a run that goes on only the lines with a text are followed, those that are stored and those that come',
    { timeout: 120_000 },
    async () => {
      const gate = join(fleet.folder, 'gate');
      const wait = `until [ -e ${gate} ]; do sleep 0.1; done`;
      const text = `echo "wanted before"; echo noise; ${wait}; echo "more noise"; echo "now Wanted again" >&2; echo "the end"`;
      const { serial } = await runJob(platform, targets, [command(text)]);
      await untilEvents(platform, serial, 3, saysLine('noise'));
      const followed = start(['runs', 'logs', serial, '-f', '--grep', 'WANTED', '-i']);
      const exact = start(['runs', 'logs', serial, '-f', '--grep', 'wanted', '--stream', 'stdout', '--json']);
      for (const name of ['host-1', 'host-2', 'host-3']) await followed.until(`${name} | wanted before`);
      await exact.until('wanted before');
      writeFileSync(gate, '');
      const [all, lines] = await Promise.all([followed.ended, exact.ended]);
      expect([all.code, all.output.trim().split('\n').toSorted()]).toEqual([
        0,
        ['host-1', 'host-2', 'host-3'].flatMap((name) => [`${name} ! now Wanted again`, `${name} | wanted before`]),
      ]);
      const messages = lines.output
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { log_message: string }).log_message);
      expect([lines.code, messages]).toEqual([0, Array.from(targets, () => 'wanted before')]);
    },
  );
});
