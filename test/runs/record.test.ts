import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chosenText } from '../../src/cli/run-text.ts';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { auditRows } from '../api/support/audit.ts';
import { addTargets, command, runJob, startFleet, targetOf, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

describe.skipIf(withoutSshd)('the record of a run (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  test('every action, exit code and output line of a run is on record', async () => {
    const targets = await addTargets(platform, fleet, 2);
    const { serial } = await runJob(platform, targets, [
      command('echo out; echo err >&2'),
      command('exit 3', { action_config: { expected_exit_codes: [3] } }),
      command('echo last; exit 4', { on_failure: 'stop' }),
      command('echo never'),
    ]);
    const run = await platform.untilEnded(serial);
    expect(run).toMatchObject({ status: 'failed', total_branches: 2, failed_branches: 2, completed_branches: 0, closed_by: 'workflow' });

    const { body: branches } = await platform.api('GET', `/api/v1/executions/${serial}/branches`);
    expect(branches.data).toHaveLength(2);
    expect(branches.data[0]).toMatchObject({
      branch_serial: `${serial}.0001`,
      status: 'failed',
      exit_code: 4,
      failure_category: 'command_execution',
      fault: 'target',
      error_code: 'COMMAND_FAILED',
      closed_by: 'workflow',
    });

    const { body: results } = await platform.api('GET', `/api/v1/executions/${serial}/results?branch=${serial}.0001`);
    expect(
      results.data.map((row: { action_order: number; status: string; exit_code: number | null }) => [
        row.action_order,
        row.status,
        row.exit_code,
      ]),
    ).toEqual([
      [1, 'completed', 0],
      [2, 'completed', 3],
      [3, 'failed', 4],
      [4, 'skipped', null],
    ]);
    expect(results.data[0]).toMatchObject({
      result_output: 'out\n',
      result_error: 'err\n',
      output_lines: 2,
      output_bytes: 8,
      is_final: true,
      attempt: 1,
    });
    expect(results.data[3]).toMatchObject({ skip_reason: 'branch_stopped', is_final: true });

    const { body: logs } = await platform.api('GET', `/api/v1/executions/${serial}/logs?branch=${serial}.0001`);
    expect(logs.data.map((line: { line_number: number }) => line.line_number)).toEqual([1, 2, 3, 4, 5]);
    expect(logs.data.map((line: { stream: string | null; log_message: string }) => [line.stream, line.log_message])).toEqual(
      expect.arrayContaining([
        ['stdout', 'out'],
        ['stderr', 'err'],
        ['stdout', 'last'],
        [null, 'The program ended with exit code 4; expected is 0. It wrote nothing to standard error.'],
      ]),
    );
    expect(branches.data[0].last_line_number).toBe(5);
  });

  test('a run by a selector keeps it on record when what it chose by has changed', async () => {
    const made = [{ environment: 'staging', labels: { tier: 'record' } }, { environment: 'staging' }, { labels: { tier: 'record' } }];
    const targets: string[] = [];
    for (const [index, fields] of made.entries()) {
      const target = await platform.api('POST', '/api/v1/targets', targetOf(fleet, 10 + index, { os_type: 'linux', ...fields }));
      targets.push(target.body.target_serial);
    }
    const [chosen] = targets;
    const job = await platform.api('POST', '/api/v1/jobs', { name: 'by selector', targets, actions: [command('uname')] });
    const selector = 'env=staging,os=linux,tier=record';
    const started = await platform.api('POST', `/api/v1/jobs/${job.body.job_serial}/executions`, { selector });
    const serial: string = started.body.execution_serial;
    const selection = { source: 'run', selector };
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', total_branches: 1, target_selection: selection });
    expect((await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data).toMatchObject([
      { target_serial: chosen, result_output: 'Linux\n' },
    ]);
    await platform.api('PATCH', `/api/v1/targets/${chosen}`, { environment: 'production', labels: {} });
    const { body: later } = await platform.api('GET', `/api/v1/executions/${serial}`);
    expect(later.target_selection).toEqual(selection);
    expect(chosenText(later)).toBe(`  on what ${selector} chose, the selector of the run\n`);
    expect((await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data).toMatchObject([{ target_serial: chosen }]);
  });

  test('each use of a credential is on record once, that of a login which is refused, too', async () => {
    const stranger = { ...fleet, privateKey: createKeyPair().privateKey };
    const targets: string[] = [];
    for (const body of [targetOf(fleet, 20), targetOf(stranger, 21)])
      targets.push((await platform.api('POST', '/api/v1/targets', body)).body.target_serial);
    const { serial } = await runJob(platform, targets, [command('true'), command('true')]);
    expect(await platform.untilEnded(serial)).toMatchObject({ completed_branches: 1, failed_branches: 1 });
    const { body: results } = await platform.api('GET', `/api/v1/executions/${serial}/results?branch=${serial}.0002`);
    expect(results.data[0]).toMatchObject({ failure_category: 'authentication' });
    const credentialOf = async (target: string): Promise<string> =>
      (await platform.api('GET', `/api/v1/targets/${target}`)).body.methods[0].credentials[0].credential_uuid;
    const uses = (await auditRows(platform)).filter(
      ({ action, details }) => action === 'open_session' && String(details['branch']).startsWith(serial),
    );
    const expected = await Promise.all(
      targets.map(async (target, index) => ({
        event_type: 'credential_accessed',
        actor_type: 'system',
        resource_type: 'target_credentials',
        resource_id: await credentialOf(target),
        details: { branch: `${serial}.000${index + 1}`, target, method: 'ssh_1' },
      })),
    );
    expect(uses.toSorted((a, b) => String(a.details['branch']).localeCompare(String(b.details['branch'])))).toMatchObject(expected);
    expect(uses).toHaveLength(2);
  });
});
