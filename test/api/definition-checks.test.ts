import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ActionInput } from '../../src/contracts/actions/index.ts';
import { DANGEROUS_PATTERNS } from '../../src/contracts/dangerous-patterns.ts';
import { execute } from '../../src/db/query.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import { flattenActions } from '../../src/domain/flatten-actions.ts';
import { checkDefinition } from '../../src/services/jobs/check-definition.ts';
import { startCli } from '../support/cli-process.ts';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { auditRows } from './support/audit.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
});
afterAll(() => platform[Symbol.asyncDispose]());

const post = (fields: object) => platform.api('POST', '/api/v1/jobs', { name: 'checked', ...fields });

test('references to what is not there are refused, each with its place', async () => {
  const { status, body } = await post({
    actions: [command('echo ${HOME}'), command('echo ${actions.later.output}'), command('x', { action_key: 'later' })],
  });
  expect([status, body.code, body.errors]).toEqual([
    400,
    'VALIDATION',
    [
      { path: 'actions.0.action_parameters.command', message: expect.stringContaining('write $${HOME} or $HOME') },
      { path: 'actions.1.action_parameters.command', message: expect.stringContaining('"later" comes later') },
    ],
  ]);
});

test('a password in a connection string is refused and not repeated', async () => {
  const parameters = { query: 'SELECT 1', connectionString: 'postgresql://ops:hunter2@db/x' };
  const { status, body } = await post({ actions: [{ action_type: 'database', action_name: 'd', action_parameters: parameters }] });
  expect([status, body.errors[0].path]).toEqual([400, 'actions.0.action_parameters.connectionString']);
  expect(JSON.stringify(body)).not.toContain('hunter2');
});

test('a dangerous command needs a confirmation, at an edit too; what was confirmed is in the audit', async () => {
  const actions = [command('rm -rf /etc')];
  const refused = await post({ actions });
  expect([refused.status, refused.body.code, refused.body.errors]).toEqual([
    422,
    'CONFIRMATION_NEEDED',
    [{ path: 'actions.0.action_parameters.command', message: '"rm -rf /etc" is dangerous' }],
  ]);
  const made = await post({ actions, settings: { confirm_dangerous: true } });
  expect([made.status, made.body.settings]).toEqual([201, { confirm_dangerous: true }]);
  const serial: string = made.body.job_serial;
  const edited = await platform.api('PUT', `/api/v1/jobs/${serial}`, { name: 'checked', actions });
  expect([edited.status, edited.body.code]).toEqual([422, 'CONFIRMATION_NEEDED']);
  const events = (await auditRows(platform)).filter((event) => event.resource_id === serial);
  expect(events.map(({ details }) => details)).toEqual([
    expect.objectContaining({ confirmed_dangerous: ['actions.0.action_parameters.command: "rm -rf /etc" is dangerous'] }),
  ]);
});

test('the environment of a job refers to its variables, and to nothing that comes later', async () => {
  const environment = { A: '${NAME} ${TARGET_OS}', B: '${actions.action_1.output}', C: '${NOWHERE}', D: '${lower}', E: '${LOOP_ITEM}' };
  const fields = { actions: [command('true')], variables: [{ key: 'NAME', value: 'x' }] };
  const { status, body } = await post({ ...fields, settings: { environment } });
  expect([status, body.errors.map(({ path }: { path: string }) => path)]).toEqual([
    400,
    ['B', 'C', 'D', 'E'].map((name) => `settings.environment.${name}`),
  ]);
  expect((await post({ ...fields, settings: { environment: { A: environment.A } } })).status).toBe(201);
});

test('jobs are listed by their tags, which an edit may change', async () => {
  const tagged = (tags: string[]) => ({ name: 'tagged', actions: [command('true')], settings: { tags } });
  const { body: job } = await post(tagged(['nightly', 'web']));
  const found = async (tag: string) => (await platform.api('GET', `/api/v1/jobs?tag=${tag}`)).body.data;
  expect(await found('web')).toMatchObject([{ job_serial: job.job_serial, tags: ['nightly', 'web'] }]);
  expect(await found('we')).toEqual([]);
  expect((await platform.api('PUT', `/api/v1/jobs/${job.job_serial}`, tagged(['db']))).body.tags).toEqual(['db']);
  expect(await found('web')).toEqual([]);
  expect((await post(tagged(['a', 'a']))).body.errors).toEqual([{ path: 'settings.tags.1', message: '"a" occurs twice' }]);
});

