import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, runJob } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { markedPids } from '../support/marked-processes.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { startSshdFixture, withoutSshd } from '../support/sshd-fixture.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWinrmDouble } from '../support/winrm-double.ts';
import type { WinrmDouble } from '../support/winrm-double.ts';

const PASSWORD = 'Pa$$w0rd "ä';

describe('commands of a run over WinRM (a double that runs lines by /bin/sh)', () => {
  let platform: TestPlatform;
  let server: WinrmDouble;
  let target: string;
  beforeAll(async () => {
    [platform, server] = await Promise.all([startTestPlatform(), startWinrmDouble({ users: { anna: PASSWORD } })]);
    target = await add('windows', PASSWORD);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const add = async (name: string, password: string, host = '127.0.0.1', config = {}): Promise<string> => {
    const credential = { credential_type: 'password', username: 'anna', password };
    const method = { method_type: 'winrm', host, port: server.port, credential, config };
    const { status, body } = await platform.api('POST', '/api/v1/targets', { name, os_type: 'windows', methods: [method] });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.target_serial;
  };
  const resultsOf = async (serial: string) => {
    await platform.untilEnded(serial);
    return (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
  };

  test('exit codes, both streams and variables are as over SSH', async () => {
    const variables = [{ key: 'ROOM', value: `it's 4; exit 9 ä` }];
    const actions = [command('echo "in $ROOM"; echo wrong >&2'), command('exit 3', { on_failure: 'continue' })];
    const { serial } = await runJob(platform, [target], actions, { variables });
    expect(await resultsOf(serial)).toMatchObject([
      { status: 'completed', exit_code: 0, result_output: `in it's 4; exit 9 ä\n`, result_error: 'wrong\n' },
      { status: 'failed', exit_code: 3, error_code: 'COMMAND_FAILED' },
    ]);
  });

  /** Each value, as the plan shows it and as it arrived; a value that is refused gives no text in both. */
  const quotedOn = async (on: string, interpreter: string, values: readonly string[]) => {
    const variables = values.map((value, at) => ({ key: `V${at}`, value }));
    const actions = values.map((_, at) =>
      command(`echo \${V${at}}`, { on_failure: 'continue', action_config: { environment: { SHOW_TEXT: interpreter } } }),
    );
    const { job, serial } = await runJob(platform, [on], actions, { variables });
    const plan = await platform.api('POST', `/api/v1/jobs/${job.job_serial}/plan`, {});
    const planned = plan.body.targets[0].steps.map(
      ({ texts }: { texts: { field: string; text: string }[] }) => texts.find(({ field }) => field === 'command')?.text,
    );
    const results = await resultsOf(serial);
    return results.map(({ result_output: ran, error_code: code }: Record<string, string | null>, at: number) => ({
      planned: planned[at],
      ran: code === null ? ran?.trimEnd() : code,
    }));
  };

  test.each(['windows', 'hyper_v', 'linux'])(
    'what cmd.exe reads is quoted for cmd.exe, also when the target is said to be %s; the plan shows the same',
    async (os) => {
      await platform.api('PATCH', `/api/v1/targets/${target}`, { os_type: os });
      const values = ['a & del C:\\x', "it's | more", '" & del C:\\x & "', '%PATH%'];
      expect(await quotedOn(target, 'batch', values)).toEqual([
        { planned: 'echo "a & del C:\\x"', ran: 'echo "a & del C:\\x"' },
        { planned: 'echo "it\'s | more"', ran: 'echo "it\'s | more"' },
        { planned: 'echo ${V2}', ran: 'VALIDATION' },
        { planned: 'echo ${V3}', ran: 'VALIDATION' },
      ]);
    },
  );

  test('a method whose shell is powershell has its commands run and quoted for it: any value goes, the plan shows the same', async () => {
    const on = await add('by powershell', PASSWORD, '::ffff:127.0.0.1', { shell: 'powershell' });
    const text = `echo 'it''s "a" & $(del) \u2019\u2019; %x%!'`;
    expect(await quotedOn(on, 'powershell', ['it\'s "a" & $(del) \u2019; %x%!'])).toEqual([{ planned: text, ran: text }]);
  });

  test.skipIf(withoutSshd)(
    'a Windows target over SSH: commands are quoted for cmd.exe, files are sent, put in place and worked on',
    async () => {
      await using sshd = await startSshdFixture({ path: `${server.shells.programs.folder}:${process.env['PATH']}` });
      const credential = { credential_type: 'ssh_key', username: userInfo().username, private_key: sshd.keys.privateKey };
      const method = { method_type: 'ssh', host: '127.0.0.1', port: sshd.port, credential };
      const { body } = await platform.api('POST', '/api/v1/targets', { name: 'by ssh', os_type: 'windows', methods: [method] });
      const on = body.target_serial;
      expect(await quotedOn(on, 'batch', ['a & del'])).toEqual([{ planned: 'echo "a & del"', ran: 'echo "a & del"' }]);
      const at = (name: string): string => join(sshd.folder, name);
      const file = (type: string, parameters: object) => ({ action_type: type, action_name: type, action_parameters: parameters });
      mkdirSync(at('folder'));
      const { serial } = await runJob(
        platform,
        [on],
        [
          file('file_transfer', { operation: 'upload', content: 'new', destination_path: at('there') }),
          file('file', { operation: 'copy', source: at('there'), destination: at('folder'), overwrite: false, preservePermissions: false }),
          file('file_transfer', { operation: 'upload', content: 'newer', destination_path: at('there') }),
        ],
      );
      expect((await resultsOf(serial)).map(({ status, result_error: error }: Record<string, string>) => [status, error])).toEqual(
        Array.from({ length: 3 }, () => ['completed', '']),
      );
      expect([readFileSync(at('there'), 'utf8'), readFileSync(at('folder/there'), 'utf8')]).toEqual(['newer', 'new']);
      expect(readdirSync(sshd.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    },
  );

  test('a script of type sh is refused: cmd.exe would read it', async () => {
    const script = { action_type: 'script', action_name: 's', action_parameters: { scriptType: 'sh', scriptContent: 'rm -rf "$A"' } };
    const answer = await platform.api('POST', '/api/v1/jobs', { name: 'for POSIX', targets: [target], actions: [script] });
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION']);
    expect(answer.body.errors).toEqual([
      { path: 'actions.0.action_parameters.scriptType', message: expect.stringContaining('scripts of type sh run on POSIX targets only') },
    ]);
  });

  test('a cancel ends the program on the target', async () => {
    const { serial } = await runJob(platform, [target], [command('echo begun; sleep 300')]);
    await untilEvents(platform, serial, 1, saysLine('begun'));
    await platform.api('POST', `/api/v1/executions/${serial}/cancel`, {});
    const [result] = await resultsOf(serial);
    expect(result).toMatchObject({ status: 'cancelled', result_output: 'begun\n' });
    await waitFor(() => markedPids(`${result.action_serial}/1/1`).length === 0);
  });

  test('a timeout ends the program on the target', async () => {
    const { serial } = await runJob(platform, [target], [command('echo begun; sleep 300', { timeout_seconds: 3 })]);
    const [result] = await resultsOf(serial);
    expect(result).toMatchObject({ status: 'failed', failure_category: 'timeout', result_output: 'begun\n' });
    await waitFor(() => markedPids(`${result.action_serial}/1/1`).length === 0);
  });

  test('a quota of the target is told in words, and the program was not run', async () => {
    const quota = { code: 2_150_859_174, subcode: 'QuotaLimit', text: 'The maximum number of shells for this user was exceeded.' };
    server.setInstead((action) => (action === 'Create' ? quota : undefined));
    const { serial } = await runJob(platform, [target], [command('echo never')]);
    const [result] = await resultsOf(serial);
    server.setInstead(undefined);
    expect(result).toMatchObject({ status: 'failed', error_code: 'PROTOCOL_ERROR', result_output: '' });
    expect(result.result_error).toContain('a quota of the target did not allow to open a shell (The maximum number of shells');
  });

  test('a connection that breaks while a program runs is told so, and the program is not run again', async () => {
    server.setInstead((action) => (action === 'Receive' ? 'cut' : undefined));
    const before = server.actions.length;
    const { serial } = await runJob(platform, [target], [command('true', { retry_count: 3, retry_delay_seconds: 1 })]);
    const results = await resultsOf(serial);
    server.setInstead(undefined);
    expect(results).toMatchObject([{ status: 'failed', error_code: 'CONNECTION_LOST', exit_code: null }]);
    expect(results[0].result_error).toContain('while the program ran; it may still run there');
    expect(server.actions.slice(before).filter((action) => action === 'Command')).toHaveLength(1);
  });

  test('a wrong password is a rejected login, and is nowhere in the record', async () => {
    const wrong = 'wr0ng-secret';
    const { serial } = await runJob(platform, [await add('windows 2', wrong, 'localhost')], [command('echo never')]);
    const [result] = await resultsOf(serial);
    expect(result).toMatchObject({ status: 'failed', failure_category: 'authentication', error_code: 'LOGIN_REJECTED' });
    expect(JSON.stringify(result)).not.toContain(wrong);
  });

  test('the connection test runs an echo and says as whom', async () => {
    const { body } = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(body).toMatchObject({ result: 'success', message: expect.stringContaining('as anna') });
  });
});
