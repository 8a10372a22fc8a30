import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorkerProcess } from '../support/cli-process.ts';
import type { CliProcess } from '../support/cli-process.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { isIn, resultsOf, untilResults } from '../support/until-results.ts';
import type { ResultRow } from '../support/until-results.ts';

const named = (name: string, text = 'true', fields: object = {}) => command(text, { action_name: name, action_key: name, ...fields });
const block = (name: string, type: string, parameters: object, fields: object = {}) => ({
  action_type: type,
  action_name: name,
  action_key: name,
  action_parameters: parameters,
  ...fields,
});
const either = (name: string, expression: string, first: object[], second?: object[], fields: object = {}) =>
  // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
  block(name, 'condition', { conditionType: 'if', expression, then: first, ...(second !== undefined && { else: second }) }, fields);
const over = (name: string, expression: string, loop: object[], fields: object = {}) =>
  block(name, 'condition', { conditionType: 'for', expression, loop }, fields);
const parallel = (name: string, actions: object[], fields: object = {}) => block(name, 'parallel', { actions }, fields);
const NEVER = { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'plan9' }] };

describe.skipIf(withoutSshd)('actions deep inside actions (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  let worker: CliProcess;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform({ worker: false }), startFleet()]);
    worker = await startWorkerProcess(platform);
    [target = ''] = await addTargets(platform, fleet, 1);
  });
  afterAll(async () => {
    await worker.end('SIGTERM');
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const rowsOf = async (serial: string): Promise<string[]> =>
    (await resultsOf(platform, serial))
      .toSorted((one, other) => one.action_order - other.action_order || one.iteration - other.iteration)
      .map((row) => [row.action_name, row.iteration, row.status, row.skip_reason ?? row.error_code].filter(Boolean).join(' '));
  const run = async (actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], actions, fields);
    const { status } = await platform.untilEnded(serial);
    return { status, rows: await rowsOf(serial), results: await resultsOf(platform, serial) };
  };
  const untilAll = (serial: string, states: Record<string, string>, turn = 1) =>
    untilResults(platform, serial, (rows) => Object.entries(states).every(([name, status]) => isIn(name, status, turn)(rows)));
  const saidBy = (results: ResultRow[], name: string): string[] =>
    results.filter((row) => row.action_name === name).map((row) => row.result_output.trim());

  test('five levels: parallel, loop, switch, if, command; each turn in each lane has its rows', async () => {
    const lane = (name: string) =>
      over(`${name}_loop`, '["a", "b"]', [
        block(`${name}_switch`, 'condition', {
          conditionType: 'switch',
          expression: 'LOOP_ITEM',
          cases: { a: [either(`${name}_if`, 'LOOP_INDEX == 0', [named(`${name}_core`, 'echo "$LOOP_ITEM"')])] },
          else: [named(`${name}_else`, 'echo "$LOOP_ITEM"')],
        }),
      ]);
    const { status, rows, results } = await run([parallel('all', [lane('left'), lane('right')])]);
    expect(status).toBe('completed');
    const ofLane = (name: string) => [
      `${name}_loop 1 completed`,
      `${name}_switch 1 completed`,
      `${name}_switch 2 completed`,
      `${name}_else 1 completed`,
      `${name}_if 1 completed`,
      `${name}_core 1 completed`,
    ];
    expect(rows).toEqual(['all 1 completed', ...ofLane('left'), ...ofLane('right')]);
    expect(['left_core', 'left_else', 'right_core', 'right_else'].flatMap((name) => saidBy(results, name))).toEqual(['a', 'b', 'a', 'b']);
  });

  test('a loop goes over a list of maps, and one inside it over a field of the item', async () => {
    const { status, results } = await run(
      [
        over('hosts', 'HOSTS', [
          over('ports', 'LOOP_ITEM.ports.map(port, port + 1)', [named('inner', 'echo "$LOOP_ITEM"')]),
          either('large', 'size(LOOP_ITEM.ports) > 1 && LOOP_ITEM.ports[0] % 2 == 0', [named('outer', 'echo "$LOOP_ITEM"')]),
        ]),
        over('again', '["x", "y"]', [
          block('while', 'condition', {
            conditionType: 'while',
            expression: 'LOOP_ITEM == "y" && PREVIOUS_ACTION_OUTPUT != "y yy"',
            loop: [named('in_while', 'printf %s "$LOOP_ITEM ${LOOP_ITEM}y"', { rollback: [named('undo', 'echo ${LOOP_ITEM}')] })],
          }),
        ]),
        over('literal', '[{"port": 80}]', [named('map', 'echo "$LOOP_ITEM"')]),
      ],
      { variables: [{ key: 'HOSTS', type: 'json', value: [{ ports: [80, 443] }, { ports: [22] }] }] },
    );
    expect(status).toBe('completed');
    expect(saidBy(results, 'inner')).toEqual(['81', '444', '23']);
    expect(saidBy(results, 'outer')).toEqual(['{"ports":[80,443]}']);
    expect(saidBy(results, 'in_while')).toEqual(['y yy']);
    expect(saidBy(results, 'map')).toEqual(['{"port":80}']);
  });

  test('what was never reached says why: the nearest action around it that decided', async () => {
    const { status, rows } = await run([
      parallel('off', [over('off_loop', '2', [named('off_core')])], { is_enabled: false }),
      either('guarded', 'TARGET_OS == "linux"', [parallel('guarded_block', [named('guarded_core')])], undefined, NEVER),
      either('unmet', 'TARGET_OS == "linux"', [over('unmet_loop', '2', [named('unmet_core')])], undefined, {
        dependencies: [{ action_key: 'guarded' }],
      }),
      either('other', 'TARGET_OS == "plan9"', [parallel('not_taken', [named('not_taken_core')])], [named('taken')]),
      over('empty', '[]', [parallel('no_turn', [named('no_turn_core')])]),
      parallel(
        'stops',
        [either('inner', 'TARGET_OS == "linux"', [named('bad', 'exit 3'), parallel('after_bad', [named('after_bad_core')])])],
        {
          on_failure: 'continue',
        },
      ),
    ]);
    expect(status).toBe('completed');
    expect(rows).toEqual([
      'off 1 skipped disabled',
      'off_loop 1 skipped disabled',
      'off_core 1 skipped disabled',
      'guarded 1 skipped condition_false',
      'guarded_block 1 skipped condition_false',
      'guarded_core 1 skipped condition_false',
      'unmet 1 skipped dependency_not_met',
      'unmet_loop 1 skipped dependency_not_met',
      'unmet_core 1 skipped dependency_not_met',
      'other 1 completed',
      'not_taken 1 skipped condition_false',
      'not_taken_core 1 skipped condition_false',
      'taken 1 completed',
      'empty 1 completed',
      'no_turn 1 skipped condition_false',
      'no_turn_core 1 skipped condition_false',
      'stops 1 failed COMMAND_FAILED',
      'inner 1 failed COMMAND_FAILED',
      'bad 1 failed COMMAND_FAILED',
      'after_bad 1 skipped branch_stopped',
      'after_bad_core 1 skipped branch_stopped',
    ]);
  });

  test('a dependency inside a loop looks at this turn, not at the one before', async () => {
    const { rows } = await run([
      over('turns', '3', [
        named('odd_fails', '[ $((LOOP_INDEX % 2)) = 0 ]', { on_failure: 'continue' }),
        named('good', 'true', { dependencies: [{ action_key: 'odd_fails' }] }),
        named('mend', 'true', { dependencies: [{ action_key: 'odd_fails', status: 'failure' }] }),
      ]),
    ]);
    expect(rows.filter((row) => !row.startsWith('odd'))).toEqual([
      'turns 1 completed',
      'good 1 completed',
      'good 2 skipped dependency_not_met',
      'good 3 completed',
      'mend 1 skipped dependency_not_met',
      'mend 2 completed',
      'mend 3 skipped dependency_not_met',
    ]);
  });

  test('a failure deep inside ends its lists up to the block that passes it over', async () => {
    const { status, rows } = await run([
      over('turns', '3', [
        parallel('pair', [either('deep', 'LOOP_INDEX == 1', [named('bad', 'exit 3'), named('behind_bad')]), named('beside')], {
          on_failure: 'continue',
        }),
        named('next'),
      ]),
      named('last'),
    ]);
    expect(status).toBe('completed');
    expect(rows).toEqual([
      'turns 1 completed',
      'pair 1 completed',
      'pair 2 failed COMMAND_FAILED',
      'pair 3 completed',
      'deep 1 completed',
      'deep 2 failed COMMAND_FAILED',
      'deep 3 completed',
      'bad 1 failed COMMAND_FAILED',
      'behind_bad 1 skipped branch_stopped',
      ...[1, 2, 3].map((turn) => `beside ${turn} completed`),
      ...[1, 2, 3].map((turn) => `next ${turn} completed`),
      'last 1 completed',
    ]);
  });

  test('a worker that dies in the midst of lanes and turns: the next one goes on in each at its place', async () => {
    const lane = (name: string, held: number) =>
      over(`${name}_loop`, '3', [
        named(`${name}_turn`, `echo "${name} $LOOP_INDEX"`),
        ...(held < 3 ? [{ action_type: 'wait', action_name: `${name}_wait`, action_parameters: { seconds: 1_000 } }] : []),
      ]);
    const ask = { action_type: 'approval', action_name: 'ask', action_parameters: { approvers: [{ type: 'role', value: 'admin' }] } };
    const { serial } = await runJob(platform, [target], [parallel('all', [lane('slow', 0), lane('quick', 3), ask]), named('after')]);
    await untilEvents(platform, serial, 1, saysLine('slow 0'));
    // No command may be in flight at the kill: it would be lost, and wait for somebody's answer.
    await untilAll(serial, { quick_loop: 'completed', slow_wait: 'running', ask: 'running' });
    await worker.end('SIGKILL');
    worker = await startWorkerProcess(platform);
    for (const turn of [1, 2, 3]) {
      await untilAll(serial, { slow_wait: 'running' }, turn);
      const skip = await platform.api('POST', `/api/v1/executions/${serial}/branches/${serial}.0001/skip`, { action_order: 4 });
      expect(skip.status).toBe(200);
    }
    expect(
      (await platform.api('POST', `/api/v1/executions/${serial}/actions/${serial}.0001.0007/answer`, { answer: 'approved' })).status,
    ).toBe(200);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await rowsOf(serial)).toEqual([
      'all 1 completed',
      'slow_loop 1 completed',
      ...[1, 2, 3].map((turn) => `slow_turn ${turn} completed`),
      ...[1, 2, 3].map((turn) => `slow_wait ${turn} skipped user`),
      'quick_loop 1 completed',
      ...[1, 2, 3].map((turn) => `quick_turn ${turn} completed`),
      'ask 1 completed',
      'after 1 completed',
    ]);
  });
});
