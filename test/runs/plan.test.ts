import { once } from 'node:events';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobPlan, PlanStep } from '../../src/contracts/plan.ts';
import { planText } from '../../src/cli/plan-text.ts';
import { createPaint } from '../../src/cli/terminal/paint.ts';
import { textWidth } from '../../src/cli/terminal/text-width.ts';
import { selectRow } from '../../src/db/query.ts';
import { addApiToken, addUser } from '../api/support/accounts.ts';
import { auditRows, isSigned } from '../api/support/audit.ts';
import { startCli } from '../support/cli-process.ts';
import { addTargets, command, startFleet, targetOf, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { freePort } from '../support/free-port.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const SECRET = 'hunter2-and-more';

describe.skipIf(withoutSshd)('plan of a run (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let targets: string[];
  let server: ServerType;
  let url: string;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    targets = await addTargets(platform, fleet, 3);
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
    await fleet[Symbol.asyncDispose]();
  });

  const cli = async (...args: string[]): Promise<{ code: number; output: string }> => {
    const child = startCli(args, { OPSCONDUCTOR_URL: url, OPSCONDUCTOR_TOKEN: platform.token });
    const [code] = (await once(child.child, 'close')) as [number];
    return { code, output: child.output() };
  };
  const makeJob = async (actions: object[], fields: Record<string, unknown> = {}): Promise<string> => {
    const { status, body } = await platform.api('POST', '/api/v1/jobs', { name: 'planned', targets, actions, ...fields });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.job_serial;
  };
  const plan = async (job: string, input: object = {}): Promise<JobPlan> => {
    const { status, body } = await platform.api('POST', `/api/v1/jobs/${job}/plan`, input);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body;
  };
  const stepsOf = async (actions: object[], fields: Record<string, unknown> = {}, input: object = {}): Promise<PlanStep[]> =>
    (await plan(await makeJob(actions, fields), { limit: 1, ...input })).targets[0]?.steps ?? [];
  const verdicts = (steps: PlanStep[]): string[] => steps.map(({ verdict }) => verdict);
  const rows = async (): Promise<Record<string, unknown>> =>
    (await selectRow(
      platform.db,
      `SELECT (SELECT count(*) FROM audit_events) AS audit, (SELECT count(*) FROM job_executions) AS runs, (SELECT count(*) FROM job_execution_branches) AS branches,
         (SELECT count(*) FROM idempotency_keys) AS keys, (SELECT count(host_key_fingerprint) FROM target_communication_methods) AS pins`,
    )) ?? {};

  test('commands have their values, each quoted; secrets are masked, later results stand as they are written', async () => {
    const text = 'echo ${WHO} ${TOKEN} ${TARGET_NAME} ${actions.ask.output} "${EXECUTION_DATE}"';
    const variables = [
      { key: 'WHO', value: 'nobody' },
      { key: 'TOKEN', value: SECRET, is_secret: true },
    ];
    const steps = await stepsOf([command('id', { action_key: 'ask' }), command(text)], { variables }, { variables: { WHO: "it's" } });
    expect(steps[1]).toMatchObject({ verdict: 'runs', method: expect.any(String), reason: null });
    const shown = `echo 'it'\\''s' '********' 'host-1' '\${actions.ask.output}' ""'\${EXECUTION_DATE}'""`;
    expect(steps[1]?.texts).toEqual([{ field: 'command', text: shown }]);
    expect(JSON.stringify(steps)).not.toContain(SECRET);
  });

  test('a secret given to the run is not in its plan, and nothing tells whether a condition on it holds', async () => {
    const variables = [{ key: 'TOKEN', is_secret: true }];
    const conditions = [{ variable: 'TOKEN', operator: '==', value: SECRET }];
    const [step] = await stepsOf([command('echo ${TOKEN}', { conditions })], { variables }, { variables: { TOKEN: SECRET } });
    expect(step).toMatchObject({ verdict: 'decided', texts: [{ text: "echo '********'" }] });
  });

  test('conditions on declared variables are decided, others shown; switched off actions are skipped', async () => {
    const on = (variable: string, value: unknown) => ({ conditions: [{ variable, operator: '==', value }] });
    const steps = await stepsOf(
      [
        command('a', on('STAGE', 'test')),
        command('b', on('STAGE', 'live')),
        command('c', { is_enabled: false }),
        command('d', on('PREVIOUS_ACTION_EXIT_CODE', 0)),
        command('e', { action_key: 'e' }),
        command('f', { dependencies: [{ action_key: 'e', status: 'failure' }] }),
      ],
      { variables: [{ key: 'STAGE', value: 'test' }] },
    );
    expect(steps.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['runs', null],
      ['skipped', 'STAGE == "live" does not hold, it is "test"'],
      ['skipped', 'it is switched off'],
      ['decided', 'PREVIOUS_ACTION_EXIT_CODE == 0'],
      ['runs', null],
      ['decided', 'if action 5 has failed'],
    ]);
  });

  // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
  const ways = (yes: object[], no?: object[]) => ({ conditionType: 'if', then: yes, ...(no && { else: no }) });
  const choice = (expression: string, fields: object) => ({
    action_type: 'condition',
    action_name: 'choose',
    action_parameters: { expression, ...fields },
  });

  test('actions inside others have their place; an expression over declared variables chooses, others are decided while it runs', async () => {
    const steps = await stepsOf(
      [
        choice('COUNT > 3', ways([command('many')], [command('few')])),
        choice('actions.action_2.exit_code == 0', ways([command('x', { rollback: [command('undo')] })])),
        choice('["a", "b"]', { conditionType: 'for', loop: [command('echo ${LOOP_ITEM}')] }),
        choice('STAGE', { conditionType: 'switch', cases: { test: [command('t')], live: [command('l')] }, else: [command('other')] }),
        { action_type: 'parallel', action_name: 'both', action_parameters: { actions: [command('p'), command('q')] } },
      ],
      {
        variables: [
          { key: 'COUNT', type: 'number', value: 5 },
          { key: 'STAGE', value: 'live' },
        ],
      },
    );
    expect(steps.map(({ parent, slot, case: value, verdict }) => [parent, slot, value, verdict])).toEqual([
      [null, null, null, 'runs'],
      [1, 'then', null, 'runs'],
      [1, 'else', null, 'skipped'],
      [null, null, null, 'runs'],
      [4, 'then', null, 'decided'],
      [5, 'rollback', null, 'decided'],
      [null, null, null, 'runs'],
      [7, 'loop', null, 'runs'],
      [null, null, null, 'runs'],
      [9, 'else', null, 'skipped'],
      [9, 'case', 'test', 'skipped'],
      [9, 'case', 'live', 'runs'],
      [null, null, null, 'runs'],
      [13, 'parallel', null, 'runs'],
      [13, 'parallel', null, 'runs'],
    ]);
    expect(steps[4]?.reason).toContain('actions.action_2.exit_code == 0');
    expect(steps[7]?.texts[0]?.text).toBe("echo '${LOOP_ITEM}'");
  });

  test('an action for other systems is skipped, and says so', async () => {
    const job = await makeJob([command('a', { action_config: { target_compatibility: ['windows'] } }), command('b')]);
    const { targets: planned } = await plan(job);
    expect(verdicts(planned[0]?.steps ?? [])).toEqual(['skipped', 'runs']);
    expect(planned[0]?.steps[0]?.reason).toBe('it is only for targets of windows, and this one is linux');
  });

  test('an action that surely fails is told, and that it ends the branch', async () => {
    const job = await makeJob([command('a'), command('b')]);
    await platform.db.query(
      `UPDATE target_communication_methods SET is_active = false WHERE target_id = (SELECT id FROM universal_targets WHERE target_serial = '${targets[2]}')`,
    );
    const { targets: planned } = await plan(job);
    expect(planned.map(({ steps }) => verdicts(steps))).toEqual([
      ['runs', 'runs'],
      ['runs', 'runs'],
      ['fails', 'skipped'],
    ]);
    expect(planned[2]?.steps.map(({ reason }) => reason)).toEqual([
      'the target has no active method that can do actions of type command',
      'action 1 fails before it',
    ]);
    await platform.db.query('UPDATE target_communication_methods SET is_active = true');
  });

  test('targets that are switched off or deleted are left out and named; pages tell how many there are', async () => {
    const more = [];
    for (const index of [3, 4, 5]) more.push((await platform.api('POST', '/api/v1/targets', targetOf(fleet, index))).body.target_serial);
    const job = await makeJob([command('a')], { targets: [...targets, ...more] });
    await platform.api('PATCH', `/api/v1/targets/${more[0]}`, { status: 'maintenance' });
    await platform.api('DELETE', `/api/v1/targets/${more[1]}`);
    const first = await plan(job, { limit: 3 });
    expect(first).toMatchObject({ total_targets: 4, left_out_total: 2 });
    expect(first.left_out.map(({ target_serial: serial, reason }) => [serial, reason])).toEqual([
      [more[0], 'it is switched off (status maintenance)'],
      [more[1], 'it is deleted'],
    ]);
    const second = await plan(job, { limit: 3, cursor: first.next });
    expect([...first.targets, ...second.targets].map(({ target_serial: serial }) => serial)).toEqual([...targets, more[2]]);
    expect(second.next).toBeNull();
    const refused = await platform.api('POST', `/api/v1/jobs/${job}/plan`, { targets: [more[0]] });
    expect([refused.status, refused.body.code]).toEqual([422, 'TARGET_NOT_ACTIVE']);
  });

  test('what a run would be refused for, its plan is refused for', async () => {
    const job = await makeJob([command('echo ${WHO}')], { variables: [{ key: 'WHO' }] });
    const refused = await platform.api('POST', `/api/v1/jobs/${job}/plan`, {});
    expect([refused.status, refused.body.code, refused.body.errors[0].path]).toEqual([422, 'VARIABLE_MISSING', 'variables.WHO']);
  });

  test('a probe logs in to each target and tells what came of it; all that is written is who opened which credential', async () => {
    const closed = await freePort();
    const gone = targetOf({ ...fleet, port: closed }, 8);
    const { target_serial: serial } = (await platform.api('POST', '/api/v1/targets', gone)).body;
    const job = await makeJob([command('touch never')], { targets: [targets[0], serial] });
    const before = await rows();
    expect((await plan(job)).targets.map(({ probes }) => probes)).toEqual([[], []]);
    const probed = await plan(job, { probe: true });
    expect(probed.targets.map(({ probes }) => probes.map(({ result, error_code: code }) => [result, code]))).toEqual([
      [['success', null]],
      [['failure', 'CONNECTION_REFUSED']],
    ]);
    expect(probed.targets[0]?.probes[0]).toMatchObject({ method_type: 'ssh', address: `127.0.1.1:${fleet.port}` });
    expect(await rows()).toEqual({ ...before, audit: Number(before['audit']) + 2 });
    const events = (await auditRows(platform)).slice(-2);
    expect(events).toMatchObject(
      [targets[0], serial].map((target) => ({
        event_type: 'credential_accessed',
        action: 'probe_plan',
        resource_type: 'target_credentials',
        details: { job, target, method: 'ssh_1' },
      })),
    );
    for (const event of events) expect(isSigned(platform.services.keyRing.auditKey, event)).toBe(true);
  });

  test('a probe needs the permission to test targets, a plan without one does not', async () => {
    const token = await addApiToken(await addUser('operator'), ['jobs.execute', 'targets.read']);
    const job = await makeJob([command('true')], { targets: [targets[0]] });
    const ask = (input: object) => platform.call(token, 'POST', `/api/v1/jobs/${job}/plan`, input);
    expect((await ask({})).status).toBe(200);
    const before = await rows();
    const refused = await ask({ probe: true });
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('targets.test')]);
    expect((await rows())['audit']).toBe(before['audit']);
  });

  test('a connectionString that is not protected says so, with the values that are known', async () => {
    const ask = (connectionString: string) => ({
      action_type: 'database',
      action_name: 'ask',
      action_parameters: { query: 'SELECT 1', connectionString },
    });
    const job = await makeJob([ask('postgresql://ops:${PW}@db/x?ssl_mode=${MODE}'), ask('postgresql://ops:${PW}@db/x')], {
      variables: [
        { key: 'PW', value: SECRET, is_secret: true },
        { key: 'MODE', value: 'require' },
      ],
    });
    const found = await plan(job, { limit: 1 });
    const weakness =
      'ssl_mode require: any certificate is accepted; anyone in between can pose as the server, and read and change what is sent';
    expect(found.targets[0]?.steps.map(({ weaknesses }) => weaknesses)).toEqual([[weakness], []]);
    expect(planText(found, { paint: createPaint(false), width: undefined })).toContain(`not protected: ${weakness}`);
    expect((await plan(job, { limit: 1, variables: { MODE: 'verify-full' } })).targets[0]?.steps[0]?.weaknesses).toEqual([]);
  });

  test('people see it in 100 columns', async () => {
    const long = `echo ${'word '.repeat(60)}`;
    const found = await plan(
      await makeJob([command(long), choice('COUNT > 3', ways([command(long)]))], {
        variables: [{ key: 'COUNT', type: 'number', value: 5 }],
      }),
      { limit: 1, probe: true },
    );
    const text = planText(found, { paint: createPaint(false), width: 100 });
    expect(Math.max(...text.split('\n').map(textWidth))).toBeLessThanOrEqual(100);
    expect(text).toContain('1 of 3 targets are shown, 2 more with --limit or --target.');
    expect(text).toMatch(/^ {6}then: 3 echo word/m);
  });

  test('the command line shows it, with targets by name and variables, and exits with 1 when a probe fails', async () => {
    const job = await makeJob([command('echo ${COUNT}')], { variables: [{ key: 'COUNT', type: 'number' }] });
    const seen = await cli('jobs', 'plan', job, '--target', 'host-2', '--var', 'COUNT=7', '--probe');
    expect(seen.code).toBe(0);
    expect(seen.output).toContain('would run on 1 target(s). Nothing has been run.');
    expect(seen.output).toMatch(/probe of .* \(127\.0\.1\.2:\d+\) {2}success[^]*\$ echo '7'/);
    const gone = targetOf({ ...fleet, port: await freePort() }, 9, { name: 'gone' });
    const { target_serial: serial } = (await platform.api('POST', '/api/v1/targets', gone)).body;
    const other = await makeJob([command('true')], { targets: [serial] });
    const failed = await cli('jobs', 'plan', other, '--probe', '--json');
    expect([failed.code, JSON.parse(failed.output).targets[0].probes[0].result]).toEqual([1, 'failure']);
  });
});
