import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createProgressLine } from '../../src/cli/terminal/progress-line.ts';
import { selectRow } from '../../src/db/query.ts';
import { runCli, sink } from '../support/run-cli.ts';
import type { CliEnd } from '../support/run-cli.ts';
import { servePlatform } from '../support/serve-platform.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

let platform: TestPlatform;
let server: Awaited<ReturnType<typeof servePlatform>>;
let folder: string;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  server = await servePlatform(platform);
  folder = mkdtempSync(join(tmpdir(), 'opsc-transfer-'));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({ OPSCONDUCTOR_URL: server.url, OPSCONDUCTOR_TOKEN: platform.token, XDG_CONFIG_HOME: folder });
const cliWith = (input: string, terminal: Partial<NodeJS.WriteStream>, ...args: string[]): Promise<CliEnd> =>
  runCli(environment(), args, { input, terminal });
const cli = (...args: string[]): Promise<CliEnd> => cliWith('', {}, ...args);

const TARGETS = `# two machines
kind: target
name: apply-1
os_type: linux
methods:
  - method_type: ssh
    host: 192.0.2.1
    port: 2222
---
name: apply-2
os_type: linux
methods:
  - method_type: ssh
    host: 192.0.2.2
`;
const job = (command: string, target = 'apply-2'): string => `name: apply-job
targets: [apply-1, ${target}]
actions:
  - action_name: Look
    action_type: command
    action_parameters:
      command: ${command}
`;