const list = '/api/v1/system/dangerous-patterns';

test('an administrator reads and changes the list: new jobs are held to it at once, and the change is audited', async () => {
  const first = await platform.api('GET', list);
  expect(first).toMatchObject({ status: 200, body: { is_default: true, updated_by: null, patterns: DANGEROUS_PATTERNS } });
  const launch = { actions: [command('launch the rocket')] };
  expect((await post(launch)).status).toBe(201);
  const patterns = [...DANGEROUS_PATTERNS.slice(1), String.raw`\blaunch\b`];
  const changed = await platform.api('PUT', list, { patterns, version: first.body.version, note: 'rockets' });
  expect(changed).toMatchObject({
    status: 200,
    body: { is_default: false, updated_by: 'admin', version: first.body.version + 1, patterns },
  });
  expect((await post(launch)).body.code).toBe('CONFIRMATION_NEEDED');
  expect((await post({ actions: [command('rm -rf /etc')] })).status).toBe(201);
  const [event] = (await auditRows(platform)).filter(({ action }) => action === 'change_dangerous_patterns');
  expect(event?.details).toEqual({ added: [String.raw`\blaunch\b`], removed: [DANGEROUS_PATTERNS[0]], note: 'rockets' });
  expect((await platform.api('PUT', list, { patterns: [], version: first.body.version })).status).toBe(409);
  expect(await platform.api('PUT', list, { patterns: null })).toMatchObject({ status: 200, body: { is_default: true } });
});

test.each([
  [{ patterns: ['(a+)+$'] }, 'patterns.0', /repeats a group/],
  [{ patterns: ['x', '('] }, 'patterns.1', /is not a regular expression/],
  [{ patterns: [''] }, 'patterns.0', /1 characters/],
  [{ patterns: 'x' }, 'patterns', /array/],
  [{}, 'patterns', /array/],
])('the wrong list %j is refused and changes nothing', async (body, path, message) => {
  const before = (await platform.api('GET', list)).body;
  const { status, body: problem } = await platform.api('PUT', list, body);
  expect([status, problem.errors[0]]).toEqual([400, { path, message: expect.stringMatching(message) }]);
  expect((await platform.api('GET', list)).body).toEqual(before);
});

test('the command line adds, removes and resets', async () => {
  const server = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cli = async (...args: string[]): Promise<{ code: number; output: string }> => {
    const child = startCli(args, { OPSCONDUCTOR_URL: `http://127.0.0.1:${port}`, OPSCONDUCTOR_TOKEN: platform.token });
    const [code] = (await once(child.child, 'close')) as [number];
    return { code, output: child.output() };
  };
  const count = DANGEROUS_PATTERNS.length;
  expect((await cli('dangerous', 'list')).output).toContain(`${count} patterns, those of this version.`);
  expect((await cli('dangerous', 'add', 'launch', '--note', 'rockets')).output).toContain(`${count + 1}  launch`);
  expect((await cli('dangerous', 'remove', String(count + 1))).output).toContain(`${count} patterns`);
  expect(await cli('dangerous', 'remove', '999')).toMatchObject({ code: 2, output: expect.stringContaining('has no pattern 999') });
  expect((await cli('dangerous', 'reset')).code).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

test('the list of what is dangerous is a setting, which begins as the list of this version', async () => {
  expect((await createReadSettings(platform.db)()).dangerous_command_patterns).toEqual(DANGEROUS_PATTERNS);
  await execute(platform.db, `UPDATE system_settings SET setting_value = '["launch"]' WHERE setting_key = 'dangerous_command_patterns'`);
  const settings = await createReadSettings(platform.db)();
  const check = (text: string) =>
    checkDefinition(flattenActions([ActionInput.parse(command(text))]), { variables: [], settings: {} }, settings);
  expect(check('rm -rf /')).toEqual([]);
  expect(() => check('launch')).toThrow(expect.objectContaining({ code: 'CONFIRMATION_NEEDED' }));
});
