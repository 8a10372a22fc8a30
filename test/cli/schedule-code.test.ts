import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { exitCodeOfCommand } from '../../src/cli/exit-code.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { createFixture } from '../schedules/support/code.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { runCli } from '../support/run-cli.ts';
import type { CliEnd } from '../support/run-cli.ts';
import { servePlatform } from '../support/serve-platform.ts';
import { WRONG_TS, WRONG_YAML } from './wrong-schedules.ts';

let platform: TestPlatform;
let server: Awaited<ReturnType<typeof servePlatform>>;
let folder: string;
let files: string;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  server = await servePlatform(platform);
  folder = mkdtempSync(join(tmpdir(), 'opsc-schedules-'));
  for (const job of ['Disk space', 'Demo', 'Two of a name', 'Two of a name']) await createFixture(platform, job);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  files = mkdtempSync(join(folder, 'files-'));
});

const write = (name: string, text: string): void => {
  mkdirSync(join(files, name, '..'), { recursive: true });
  writeFileSync(join(files, name), text);
};
const cli = (...args: string[]): Promise<CliEnd> =>
  runCli({ OPSCONDUCTOR_URL: server.url, OPSCONDUCTOR_TOKEN: platform.token, XDG_CONFIG_HOME: folder }, ['schedules', ...args], {
    input: '',
  });
/** With what differs from run to run by its name. */
const said = ({ stdout, stderr, ...end }: CliEnd) => {
  const text = (written: string): string =>
    written
      .replaceAll(files, 'FOLDER')
      .replaceAll(/JSCHED-\d+/g, 'SERIAL')
      .replaceAll(/J(?!20000001)\d{9,}/g, 'JOB');
  return { ...end, stdout: text(stdout), stderr: text(stderr) };
};
const countRows = async (): Promise<number> =>
  (await selectRow<{ count: number }>(platform.db, 'SELECT count(*)::int AS count FROM job_schedules'))?.count ?? 0;

const GOOD = `name: good\njob: Disk space\nwhen: {daily: {at: "03:00"}}\n`;

describe('wrong definitions', () => {
  test('are all refused by a plan, each with its file, its line and a sentence', async () => {
    const wrong = [...WRONG_YAML, ...WRONG_TS];
    expect(wrong.length).toBeGreaterThan(90);
    for (const { file, text } of wrong) write(`deep/${file}`, text);
    write('good.yaml', GOOD);
    const end = said(await cli('plan', '-f', files));
    expect(end).toMatchObject({ code: 1, stdout: '' });
    const lines = end.stderr.trimEnd().split('\n');
    const byFile = Map.groupBy(lines, (line) => /^FOLDER\/deep\/([^:]+):/.exec(line)?.[1] ?? '');
    for (const { file, said: expected } of wrong) {
      const path = `FOLDER/deep/${file}`;
      expect(byFile.get(file)).toEqual(
        expected.map((line) => `${path}:${line.replaceAll('FILE', path).replaceAll('FOLDER/_', 'FOLDER/deep/_')}`),
      );
    }
    expect(byFile.get('')).toEqual([`${lines.length - 1} problem(s): nothing of this set can be applied.`]);
    // The value of the secret that is none.
    expect(end.stderr).not.toContain('5150515051');
  });

  test('keep the others of their set from being applied', async () => {
    write('good.yaml', GOOD);
    for (const { file, text, said: expected } of [...WRONG_YAML.slice(0, 3), ...WRONG_TS.slice(0, 1)]) {
      write(`wrong/${file}`, text);
      const end = await cli('apply', '-f', join(files, 'good.yaml'), '-f', join(files, 'wrong', file), '--yes');
      expect(said(end)).toEqual({
        code: 1,
        stdout: '',
        stderr: `FOLDER/wrong/${file}:${expected[0]}\n1 problem(s): nothing of this set can be applied.\n`,
      });
    }
    expect(await countRows()).toBe(0);
  });

  test('files that are not there, or none', async () => {
    expect(said(await cli('plan', '-f', join(files, 'nowhere')))).toMatchObject({
      stderr: 'error: FOLDER/nowhere is not there. Name files or folders with -f; without it, the folder schedules/ is read.\n',
    });
    write('notes.txt', 'no definition');
    expect(said(await cli('plan', '-f', files)).stderr).toBe('error: The folder FOLDER has no file that ends with .yaml, .yml or .ts.\n');
    expect(said(await cli('plan', '-f', join(files, 'notes.txt'))).stderr).toBe(
      'error: FOLDER/notes.txt does not end with .yaml, .yml or .ts: definitions of schedules are read from those.\n',
    );
    // Of a plan 2 means that there are changes.
    expect(exitCodeOfCommand(['schedules', 'plan', '-f', 'nowhere'], new Error('wrong'), 2)).toBe(1);
    expect(exitCodeOfCommand(['schedules', 'apply', '-f', 'nowhere'], new Error('wrong'), 2)).toBe(2);
  });

  test('more than one set may have', async () => {
    write(
      'many.yaml',
      JSON.stringify(Array.from({ length: 5_001 }, (_, index) => ({ name: `n${index}`, job: 'Disk space', when: { every: '1h' } }))),
    );
    expect(said(await cli('plan', '-f', files)).stderr).toBe(
      'FOLDER/many.yaml:1: is definition 5001 of 5001: one set may have at most 5000; apply folders apart, without --prune\n1 problem(s): nothing of this set can be applied.\n',
    );
  });
});

