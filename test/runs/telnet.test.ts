import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, runJob } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { markedPids } from '../support/marked-processes.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { startTelnetd, withoutTelnetd } from '../support/telnetd-fixture.ts';
import type { TelnetdFixture } from '../support/telnetd-fixture.ts';
import { waitFor } from '../support/wait-for.ts';

describe.skipIf(withoutTelnetd)('commands of a run over telnet (inetutils)', () => {
  let platform: TestPlatform;
  let server: TelnetdFixture;
  let target: string;
  let device: string;
  beforeAll(async () => {
    [platform, server] = await Promise.all([startTestPlatform(), startTelnetd('opsc-telnet-run')]);
    const credential = { credential_type: 'password', username: server.username, password: server.password };
    const method = { method_type: 'telnet', host: '127.0.0.1', port: server.port, credential };
    const add = async (name: string, fields: Record<string, unknown>): Promise<string> => {
      const { status, body } = await platform.api('POST', '/api/v1/targets', { name, methods: [{ ...method, ...fields }] });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return body.target_serial;
    };
    target = await add('old machine', {});
    device = await add('old device', { host: 'localhost', config: { shell: 'none' } });
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const start = (on: string, actions: object[], fields: Record<string, unknown> = {}) => runJob(platform, [on], actions, fields);
  const resultsOf = async (serial: string) => {
    const run = await platform.untilEnded(serial);
    return { run, results: (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data };
  };

  test('two commands use one login; exit codes, variables and output are as over SSH', async () => {
    const variables = [{ key: 'ROOM', value: `it's "4"; exit 9` }];
    const actions = [command('echo "in $ROOM"; echo $PPID >&2'), command('echo $PPID; exit 3', { on_failure: 'continue' })];
    const { serial } = await start(target, actions, { variables });
    const { results } = await resultsOf(serial);
    expect(results).toMatchObject([
      { status: 'completed', exit_code: 0, result_output: expect.stringMatching(/^in it's "4"; exit 9\n\d+\n$/) },
      { status: 'failed', exit_code: 3, error_code: 'COMMAND_FAILED', result_output: expect.stringMatching(/^\d+\n$/) },
    ]);
  });

  test('what a POSIX shell reads is quoted for it, also when the target is said to be Windows', async () => {
    await platform.api('PATCH', `/api/v1/targets/${target}`, { os_type: 'windows' });
    const { serial } = await start(target, [command('echo ${A}')], { variables: [{ key: 'A', value: '$(echo run) "; echo run' }] });
    const { results } = await resultsOf(serial);
    expect(results).toMatchObject([{ status: 'completed', result_output: '$(echo run) "; echo run\n' }]);
  });

  test('a device without exit codes: what was typed has completed with no exit code', async () => {
    const { serial } = await start(device, [command('echo hello'), command('false')]);
    const { results } = await resultsOf(serial);
    expect(results).toMatchObject([
      { status: 'completed', exit_code: null, result_output: 'hello\n' },
      { status: 'completed', exit_code: null, result_output: '' },
    ]);
  });

  test('a cancel ends the program by hanging up, and the record says that its end was not seen', async () => {
    const { serial } = await start(target, [command('echo begun; sleep 300')]);
    await untilEvents(platform, serial, 1, saysLine('begun'));
    await platform.api('POST', `/api/v1/executions/${serial}/cancel`);
    const { results } = await resultsOf(serial);
    expect(results).toMatchObject([{ error_code: 'OUTCOME_UNKNOWN', failure_category: 'lost', result_output: 'begun\n' }]);
    await waitFor(() => markedPids(`${results[0].action_serial}/1/1`).length === 0);
  });

  test('a skip of a program that is not seen to end: skipped, and listed as lost; the branch goes on, and has not failed', async () => {
    const { serial } = await start(target, [command('echo begun; sleep 300'), command('echo ${JOB_RESULT}')]);
    await untilEvents(platform, serial, 1, saysLine('begun'));
    await platform.api('POST', `/api/v1/executions/${serial}/branches/${serial}.0001/skip`, { action_order: 1, note: 'hangs' });
    const { run, results } = await resultsOf(serial);
    expect(run.status).toBe('completed');
    expect(results).toMatchObject([
      { status: 'skipped', skip_reason: 'user', is_final: true, failure_category: 'lost', error_code: 'OUTCOME_UNKNOWN', fault: 'us' },
      { status: 'completed', result_output: 'completed\n' },
    ]);
    expect(results[0].result_error).toContain('it was not seen to end');
    const { body } = await platform.api('GET', `/api/v1/executions/${serial}/results?unresolved=true`);
    expect(body.data).toHaveLength(1);
    const path = `/api/v1/executions/${serial}/actions/${results[0].action_serial}/resolve`;
    const resolved = await platform.api('POST', path, { outcome: 'not_run', note: 'it had ended' });
    expect(resolved).toMatchObject({ status: 200, body: { status: 'skipped', resolution: 'not_run' } });
  });

  test('an action that takes too long has failed, and the record says that its end was not seen', async () => {
    // The login is part of its time.
    const { serial } = await start(target, [command('sleep 300', { timeout_seconds: 5 })]);
    const { results } = await resultsOf(serial);
    expect(results).toMatchObject([{ status: 'failed', error_code: 'OUTCOME_UNKNOWN' }]);
  });

  test('a server that goes away in the middle: the connection is lost, the output until then is kept', async () => {
    const { serial } = await start(target, [command('echo begun; sleep 300')]);
    await untilEvents(platform, serial, 1, saysLine('begun'));
    server.cut();
    const { results } = await resultsOf(serial);
    expect(results).toMatchObject([{ status: 'failed', error_code: 'CONNECTION_LOST', result_output: 'begun\n' }]);
  });

  test('a script cannot go over telnet, which is said when the job is saved', async () => {
    const script = { action_type: 'script', action_name: 's', action_parameters: { scriptType: 'sh', scriptContent: 'true' } };
    const { status, body } = await platform.api('POST', '/api/v1/jobs', { name: 'script', targets: [target], actions: [script] });
    expect([status, body.errors]).toEqual([400, [{ path: 'actions.0', message: expect.stringContaining('has no active method') }]]);
  });

  test('the connection test logs in, and says that nothing is encrypted', async () => {
    const { body } = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(body).toMatchObject({ result: 'success', message: expect.stringContaining('not encrypted') });
  });

  test('a wrong password is a rejected login, and is nowhere in the record', async () => {
    const credential = { credential_type: 'password', username: server.username, password: 'not-the-password' };
    const method = { method_type: 'telnet', host: '127.0.0.1', port: server.port, credential };
    const { body } = await platform.api('POST', '/api/v1/targets/test-method-config', { method });
    expect(body).toMatchObject({ result: 'failure', error_code: 'LOGIN_REJECTED' });
    expect(JSON.stringify(body)).not.toContain('not-the-password');
  });
});
