import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { countRows } from './support/unchanged.ts';

const LOGIN = { credential_type: 'password', username: 'ops', password: 'x' };
const COMMUNITY = { credential_type: 'snmp_community', community: 'public' };
const action = (type: string, parameters: object, config: object = {}, fields: object = {}) => ({
  action_type: type,
  action_name: 'one',
  action_parameters: parameters,
  action_config: config,
  ...fields,
});
const script = (scriptType: string) => action('script', { scriptType, scriptContent: 'exit' });
const command = (text: string, config: object = {}) => action('command', { command: text }, config);
const upload = (fields: object) => action('file_transfer', { operation: 'upload', destination_path: '/tmp/x', content: 'x', ...fields });
const procedure = action('database', { query: 'tidy', queryType: 'STORED_PROCEDURE' });

describe('what the targets of a job cannot do', () => {
  let platform: TestPlatform;
  const targets: Record<string, string> = {};
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const add = async (name: string, method: object, os = 'linux'): Promise<void> => {
      const methods = [{ host: `${name}.example.org`, credential: LOGIN, ...method }];
      const { status, body } = await platform.api('POST', '/api/v1/targets', { name, os_type: os, methods });
      expect(status, JSON.stringify(body)).toBe(201);
      targets[name] = body.target_serial;
    };
    await add('posix', { method_type: 'ssh' });
    await add('windows', { method_type: 'ssh' }, 'windows');
    await add('winrm', { method_type: 'winrm' }, 'windows_desktop');
    await add('telnet', { method_type: 'telnet' });
    await add('device', { method_type: 'telnet', config: { shell: 'none' } }, 'cisco_switch');
    await add('snmp', { method_type: 'snmp', credential: COMMUNITY }, 'cisco_switch');
    for (const type of ['redis', 'mongodb', 'mysql']) await add(type, { method_type: type });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const CASES: readonly [on: string, action: object, path: string | undefined, message?: RegExp][] = [
    ['posix', script('bash'), undefined],
    ['posix', script('batch'), 'action_parameters.scriptType', /scripts of type batch run on Windows targets only/],
    ['windows', script('bash'), 'action_parameters.scriptType', /scripts of type bash run on POSIX targets only/],
    ['winrm', script('sh'), 'action_parameters.scriptType', /scripts of type sh run on POSIX targets only/],
    ['winrm', script('batch'), undefined],
    ['winrm', action('file', { operation: 'chmod', source: '/x', mode: '644' }), 'action_parameters.operation', /no permission bits/],
    ['winrm', action('file', { operation: 'mkdir', source: '/x', mode: '755' }), 'action_parameters.mode', /no permission bits/],
    ['winrm', action('file', { operation: 'mkdir', source: '/x' }), undefined],
    ['winrm', upload({ mode: '600' }), 'action_parameters.mode', /no permission bits/],
    ['windows', upload({ mode: '600' }), 'action_parameters.mode', /no permission bits/],
    ['posix', upload({ mode: '600' }), undefined],
    ['posix', command('id', { run_as: 'web' }), undefined],
    ['windows', command('id', { run_as: 'web' }), 'action_config.run_as', /sudo, which Windows has not/],
    ['winrm', command('id', { run_as: 'web' }), 'action_config.run_as', /sudo, which WinRM has not/],
    ['telnet', command('id', { run_as: 'web' }), 'action_config.run_as', /sudo, which Telnet has not/],
    [
      'posix',
      command('id', { expected_exit_codes: [0, 3010] }),
      'action_config.expected_exit_codes',
      /3010, which only programs on Windows can have/,
    ],
    [
      'posix',
      command('id', { expected_exit_codes: [-1] }),
      'action_config.expected_exit_codes',
      /the exit code -1, which only .* 0 to 255/,
    ],
    ['posix', command('id', { expected_exit_codes: [0, 255] }), undefined],
    ['telnet', command('id', { expected_exit_codes: [256] }), 'action_config.expected_exit_codes', /256, which only programs on Windows/],
    ['windows', command('id', { expected_exit_codes: [0, 3010] }), undefined],
    ['winrm', command('id', { expected_exit_codes: [-1_073_741_819, 3_221_225_477] }), undefined],
    ['telnet', command('id', { working_directory: '/tmp' }), undefined],
    ['device', command('show version', { working_directory: '/tmp' }), 'action_config.working_directory', /device without a shell/],
    ['device', command('show version', { environment: { A: 'b' } }), 'action_config.environment', /device without a shell/],
    ['device', command('show version'), undefined],
    ['snmp', command('show version'), 'action_parameters.command', /cannot begin with "show"/],
    ['snmp', command('get 1.3.6.1.2.1.1.1.0', { run_as: 'web' }), 'action_config.run_as', /no meaning over SNMP/],
    ['snmp', command('get 1.3.6.1.2.1.1.1.0'), undefined],
    ['redis', procedure, 'action_parameters.queryType', /Redis has no stored procedures/],
    ['mongodb', procedure, 'action_parameters.queryType', /MongoDB has no stored procedures/],
    ['mysql', procedure, undefined],
  ];

  test.each(CASES)('%s: %j', async (on, one, path, message) => {
    const before = await countRows(platform);
    const target = targets[on] ?? '';
    const { status, body } = await platform.api('POST', '/api/v1/jobs', { name: 'job', targets: [target], actions: [one] });
    if (path === undefined) return expect([status, body.errors]).toEqual([201, undefined]);
    expect([status, body.code]).toEqual([400, 'VALIDATION']);
    expect(body.errors).toEqual([{ path: `actions.0.${path}`, message: expect.stringMatching(message ?? /./) }]);
    expect(body.errors[0].message).toContain(`(${target})`);
    expect(await countRows(platform)).toEqual(before);
  });

  test('an action that is decided at run time is refused only when no target can do it', async () => {
    const guarded = { ...script('bash'), conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'linux' }] };
    const save = (names: string[]) =>
      platform.api('POST', '/api/v1/jobs', { name: 'job', targets: names.map((name) => targets[name]), actions: [guarded] });
    expect((await save(['posix', 'winrm'])).status).toBe(201);
    expect((await save(['windows', 'winrm'])).status).toBe(400);
  });

  test('exit codes of Windows are refused only when no target can give them', async () => {
    const installs = command('msiexec /i x.msi', { expected_exit_codes: [0, 1641, 3010] });
    const save = (names: string[], fields: object = {}) =>
      platform.api('POST', '/api/v1/jobs', {
        name: 'job',
        targets: names.map((name) => targets[name]),
        actions: [{ ...installs, ...fields }],
      });
    expect((await save(['posix', 'winrm'])).status).toBe(201);
    expect((await save(['posix', 'telnet'])).status).toBe(400);
    const guarded = { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'windows' }] };
    expect((await save(['posix', 'telnet'], guarded)).status).toBe(400);
    const named = { ...installs, action_config: { method: 'telnet', expected_exit_codes: [3010] } };
    const { body } = await platform.api('POST', '/api/v1/jobs', { name: 'job', actions: [named] });
    expect(body.errors).toMatchObject([{ path: 'actions.0.action_config.expected_exit_codes' }]);
  });

  test('an action for some systems only is asked of those alone', async () => {
    const save = (kinds: string[]) =>
      platform.api('POST', '/api/v1/jobs', {
        name: 'job',
        targets: [targets['posix'], targets['windows']],
        actions: [action('script', { scriptType: 'bash', scriptContent: 'exit' }, { target_compatibility: kinds })],
      });
    expect((await save(['linux'])).status).toBe(201);
    expect((await save(['linux', 'windows'])).status).toBe(400);
    expect((await save([])).status).toBe(400);
  });

  test('targets that only a run names are asked when it is started: the action and the target are named, and nothing runs', async () => {
    const { body: job } = await platform.api('POST', '/api/v1/jobs', { name: 'job', actions: [command('true'), script('bash')] });
    const start = (name: string) => platform.api('POST', `/api/v1/jobs/${job.job_serial}/executions`, { targets: [targets[name]] });
    const before = await countRows(platform);
    expect(await start('winrm')).toMatchObject({
      status: 422,
      body: { code: 'METHOD_UNSUPPORTED', detail: expect.stringMatching(`action 2 \\(one\\): scripts of type bash .*${targets['winrm']}`) },
    });
    expect(await start('mysql')).toMatchObject({
      status: 422,
      body: { code: 'METHOD_MISSING', detail: expect.stringContaining('action 1 (one)') },
    });
    expect(await countRows(platform)).toEqual(before);
    expect((await start('posix')).status).toBe(202);
  });

  test('a plan says the same of the action on its target', async () => {
    const { body: job } = await platform.api('POST', '/api/v1/jobs', { name: 'job', actions: [script('bash')] });
    const { body } = await platform.api('POST', `/api/v1/jobs/${job.job_serial}/plan`, { targets: [targets['winrm']] });
    expect(body.targets[0].steps).toMatchObject([{ verdict: 'fails', reason: expect.stringContaining('POSIX targets only') }]);
  });
});
