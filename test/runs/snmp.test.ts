import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, runJob } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { startSnmpd, withoutSnmpd } from '../support/snmpd-fixture.ts';
import type { SnmpdFixture } from '../support/snmpd-fixture.ts';

const SYS_LOCATION = '1.3.6.1.2.1.1.6.0';
const overSnmp = (text: string, fields: Record<string, unknown> = {}) => command(text, { action_config: { method: 'snmp' }, ...fields });

describe.skipIf(withoutSnmpd)('SNMP commands of a run (net-snmp)', () => {
  let platform: TestPlatform;
  let agent: SnmpdFixture;
  let target: string;
  beforeAll(async () => {
    [platform, agent] = await Promise.all([startTestPlatform(), startSnmpd()]);
    const method = {
      method_type: 'snmp',
      host: '127.0.0.1',
      port: agent.port,
      config: { version: '2c' },
      credential: { credential_type: 'snmp_community', community: 'private' },
    };
    const added = await platform.api('POST', '/api/v1/targets', { name: 'switch', methods: [method] });
    if (added.status !== 201) throw new Error(JSON.stringify(added.body));
    target = added.body.target_serial;
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await agent[Symbol.asyncDispose]();
  });

  const run = async (actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], actions, fields);
    await platform.untilEnded(serial);
    return (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
  };

  test('a job sets and reads; a value of a variable is one text', async () => {
    const variables = [{ key: 'ROOM', value: 'cellar 1; get 1.3' }];
    const results = await run([overSnmp(`set ${SYS_LOCATION} string \${ROOM}`), command(`get ${SYS_LOCATION}`)], { variables });
    const line = `${SYS_LOCATION} = string: cellar 1; get 1.3\n`;
    expect(results).toMatchObject([
      { status: 'completed', result_output: line },
      { status: 'completed', result_output: line },
    ]);
  });

  test('what the agent refuses has failed with its reason', async () => {
    const [result] = await run([overSnmp('set 1.3.6.1.2.1.1.1.0 string x')]);
    expect(result).toMatchObject({ status: 'failed', error_code: 'OID_FAILED', failure_category: 'command_execution' });
    expect(result.result_error).toContain('notWritable');
  });

  test('a text that is no command of SNMP is refused when the job is saved', async () => {
    const actions = [overSnmp('get 1.3.6.1.2.1.1.1.0'), overSnmp('show version')];
    const { status, body } = await platform.api('POST', '/api/v1/jobs', { name: 'wrong', targets: [target], actions });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'VALIDATION',
      errors: [{ path: 'actions.1.action_parameters.command', message: expect.stringContaining('get OID') }],
    });
  });

  test('the connection test tells what the agent says of itself', async () => {
    const { body } = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(body).toMatchObject({ result: 'success', message: expect.stringContaining('sysDescr: agent of the test') });
  });
});