test('plan, diff, apply, and a plan without changes', async () => {
  write('a.yaml', `# comment\n\n${GOOD}`);
  write('sub/b.yml', `- name: second\n  job: Disk space\n  when: {every: 2h}\n`);
  write('_shared.ts', `export const zone = 'Europe/Berlin';\n`);
  write(
    'c.ts',
    `import { defineSchedule } from 'opsconductor/schedules';\nimport { zone } from './_shared.ts';\n\nconsole.log('loading');\nexport default defineSchedule({\n  name: 'third',\n  job: 'Disk space',\n  when: { daily: { at: '04:00' } },\n  timezone: zone,\n  variables: { TOKEN: 'hidden-value' },\n});\n`,
  );
  const planned = said(await cli('plan', '-f', files));
  expect(planned).toEqual({
    code: 2,
    stdout:
      '+ good of Disk space (JOB)  FOLDER/a.yaml:3\n+ third of Disk space (JOB)  FOLDER/c.ts:5\n+ second of Disk space (JOB)  FOLDER/sub/b.yml:1\n',
    stderr: 'loading\nPlan: 3 to create.\n',
  });
  const unasked = await cli('apply', '-f', files);
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).toContain('There is no terminal to ask for the apply this? (yes/no) at. Without one, say --yes.');
  expect(await countRows()).toBe(0);

  const applied = await cli('apply', '-f', files, '--yes');
  expect(applied).toMatchObject({ code: 0, stderr: 'loading\nPlan: 3 to create.\nApplied: 3 created.\n' });
  expect(applied.stdout + applied.stderr).not.toContain('hidden-value');
  expect(await selectRows(platform.db, 'SELECT name, sync_status FROM job_schedules ORDER BY name')).toEqual([
    { name: 'good', sync_status: 'synced' },
    { name: 'second', sync_status: 'synced' },
    { name: 'third', sync_status: 'synced' },
  ]);
  expect(await cli('plan', '-f', files)).toEqual({ code: 0, stdout: '', stderr: 'loading\nNothing to do: 3 unchanged.\n' });
  expect(await cli('apply', '-f', files)).toEqual({ code: 0, stdout: '', stderr: 'loading\nNothing to do: 3 unchanged.\n' });

  write('sub/b.yml', `- name: second\n  job: Disk space\n  when: {every: 3h}\n  description: slower\n`);
  rmSync(join(files, 'c.ts'));
  expect(said(await cli('plan', '-f', files))).toEqual({
    code: 2,
    stdout:
      '~ second (SERIAL) of Disk space (JOB)  FOLDER/sub/b.yml:1\n    description: nothing → slower\n    when.every: 2h → 3h\n? third (SERIAL) of Disk space (JOB)  from code, but in none of these files: --prune deletes it\n',
    stderr: 'Plan: 1 to update, 1 left as they are, 1 unchanged.\n',
  });
  expect(said(await cli('diff', '-f', files, '--prune'))).toEqual({
    code: 2,
    stdout:
      '~ second (SERIAL) of Disk space (JOB)  FOLDER/sub/b.yml:1\n    description\n      + slower\n    when.every\n      - 2h\n      + 3h\n- third (SERIAL) of Disk space (JOB)\n',
    stderr: 'Plan: 1 to update, 1 to delete, 1 unchanged.\n',
  });
  expect(await cli('apply', '-f', files, '--prune', '--yes')).toMatchObject({
    code: 0,
    stderr: 'Plan: 1 to update, 1 to delete, 1 unchanged.\nApplied: 1 updated, 1 deleted, 1 unchanged.\n',
  });
  expect(JSON.parse((await cli('plan', '-f', files, '--json')).stdout)).toMatchObject({ problems: [], drift: [], pending: 0 });

  const to = join(files, 'exported');
  expect(said(await cli('export', '--to', to))).toMatchObject({ code: 0, stderr: 'Exported 2 schedule(s) to FOLDER/exported.\n' });
  expect(readdirSync(to)).toEqual(['good.yaml', 'second.yaml']);
  expect(readFileSync(join(to, 'second.yaml'), 'utf8').split('\n').slice(1).join('\n')).toBe(
    'name: second\ndescription: slower\njob: Disk space\nwhen:\n  every: 3h\n',
  );
  expect((await cli('export', '--to', to)).stderr).toMatch(/good\.yaml is there already\. 0 of 2 files were written/);
  const again = await cli('plan', '-f', to, '--json');
  expect(JSON.parse(again.stdout).changes).toMatchObject([
    { change: 'update', differences: [{ path: 'definition_path' }] },
    { change: 'update', differences: [{ path: 'definition_path' }] },
  ]);
  write('empty.yaml', 'schedules: []\n');
  expect(await cli('apply', '-f', join(files, 'empty.yaml'), '--prune', '--yes')).toMatchObject({ code: 0 });
  expect(await selectRows(platform.db, 'SELECT 1 FROM job_schedules WHERE deleted_at IS NULL')).toEqual([]);
});

test('apply asks on a terminal', async () => {
  write('a.yaml', GOOD);
  const answered = async (answer: string): Promise<CliEnd> => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
    stdin.write(`${answer}\n`);
    return runCli(
      { OPSCONDUCTOR_URL: server.url, OPSCONDUCTOR_TOKEN: platform.token, XDG_CONFIG_HOME: folder },
      ['schedules', 'apply', '-f', files],
      { stdin: stdin as unknown as NodeJS.ReadStream },
    );
  };
  expect((await answered('no')).stderr).toMatch(/Nothing was changed\.\n$/);
  expect((await answered('yes')).stderr).toMatch(/Applied: 1 created\.\n$/);
});

test('the examples at the top of the repository are right', async () => {
  const end = said(await cli('plan', '-f', 'schedules'));
  expect(end.stderr).toMatch(/^Plan: 5 to create/);
  expect(end.stdout).toContain('+ Nightly in Sydney of Demo (JOB)  schedules/example.ts:7\n');
  expect(end.stdout).toContain('+ Every minute of Demo (JOB)  schedules/example.yaml:5\n');
});
