import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const EVIL = `a'b "c" $(id) \`id\` ; id # \\ *\nend`;

describe.skipIf(withoutSshd)('references in the texts of a run (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const run = async (actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], actions, fields);
    await platform.untilEnded(serial);
    return (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
  };

  test('a value reaches a command as one word or as the inside of its quotes, whatever it holds', async () => {
    const text = `printf '<%s>' \${EVIL} "in \${EVIL}" 'in \${EVIL}' "$EVIL" $\${MISSING}`;
    const results = await run([command(text)], { variables: [{ key: 'EVIL', value: EVIL }] });
    expect(results).toMatchObject([{ status: 'completed', result_error: '' }]);
    expect(results[0].result_output).toBe(`<${EVIL}><in ${EVIL}><in ${EVIL}><${EVIL}>\n`);
  });

  test('an action uses results of those before it: their output, its JSON, exit codes, and PREVIOUS_ACTION_…', async () => {
    const results = await run([
      command(`echo '{"items":[{"id":7,"name":"it'"'"'s"}]}'; echo oops >&2`, { action_key: 'ask' }),
      command('echo skipped', { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'none' }] }),
      command(
        'echo ${actions.ask.output.items[0].id} "${actions.ask.output.items[0].name}" ${actions.ask.exit_code} ${actions.ask.status} ${actions.ask.error}',
      ),
      command('printf "%s|" ${PREVIOUS_ACTION_OUTPUT} ${PREVIOUS_ACTION_EXIT_CODE} "$PREVIOUS_ACTION_EXIT_CODE"'),
    ]);
    expect(results.map((row: { status: string }) => row.status)).toEqual(['completed', 'skipped', 'completed', 'completed']);
    expect(results[2].result_output.split(/\s+/)).toEqual(['7', "it's", '0', 'completed', 'oops', '']);
    expect(results[3].result_output.trimEnd()).toBe("7 it's 0 completed oops|0|0|");
  });

  test('a reference to the result of an action that did not run fails its action, and nothing of it is run', async () => {
    const results = await run([
      command('echo never', { action_key: 'skipped', conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'none' }] }),
      command('touch ${actions.skipped.status}-${actions.skipped.output}; echo ran'),
    ]);
    expect(results[1]).toMatchObject({ status: 'failed', error_code: 'VARIABLE_MISSING', fault: 'definition', result_output: '' });
    expect(results[1].result_error).toContain('${actions.skipped.output} has no value');
  });

  test('a result in which a secret was masked is no value: what refers to it fails before it runs, and says why', async () => {
    const mark = `${fleet.folder}/masked-ran`;
    const takes = (name: string, text: string, fields: object = {}) =>
      command(`touch ${mark}; ${text}`, { action_name: name, on_failure: 'continue', ...fields });
    const results = await run(
      [
        command('echo /opt/test-1; echo plain >&2', { action_key: 'find', action_name: 'find' }),
        takes('output', 'ls ${actions.find.output}'),
        command('echo "${PREVIOUS_ACTION_OUTPUT}"', { action_name: 'previous', action_key: 'previous', on_failure: 'continue' }),
        {
          action_type: 'condition',
          action_name: 'decide',
          on_failure: 'continue',
          action_parameters: { conditionType: 'for', expression: 'actions.find.output == "x" ? 1 : 0', loop: [command('true')] },
        },
        command('echo ${actions.find.exit_code} ${actions.find.error}', { action_name: 'others' }),
        command(`printf '%s\\n' '********'`, { action_key: 'stars', action_name: 'stars' }),
        command('echo ${actions.stars.output}', { action_name: 'banner' }),
      ],
      { variables: [{ key: 'PASSWORD', value: 'test', is_secret: true }] },
    );
    const of = (name: string) => results.find((row: { action_name: string }) => row.action_name === name);
    expect(of('find').result_output).toBe('/opt/********-1\n');
    expect(of('output')).toMatchObject({ status: 'failed', error_code: 'OUTPUT_MASKED', fault: 'definition', result_output: '' });
    expect(of('output').result_error).toContain('${actions.find.output} cannot be used: the output of action 1 (find) holds a secret');
    expect(of('output').command_executed).toBe(`touch ${mark}; ls '\${actions.find.output}'`);
    expect(of('decide')).toMatchObject({ status: 'failed', error_code: 'OUTPUT_MASKED' });
    expect(of('others').result_output).toBe('0 plain\n');
    expect(of('banner').result_output).toBe('********\n');
    expect(existsSync(mark)).toBe(false);
  });

  test('PREVIOUS_ACTION_OUTPUT in which a secret was masked is given to no program that names it', async () => {
    const variables = [{ key: 'PASSWORD', value: 'test', is_secret: true }];
    const script = (text: string) => ({
      action_type: 'script',
      action_name: 'next',
      action_parameters: { scriptType: 'bash', scriptContent: text },
    });
    const [, named] = await run([command('echo a test'), script('echo "$PREVIOUS_ACTION_OUTPUT"')], { variables });
    expect(named).toMatchObject({ status: 'failed', error_code: 'OUTPUT_MASKED', result_output: '' });
    const [, other] = await run([command('echo a test'), script('echo "$PREVIOUS_ACTION_EXIT_CODE"')], { variables });
    expect(other).toMatchObject({ status: 'completed', result_output: '0\n' });
  });

  test('the record holds what was sent: values in their places, secrets masked, of scripts their arguments', async () => {
    const variables = [
      { key: 'WHO', value: `it's me` },
      { key: 'TOKEN', value: `s3'cr&et`, is_secret: true },
    ];
    const results = await run(
      [
        command('echo ${WHO} "${TOKEN}" $WHO'),
        {
          action_type: 'script',
          action_name: 's',
          action_parameters: { scriptType: 'bash', scriptContent: 'echo "$@"', arguments: ['${WHO}', '${TOKEN}'] },
        },
        { action_type: 'file', action_name: 'f', action_parameters: { operation: 'mkdir', source: `${fleet.folder}/\${TARGET_NAME}` } },
      ],
      { variables },
    );
    expect(results.map((row: { command_executed: string }) => row.command_executed)).toEqual([
      `echo 'it'\\''s me' ""'********'"" $WHO`,
      'echo "$@"\n(arguments: "it\'s me" "********")',
      `mkdir of ${fleet.folder}/host-1`,
    ]);
  });

  test('a program that fails says with which exit code, what was expected, and what it said last', async () => {
    const variables = [{ key: 'TOKEN', value: 'hush-hush', is_secret: true }];
    const [result] = await run([command('echo first >&2; echo "no room for $TOKEN" >&2; exit 3')], { variables });
    expect(result.result_error).toBe(
      'first\nno room for ********\nThe program ended with exit code 3; expected is 0. Last on standard error: no room for ********',
    );
    const [missing] = await run([command('no-such-command-here')]);
    expect(missing.result_error).toContain('ended with exit code 127; expected is 0. A shell says so of a command that it does not find');
    const [killed] = await run([command('kill -9 $$')]);
    expect(killed).toMatchObject({
      error_code: 'COMMAND_KILLED',
      result_error: expect.stringContaining('by signal SIGKILL, and not by OpsConductor'),
    });
  });

  test('date and time of the run, of one form for all targets', async () => {
    const [{ result_output: output }] = await run([command('echo ${EXECUTION_DATE} ${EXECUTION_TIME} $TARGET_HOSTNAME')]);
    expect(output).toMatch(/^\d{4}-\d\d-\d\d ([01]\d|2[0-3]):\d\d:\d\d 127\.0\.1\.1\n$/);
  });

  test('a secret in a command is nowhere in its result', async () => {
    const secret = `se'cret-"9182`;
    const results = await run([command('echo "<${TOKEN}>"; set -x; : ${TOKEN}')], {
      variables: [{ key: 'TOKEN', value: secret, is_secret: true }],
    });
    expect(results[0].result_output).toBe('<********>\n');
    expect(JSON.stringify(results)).not.toMatch(/9182/);
  });

  test('a variable that surely is needed and has no value refuses the run', async () => {
    const body = { name: 'lacks', targets: [target], variables: [{ key: 'WHO' }], actions: [command('echo ${WHO}')] };
    const job = await platform.api('POST', '/api/v1/jobs', body);
    const refused = await platform.api('POST', `/api/v1/jobs/${job.body.job_serial}/executions`, {});
    expect([refused.status, refused.body.code, refused.body.errors]).toEqual([
      422,
      'VARIABLE_MISSING',
      [{ path: 'variables.WHO', message: 'has no value, and action 1 (echo ${WHO}) needs it' }],
    ]);
    const inside = { action_type: 'parallel', action_name: 'both', action_parameters: { actions: [command('echo ${WHO}')] } };
    const others = [{ actions: [inside] }, { actions: [command('true')], settings: { environment: { NAME: 'of ${WHO}' } } }];
    for (const other of others) {
      const saved = await platform.api('POST', '/api/v1/jobs', { ...body, ...other });
      expect(saved.status).toBe(201);
      const again = await platform.api('POST', `/api/v1/jobs/${saved.body.job_serial}/executions`, {});
      expect([again.status, again.body.errors[0].path]).toEqual([422, 'variables.WHO']);
    }
    const started = await platform.api('POST', `/api/v1/jobs/${job.body.job_serial}/executions`, { variables: { WHO: 'me' } });
    expect(started.status).toBe(202);
    await platform.untilEnded(started.body.execution_serial);
  });

  test('JOB_RESULT and EXECUTION_DURATION tell how it stands: in texts, the environment, conditions, expressions and rollbacks', async () => {
    const tell = (key: string, fields: object = {}) =>
      command('echo ${JOB_RESULT} "$JOB_RESULT" ${EXECUTION_DURATION}', { action_key: key, action_name: key, ...fields });
    const results = await run([
      { action_type: 'wait', action_name: 'rest', action_parameters: { seconds: 1 } },
      command('exit 3', { on_failure: 'continue' }),
      tell('before'),
      command('true', { rollback: [tell('undo')] }),
      command('exit 4', { action_key: 'bad', on_failure: 'rollback' }),
      tell('after', {
        dependencies: [{ action_key: 'bad', status: 'completed' }],
        conditions: [
          { variable: 'JOB_RESULT', operator: '==', value: 'failed' },
          { variable: 'EXECUTION_DURATION', operator: '>', value: 0 },
        ],
      }),
      {
        action_type: 'condition',
        action_name: 'decide',
        dependencies: [{ action_key: 'after' }],
        action_parameters: {
          conditionType: 'for',
          expression: 'JOB_RESULT == "failed" && EXECUTION_DURATION + 1 > 1 ? 1 : 0',
          loop: [command('true', { action_name: 'taken' })],
        },
      },
    ]);
    const said = (name: string): string | undefined =>
      results.find((row: { action_name: string }) => row.action_name === name)?.result_output;
    expect(said('before')).toMatch(/^completed completed [1-9]\d*\n$/);
    for (const name of ['after', 'undo']) expect(said(name)).toMatch(/^failed failed [1-9]\d*\n$/);
    expect(results.find((row: { action_name: string }) => row.action_name === 'taken')).toMatchObject({ status: 'completed' });
  });

  test('a job declares no variable of a name that OpsConductor sets', async () => {
    const variables = [{ key: 'JOB_RESULT' }];
    const { status, body } = await platform.api('POST', '/api/v1/jobs', { name: 'own', actions: [command('true')], variables });
    expect([status, body.errors]).toEqual([
      400,
      [{ path: 'variables.0.key', message: 'JOB_RESULT is set by OpsConductor; choose another name' }],
    ]);
  });

  test('settings of a job are the defaults of its actions: environment, whether output is kept, the pause before a retry', async () => {
    const environment = { PLACE: 'in ${NAME} on ${TARGET_NAME}', LEVEL: 'job' };
    const settings = { environment, capture_output: false, retry_delay_seconds: 1 };
    const print = 'echo "$PLACE, $LEVEL"';
    const results = await run(
      [
        command(print, { action_config: { capture_output: true } }),
        command(print, { action_config: { capture_output: true, environment: { LEVEL: 'action' } } }),
        command('echo hidden; exit 3', { retry_count: 1 }),
      ],
      { settings, variables: [{ key: 'NAME', value: 'Zürich' }] },
    );
    expect(results.map((row: { result_output: string }) => row.result_output)).toEqual([
      'in Zürich on host-1, job\n',
      'in Zürich on host-1, action\n',
      '',
      '',
    ]);
    const branch: string = results[2].action_serial.slice(0, -'.0001.0003'.length);
    const { events } = await platform.client.workflow.getHandle(`${branch}/b/${target}`).fetchHistory();
    const pauses = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
      timer ? [Number(timer.startToFireTimeout?.seconds)] : [],
    );
    expect(pauses).toEqual([1]);
  });

  test('an action for other systems is skipped, with the reason', async () => {
    const results = await run([
      command('echo a', { action_config: { target_compatibility: ['windows', 'aix'] } }),
      command('echo b', { action_config: { target_compatibility: ['linux'] } }),
    ]);
    expect(results).toMatchObject([
      { status: 'skipped', skip_reason: 'condition_false', result_error: 'It is only for targets of windows, aix, and this one is linux.' },
      { status: 'completed' },
    ]);
  });
});
