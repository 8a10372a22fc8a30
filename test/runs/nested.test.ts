import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const condition = (parameters: object, fields: object = {}) => ({
  action_type: 'condition',
  action_name: 'decide',
  action_parameters: parameters,
  ...fields,
});

const parallel = (actions: object[], parameters: object = {}) => ({
  action_type: 'parallel',
  action_name: 'at once',
  action_parameters: { actions, ...parameters },
});

describe.skipIf(withoutSshd)('actions inside actions (OpenSSH)', () => {
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

  interface Row {
    action_name: string;
    status: string;
    iteration: number;
  }

  /** How each action ended, in the order of its row: name, state. */
  const run = async (actions: object[]) => {
    const { serial } = await runJob(platform, [target], actions);
    const end = await platform.untilEnded(serial);
    const rows: Row[] = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
    return { end, rows, states: Object.fromEntries(rows.map((row) => [row.action_name, row.status])) };
  };
  const file = (name: string) => join(fleet.folder, name);
  const linesOf = (name: string) => readFileSync(file(name), 'utf8').trimEnd().split('\n');

  test('if takes one way by the output of an earlier action; the other way is not run', async () => {
    const { end, states } = await run([
      command('echo debian', { action_key: 'detect' }),
      condition({
        conditionType: 'if',
        expression: 'actions.detect.output.contains("debian")',
        // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the definition
        then: [command('true', { action_name: 'apt' })],
        else: [command('true', { action_name: 'dnf' })],
      }),
    ]);
    expect(end.status).toBe('completed');
    expect(states).toMatchObject({ decide: 'completed', apt: 'completed', dnf: 'skipped' });
  });

  test('for runs its body once for each item, each turn on the record with an iteration of its own', async () => {
    const { end, rows } = await run([
      condition({
        conditionType: 'for',
        expression: '["a", "b", "c"]',
        loop: [command(`echo \${LOOP_INDEX} \${LOOP_ITEM} >> ${file('for')}`)],
      }),
    ]);
    expect(end.status).toBe('completed');
    expect(linesOf('for')).toEqual(['0 a', '1 b', '2 c']);
    expect(rows.filter(({ action_name: name }) => name.startsWith('echo')).map((row) => row.iteration)).toEqual([1, 2, 3]);
  });

  test('a while that does not end fails after maxIterations turns, with words', async () => {
    const { end, rows } = await run([
      condition({ conditionType: 'while', expression: 'true', maxIterations: 2, loop: [command(`echo turn >> ${file('while')}`)] }),
    ]);
    expect(end.status).toBe('failed');
    expect(linesOf('while')).toEqual(['turn', 'turn']);
    expect(rows.find(({ action_name: name }) => name === 'decide')).toMatchObject({ status: 'failed', error_code: 'LOOP_TOO_LONG' });
  });

  test('parallel actions are under way at the same time, all come to their end, and may be depended upon after it', async () => {
    // Each waits until the other has begun: one after the other they would not end.
    const meet = (mine: string, other: string) => `mkfifo ${file(mine)} 2>/dev/null; mkfifo ${file(other)} 2>/dev/null; `;
    const { end, states } = await run([
      parallel([
        command(`${meet('ping', 'pong')} echo > ${file('ping')}; cat ${file('pong')}`, { action_name: 'one', timeout_seconds: 60 }),
        command(`${meet('ping', 'pong')} cat ${file('ping')}; echo > ${file('pong')}`, {
          action_name: 'two',
          action_key: 'two',
          timeout_seconds: 60,
        }),
      ]),
      command('true', { action_name: 'after two', dependencies: [{ action_key: 'two' }] }),
    ]);
    expect(end.status).toBe('completed');
    expect(states).toEqual({ 'at once': 'completed', one: 'completed', two: 'completed', 'after two': 'completed' });
  });

  test('a failure in a parallel lets the others end, then fails the branch', async () => {
    const { end, states } = await run([
      parallel([command('exit 3', { action_name: 'bad' }), command('true', { action_name: 'good' })], { maxConcurrency: 1 }),
      command('true', { action_name: 'never' }),
    ]);
    expect(end.status).toBe('failed');
    expect(states).toEqual({ 'at once': 'failed', bad: 'failed', good: 'completed', never: 'skipped' });
  });

  test('a rollback undoes what ran, the last first; a failure in it does not stop the rest', async () => {
    const undo = (name: string, more = '') => [command(`echo ${name} >> ${file('undone')}${more}`, { action_name: `undo ${name}` })];
    const { end, states } = await run([
      command('true', { action_name: 'first', rollback: undo('first') }),
      command('true', { action_name: 'second', rollback: undo('second', '; exit 4') }),
      command('exit 3', { action_name: 'third', on_failure: 'rollback' }),
      command('true', { action_name: 'fourth', rollback: undo('fourth') }),
    ]);
    expect(end.status).toBe('failed');
    expect(linesOf('undone')).toEqual(['second', 'first']);
    expect(states).toMatchObject({ third: 'failed', 'undo second': 'failed', 'undo first': 'completed', fourth: 'skipped' });
  });

  test('an action that depends on a failure runs after it; one that depends on success is skipped', async () => {
    const { end, states } = await run([
      command('exit 3', { action_name: 'deploy', action_key: 'deploy' }),
      command('true', { action_name: 'report', dependencies: [{ action_key: 'deploy', status: 'failure' }] }),
      command('true', { action_name: 'celebrate', dependencies: [{ action_key: 'deploy' }] }),
    ]);
    expect(end.status).toBe('failed');
    expect(states).toEqual({ deploy: 'failed', report: 'completed', celebrate: 'skipped' });
  });

  test('a wait passes, and what follows runs after it', async () => {
    const { rows } = await run([
      { action_type: 'wait', action_name: 'pause', action_parameters: { seconds: 1 } },
      command('true', { action_name: 'after' }),
    ]);
    expect(rows.map((row) => [row.action_name, row.status])).toEqual([
      ['pause', 'completed'],
      ['after', 'completed'],
    ]);
  });

  const ask = (parameters: object) => ({
    action_type: 'approval',
    action_name: 'ask',
    action_parameters: { approvers: [{ type: 'role', value: 'admin' }], ...parameters },
  });
  const after = command('true', { action_name: 'after' });

  test('an approval without an answer ends as onTimeout says', async () => {
    const ways = ['fail', 'approve', 'skip'].map((onTimeout) => run([ask({ timeoutSeconds: 1, onTimeout }), after]));
    expect((await Promise.all(ways)).map(({ states }) => states)).toEqual([
      { ask: 'failed', after: 'skipped' },
      { ask: 'completed', after: 'completed' },
      { ask: 'skipped', after: 'completed' },
    ]);
  });

  /** Serial of the approval for which the run waits. */
  const untilAsked = async (execution: string): Promise<string> => {
    for (;;) {
      const { body } = await platform.api('GET', `/api/v1/executions/approvals?execution=${execution}`);
      if (body.data.length > 0) return body.data[0].action_serial;
    }
  };

  test.each([
    ['approved', { ask: 'completed', after: 'completed' }],
    ['rejected', { ask: 'failed', after: 'skipped' }],
  ])('a person answers %s: the branch goes on or ends, only the first answer counts', async (answer, states) => {
    const { serial } = await runJob(platform, [target], [ask({}), after]);
    const action = await untilAsked(serial);
    const path = `/api/v1/executions/${serial}/actions/${action}/answer`;
    expect((await platform.api('POST', path, { answer, note: 'looked at it' })).status).toBe(200);
    await platform.untilEnded(serial);
    const rows: Row[] = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
    expect(Object.fromEntries(rows.map((row) => [row.action_name, row.status]))).toEqual(states);
    expect((await platform.api('POST', path, { answer: 'approved' })).status).toBe(409);
  });
});
