import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerClientCommands } from '../../src/cli/client-commands.ts';
import { printError } from '../../src/cli/print-error.ts';
import { parseConfig } from '../../src/config.ts';
import { addTarget } from '../api/support/definitions.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

let platform: TestPlatform;
let server: ServerType;
let url: string;
let folder: string;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  folder = await mkdtemp(join(tmpdir(), 'opsc-jobs-'));
  await addTarget(platform, 'web-1', { labels: { team: 'web' } });
  await addTarget(platform, 'web-2', { labels: { team: 'web' } });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
      url = `http://127.0.0.1:${info.port}`;
      resolve();
    });
  });
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await platform[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const createSink = (texts: string[]): NodeJS.WriteStream =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      texts.push(chunk.toString());
      done();
    },
  }) as unknown as NodeJS.WriteStream;

/** The command in this process, without a terminal. */
const cli = async (...args: string[]): Promise<{ code: number; out: string; said: string }> => {
  const config = parseConfig({ OPSCONDUCTOR_TOKEN: platform.token, OPSCONDUCTOR_URL: url, XDG_CONFIG_HOME: '/nonexistent' });
  const [out, said]: [string[], string[]] = [[], []];
  const [stdout, stderr] = [createSink(out), createSink(said)];
  const program = new Command().configureOutput({ writeErr: (text) => void said.push(text), writeOut: (text) => void out.push(text) });
  registerClientCommands(program, config, { stdin: new PassThrough() as unknown as NodeJS.ReadStream, stdout, stderr });
  const failed: unknown = await program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  );
  const code = failed === undefined ? Number(process.exitCode ?? 0) : printError(failed, config, stderr);
  process.exitCode = 0;
  return { code, out: out.join(''), said: said.join('') };
};
const ok = async (...args: string[]): Promise<string> => {
  const answer = await cli(...args);
  expect([args, answer.code, answer.said]).toEqual([args, 0, answer.said]);
  return answer.out;
};
const file = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

const JOB = `name: Release
targets: []
variables:
  - { key: RELEASE, is_input: true, is_required: true, choices: ['1', '2'], description: which one }
actions:
  - { action_type: command, action_key: install, action_name: install, action_parameters: { command: 'install "$RELEASE"' } }
`;
const definition = (change = (text: string): string => text): string => change(JOB.replace('targets: []', 'target_selector: team=web'));

test('a job is checked, made, changed, compared, restored, cloned, counted and removed', async () => {
  const wrong = await cli('jobs', 'validate', '-f', await file('wrong.yaml', JOB.replace('"$RELEASE"', '${MISSING}')));
  expect(wrong).toMatchObject({ code: 1, said: expect.stringContaining('problem(s)') });
  expect(wrong.out).toMatch(/problem {2}targets: a job needs at least one target \(line 2\)/);
  const draft = await file('job.yaml', definition());
  expect(await cli('jobs', 'validate', '-f', draft)).toMatchObject({ code: 0, said: 'Nothing is wrong with it.\n' });
  const serial = (await ok('jobs', 'create', '-f', draft)).trim();
  expect(await cli('jobs', 'validate', serial)).toMatchObject({ code: 0 });
  expect((await cli('jobs', 'validate')).code).toBe(2);

  expect((await cli('jobs', 'update', serial, '-f', draft)).said).toContain(`${serial} is now at version 1.`);
  const second = await file(
    'second.yaml',
    definition((text) => text.replace('install "$', 'install --force "$')),
  );
  expect((await cli('jobs', 'update', serial, '-f', second, '--note', 'it hung')).said).toContain('version 2');
  expect(await ok('jobs', 'versions', serial)).toMatch(/2 \*.*admin.*Release.*it hung\n.*1 .*Release/);
  expect(await ok('jobs', 'diff', serial, '1', '2')).toBe(
    'actions.install.action_parameters.command\n  - install "$RELEASE"\n  + install --force "$RELEASE"\n',
  );
  expect((await cli('jobs', 'diff', serial, '2', '2')).said).toBe('They do not differ.\n');
  expect((await cli('jobs', 'restore', serial, '1')).said).toContain('version 3');
  expect(await ok('jobs', 'show', serial, '--version', '2')).toContain('note of this version: it hung');
  const shown = await ok('jobs', 'show', serial);
  expect(shown).toContain('selector: team=web');
  expect(shown).toContain('  RELEASE (string, asked at start, required, one of "1" "2"): no value');

  const clone = (await ok('jobs', 'clone', serial, 'Copy', '--target', 'web-1')).trim();
  expect(await ok('jobs', 'targets', clone, '--add', 'web-2', '--remove', 'web-1')).toMatch(/web-2 +active/);
  expect(await ok('jobs', 'list', '--target', 'web-2', '--sort', 'name')).toMatch(new RegExp(`${clone} +Copy`));
  expect(await ok('jobs', 'used-by', clone)).toContain('targets on its list: 1\n');

  expect(await cli('jobs', 'run', serial)).toMatchObject({ code: 2, said: expect.stringContaining('RELEASE') });
  const run = (await ok('jobs', 'run', serial, '--var', 'RELEASE=2', '--selector', 'name=web-1')).trim();
  expect(run).toBe(`${serial}.0001`);
  expect(await ok('jobs', 'plan', serial, '--var', 'RELEASE=1', '--selector', 'name=web-1')).toContain('web-1');
  expect(await ok('jobs', 'stats', serial)).toMatch(/runs of the last 30 days: 1 scheduled\nsuccess rate: -\n/);
  expect(await ok('jobs', 'stats', '--days', '1')).toMatch(/^jobs: 2 \(/);
  expect(JSON.parse(await ok('jobs', 'used-by', serial, '--json'))).toMatchObject({ open_runs: [run] });
  await ok('jobs', 'remove', clone);
  expect((await cli('jobs', 'show', clone)).code).not.toBe(0);
});

test('a template is made, used and removed', async () => {
  const path = await file('template.yaml', JOB.replace('targets: []\n', ''));
  const serial = (await ok('templates', 'create', '-f', path)).trim();
  expect(await ok('templates', 'list', '--search', 'Release')).toMatch(new RegExp(`${serial} +Release +1`));
  const job = (await ok('templates', 'use', serial, 'Of it', '--target', 'web-1', '--var', 'RELEASE=2')).trim();
  expect(await ok('jobs', 'show', job)).toMatch(/made from template J\d+\ntargets: 1 \(T\d+\)\nvariables:\n {2}RELEASE \(.*\): "2"/);
  expect(await ok('templates', 'used-by', serial)).toContain(`${job}  Of it`);
  const changed = await file('changed.yaml', JOB.replace('targets: []\n', '').replace('name: Release', 'name: Rollout'));
  expect((await cli('templates', 'update', serial, '-f', changed)).said).toContain('version 2');
  expect(await ok('templates', 'diff', serial, '1', '2')).toBe('name\n  - Release\n  + Rollout\n');
  expect(await ok('templates', 'show', serial)).toContain(`${serial}  Rollout  version 2\n`);
  expect((await ok('templates', 'clone', serial, 'Second')).trim()).toMatch(/^J\d+$/);
  expect((await cli('templates', 'validate', serial)).code).toBe(0);
  await ok('templates', 'remove', serial);
  expect(await ok('jobs', 'show', job)).toContain('Of it');
});