describe('apply', () => {
  let files: string;
  const write = (name: string, text: string): void => writeFileSync(join(files, name), text);
  const counts = () =>
    selectRow(
      platform.db,
      `SELECT (SELECT count(*)::int FROM universal_targets WHERE deleted_at IS NULL AND name LIKE 'apply-%') AS targets, (SELECT count(*)::int FROM job_versions) AS versions`,
    );
  beforeEach(() => {
    files = mkdtempSync(join(folder, 'files-'));
    write('targets.yaml', TARGETS);
    write('job.yml', job('uptime'));
    write('notes.txt', 'not a definition: [');
  });

  test('a folder is looked at, applied, and left alone when all is so; a change is shown field by field', async () => {
    expect(await cli('apply', '-f', files, '--dry-run')).toEqual({
      code: 0,
      stdout: '+ target apply-1\n+ target apply-2\n+ job apply-job\n',
      stderr: 'Nothing was changed; it would be: 3 created.\n',
    });
    expect(await counts()).toEqual({ targets: 0, versions: 0 });

    expect(await cli('apply', '-f', files)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\+ target apply-1 \(T\d+\)\n\+ target apply-2 \(T\d+\)\n\+ job apply-job \(J\d+\)\n$/),
      stderr: 'Applied: 3 created.\n',
    });
    expect(await cli('apply', '-f', files)).toEqual({ code: 0, stdout: '', stderr: 'Applied: 3 unchanged.\n' });
    expect(await counts()).toEqual({ targets: 2, versions: 1 });

    write('job.yml', job('df -h'));
    const changed = await cli('apply', '-f', join(files, 'targets.yaml'), '-f', join(files, 'job.yml'));
    expect(changed).toMatchObject({ code: 0, stderr: 'Applied: 1 updated, 2 unchanged.\n' });
    expect(changed.stdout).toMatch(/^~ job apply-job \(J\d+\)\n {4}actions\..*command\n {6}- uptime\n {6}\+ df -h\n$/);
    expect(await counts()).toEqual({ targets: 2, versions: 2 });
  });

  test('a set with a mistake changes nothing; each mistake has its file, line and field', async () => {
    const before = await counts();
    write('targets.yaml', TARGETS.replace('port: 2222', 'port: many'));
    write('job.yml', job('id', 'apply-9'));
    const { code, stdout, stderr } = await cli('apply', '-f', files);
    expect([code, stderr]).toEqual([1, 'Nothing was applied: 2 of 3 cannot be.\n']);
    expect(stdout).toContain(`${files}/targets.yaml:8: methods.0.port: `);
    expect(stdout).toContain(`${files}/job.yml:2: targets.1: there is no target apply-9`);
    expect(await counts()).toEqual(before);
  });

  test.each([
    ['a file that is not there', ['-f', '/nowhere/x.yaml'], '/nowhere/x.yaml cannot be read (ENOENT).'],
    ['what is no YAML', ['-f', '-'], 'stdin:2:8: '],
  ])('%s is refused before anything is sent', async (_, args, says) => {
    const { code, stderr } = await cliWith('kind: job\nname: [\n', {}, 'apply', ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  test.each([
    ['an empty file', '', 'Nothing is defined in -.'],
    ['a tag of programs', 'kind: job\nname: !!js/function x\n', 'stdin:2:7: '],
    [
      'a bomb of aliases',
      `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      'too many aliases',
    ],
  ])('%s is refused', async (_, input, says) => {
    const { code, stderr } = await cliWith(input, {}, 'apply', '-f', '-');
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  test('a folder without definitions is refused', async () => {
    mkdirSync(join(files, 'empty'));
    expect(await cli('apply', '-f', join(files, 'empty'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no file that ends with'),
    });
  });

  test('--json prints the report', async () => {
    const { stdout } = await cli('apply', '-f', join(files, 'targets.yaml'), '--dry-run', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      summary: { validate_only: true, total: 2 },
      rows: [{ name: 'apply-1' }, { name: 'apply-2' }],
    });
  });
});

describe('export and import', () => {
  test('what was exported is applied again without a change, in YAML, JSON and CSV', async () => {
    await platform.api('POST', '/api/v1/targets', {
      name: '=cmd()',
      os_type: 'linux',
      methods: [
        { method_type: 'ssh', host: '192.0.2.9', credential: { credential_type: 'password', username: 'ops', password: 'very secret' } },
      ],
    });
    for (const format of ['yaml', 'json', 'csv']) {
      const path = join(folder, `targets.${format}`);
      expect(await cli('export', 'targets', '--format', format, '-o', path)).toMatchObject({ code: 0, stderr: `Exported to ${path}.\n` });
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, 'utf8')).not.toContain('very secret');
      const again = await cli('import', path, '--changes');
      expect([format, again.code, again.stdout, again.stderr]).toEqual([
        format,
        0,
        expect.any(String),
        expect.stringMatching(/^\d+ unchanged\.\n$/),
      ]);
    }
  });

  test('secrets travel sealed, with a passphrase from stdin', async () => {
    const path = join(folder, 'sealed.json');
    const passphrase = 'of twelve characters or more';
    expect(await cliWith(`${passphrase}\n`, {}, 'export', 'targets', '--format', 'json', '--passphrase-stdin', '-o', path)).toMatchObject({
      code: 0,
    });
    expect(readFileSync(path, 'utf8')).toContain('"sealed"');
    expect(await cliWith('of another twelve characters', {}, 'import', path, '--passphrase-stdin')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('passphrase'),
    });
    expect(await cliWith(passphrase, {}, 'import', path, '--passphrase-stdin', '--validate-only')).toMatchObject({ code: 0 });
  });

  test('what fails is printed with its row and exits with 1; the rest is taken', async () => {
    const path = join(folder, 'some.csv');
    writeFileSync(path, 'name,os_type,method_type,host\nimported-1,linux,ssh,192.0.2.31\nimported-2,beos,ssh,192.0.2.32\n');
    const { code, stdout, stderr } = await cli('import', path);
    expect([code, stderr]).toEqual([1, '1 created, 1 failed.\n']);
    expect(stdout).toMatch(/^! target imported-2\n/);
    expect(stdout).toContain(`${path}, row 3: `);
  });

  test('a name that says nothing of the format asks for it; stdin is not twice', async () => {
    expect(await cli('import', join(folder, 'data'))).toMatchObject({ code: 2, stderr: expect.stringContaining('Give --format') });
    expect(await cli('import', '-', '--format', 'json', '--passphrase-stdin')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('both'),
    });
  });

  test('on a terminal a bar says how far it is, and goes when it is done', async () => {
    const path = join(folder, 'bar.json');
    const item = (number: number) => ({
      kind: 'target',
      name: `bar-${number}`,
      os_type: 'linux',
      methods: [{ method_type: 'ssh', host: `192.0.2.${number}` }],
    });
    writeFileSync(path, JSON.stringify({ items: [item(101), item(102)] }));
    const { stderr } = await cliWith('', { isTTY: true, columns: 60 }, 'import', path);
    expect(stderr).toContain('0/2');
    expect(stderr.endsWith('\r\u001b[K2 created.\n')).toBe(true);
  });

  test('a bar is drawn nowhere but on a terminal', () => {
    const { stream, text } = sink();
    const line = createProgressLine(stream);
    line.show(() => 'bar');
    line.clear();
    expect(text()).toBe('');
  });
});
