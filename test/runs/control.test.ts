import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createControlActivities } from '../../src/activities/control-activities.ts';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { selectRows } from '../../src/db/query.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { endMarked } from '../support/end-marked.ts';
import { untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const condition = (parameters: object, fields: object = {}) => ({
  action_type: 'condition',
  action_name: 'decide',
  action_parameters: parameters,
  ...fields,
});
/** A list of actions is nothing that `await` would call. */
const either = (expression: string, first: object[], second?: object[]) =>
  // oxlint-disable-next-line unicorn/no-thenable
  condition({ conditionType: 'if', expression, then: first, ...(second !== undefined && { else: second }) });
const parallel = (actions: object[], parameters: object = {}) => ({
  action_type: 'parallel',
  action_name: 'at once',
  action_parameters: { actions, ...parameters },
});

describe.skipIf(withoutSshd)('actions inside actions (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  let files = 0;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    target = (await addTargets(platform, fleet, 1))[0] ?? '';
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const newFile = (): string => {
    files += 1;
    return join(fleet.folder, `control-${files}`);
  };
  /** Runs the actions; each attempt or row as `<name> <iteration> <status> <why>`, in the order in which they ended. */
  const run = async (actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], actions, fields);
    const ended = await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    const [branch] = (await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data;
    const rows = (data as Record<string, string | null>[]).map((row) =>
      [row['action_name'], row['iteration'], row['status'], row['skip_reason'] ?? row['error_code']]
        .filter((part) => part !== null)
        .join(' '),
    );
    return { serial, ended, rows: rows.toSorted(), data, branch };
  };
  const named = (name: string, text: string, fields: object = {}) => command(text, { action_name: name, action_key: name, ...fields });

  test('if takes one way by the output of an earlier action; the other is skipped', async () => {
    const decide = either(
      'actions.detect.output == "debian" && actions.detect.exit_code == 0',
      [named('apt', 'true')],
      [named('dnf', 'true')],
    );
    const { rows } = await run([named('detect', 'echo debian'), decide]);
    expect(rows).toEqual(['apt 1 completed', 'decide 1 completed', 'detect 1 completed', 'dnf 1 skipped condition_false']);
  });

  test('switch takes the case that fits, else the other way', async () => {
    const decide = (value: string) =>
      condition({
        conditionType: 'switch',
        expression: `"${value}"`,
        cases: { a: [named('one', 'true')], b: [named('two', 'true')] },
        else: [named('other', 'true')],
      });
    expect((await run([decide('b')])).rows).toEqual([
      'decide 1 completed',
      'one 1 skipped condition_false',
      'other 1 skipped condition_false',
      'two 1 completed',
    ]);
    expect((await run([decide('c')])).rows).toContain('other 1 completed');
  });

  test('for goes over a list: item and index are variables of the programs, each turn has its own rows', async () => {
    const loop = condition({
      conditionType: 'for',
      expression: '["x y", "$(false)", "z"]',
      loop: [named('show', 'echo "$LOOP_INDEX" ${LOOP_ITEM}')],
    });
    const { data, rows } = await run([loop]);
    expect(rows).toEqual(['decide 1 completed', 'show 1 completed', 'show 2 completed', 'show 3 completed']);
    const shown = data
      .filter((row: { action_name: string }) => row.action_name === 'show')
      .map((row: { result_output: string }) => row.result_output);
    expect(shown).toEqual(['0 x y\n', '1 $(false)\n', '2 z\n']);
  });

  test('while goes on as long as it holds', async () => {
    const file = newFile();
    const count = named('count', `echo x >> ${file}; wc -l < ${file}`);
    const loop = condition({
      conditionType: 'while',
      expression: 'int(actions.count.output) < 4',
      loop: [{ ...count, action_key: 'again', action_name: 'again' }],
    });
    // The expression asks of `count`, which never changes: the limit ends it.
    const { rows, ended } = await run([count, { ...loop, action_parameters: { ...loop.action_parameters, maxIterations: 3 } }]);
    expect(rows).toEqual([
      'again 1 completed',
      'again 2 completed',
      'again 3 completed',
      'count 1 completed',
      'decide 1 failed LOOP_TOO_LONG',
    ]);
    expect(ended.status).toBe('failed');
    const good = condition({
      conditionType: 'while',
      expression: 'int(PREVIOUS_ACTION_OUTPUT) < 6',
      loop: [named('more', `echo x >> ${file}; wc -l < ${file}`)],
    });
    const second = await run([named('first', `printf 4`), good]);
    expect(second.rows).toEqual(['decide 1 completed', 'first 1 completed', 'more 1 completed', 'more 2 completed']);
  });

  test('an expression that gives no truth fails the action as a wrong definition', async () => {
    const { data } = await run([either('size(TARGET_NAME)', [named('never', 'true')])]);
    expect(data[0]).toMatchObject({
      status: 'failed',
      failure_category: 'configuration',
      error_code: 'CONDITION_FAILED',
      fault: 'definition',
    });
  });

  test('parallel actions run at the same time, no more than its limit at once', async () => {
    const [one, two, log] = [newFile(), newFile(), newFile()];
    const meet = (own: string, other: string) => `touch ${own}; until [ -e ${other} ]; do sleep 0.05; done`;
    expect((await run([parallel([named('left', meet(one, two)), named('right', meet(two, one))])])).ended.status).toBe('completed');
    // The first two end only when both have begun, however long the second takes for that.
    const untilTwo = `until [ "$(grep -c begin ${log})" -ge 2 ]; do sleep 0.05; done`;
    const logged = (name: string) => named(name, `echo begin >> ${log}; ${untilTwo}; sleep 0.2; echo end >> ${log}`);
    await run([parallel(['a', 'b', 'c', 'd'].map(logged), { maxConcurrency: 2 })]);
    let atOnce = 0;
    const most = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((word) => (atOnce += word === 'begin' ? 1 : -1));
    expect(Math.max(...most)).toBe(2);
  });

  test('the first failure of a parallel block cancels the others, when it need not wait for all', async () => {
    const file = newFile();
    const slow = named('slow', `touch ${file}; sleep 300`);
    const bad = named('bad', `until [ -e ${file} ]; do sleep 0.05; done; exit 3`);
    const { rows } = await run([parallel([slow, bad, named('third', 'true')], { waitForAll: false, maxConcurrency: 2 })]);
    expect(rows).toEqual([
      'at once 1 failed COMMAND_FAILED',
      'bad 1 failed COMMAND_FAILED',
      'slow 1 cancelled',
      'third 1 skipped branch_stopped',
    ]);
  });

  test('a child of a parallel block is depended upon; what depends on a failure runs after it', async () => {
    const { rows } = await run([
      parallel([named('good', 'true'), named('bad', 'exit 3', { on_failure: 'continue' })]),
      named('after_good', 'true', { dependencies: [{ action_key: 'good' }] }),
      named('after_bad', 'true', { dependencies: [{ action_key: 'bad', status: 'failure' }] }),
      named('not_run', 'true', { dependencies: [{ action_key: 'bad' }] }),
      named('stops', 'exit 4'),
      named('mends', 'true', { dependencies: [{ action_key: 'stops', status: 'failure' }] }),
      named('never', 'true'),
    ]);
    expect(rows).toEqual([
      'after_bad 1 completed',
      'after_good 1 completed',
      'at once 1 completed',
      'bad 1 failed COMMAND_FAILED',
      'good 1 completed',
      'mends 1 completed',
      'never 1 skipped branch_stopped',
      'not_run 1 skipped dependency_not_met',
      'stops 1 failed COMMAND_FAILED',
    ]);
  });

  test('a rollback undoes what ran, the last first, and goes on after a failure in it', async () => {
    const file = newFile();
    const step = (name: string, undo: string) =>
      named(name, 'true', { rollback: [named(`undo_${name}`, `echo ${name} >> ${file}; ${undo}`)] });
    const { branch, ended } = await run([
      step('one', 'true'),
      step('two', 'exit 1'),
      named('breaks', 'exit 3', { on_failure: 'rollback' }),
      step('three', 'true'),
    ]);
    expect(readFileSync(file, 'utf8')).toBe('two\none\n');
    expect(ended.status).toBe('failed');
    expect(branch.result_error).toMatch(
      /^Action 5 \(breaks\) failed\. 2 actions were to be rolled back; 1 of the rollbacks failed: look at the target\.\n/,
    );
  });

  test('conditions on variables skip an action; wait lets time pass', async () => {
    const variables = [{ key: 'COUNT', type: 'number', value: 10 }];
    const asks = (operator: string, value: unknown) => ({ conditions: [{ variable: 'COUNT', operator, value }] });
    const { rows, data } = await run(
      [
        named('more', 'true', asks('>', 9)),
        named('less', 'true', asks('<', 9)),
        named('fits', 'true', asks('matches', '^1\\d$')),
        { action_type: 'wait', action_name: 'rest', action_parameters: { seconds: 1 } },
      ],
      { variables },
    );
    expect(rows).toEqual(['fits 1 completed', 'less 1 skipped condition_false', 'more 1 completed', 'rest 1 completed']);
    const rest = data.find((row: { action_name: string }) => row.action_name === 'rest');
    expect(rest.execution_time_ms).toBeGreaterThanOrEqual(1_000);
  });

  describe('approvals', () => {
    const approval = (parameters: object = {}, approvers: object[] = [{ type: 'role', value: 'admin' }]) => ({
      action_type: 'approval',
      action_name: 'ask',
      action_parameters: { approvers, message: 'Restart ${TARGET_NAME}?', ...parameters },
    });
    const waiting = async (serial: string) => (await platform.api('GET', `/api/v1/executions/approvals?execution=${serial}`)).body.data;
    /** A run that waits for an answer; it said a word before. */
    const startAsking = async (asked: object) => {
      const { serial } = await runJob(platform, [target], [command('echo before'), asked, named('after', 'true')]);
      await untilEvents(platform, serial, 1, (seen) =>
        seen.event === 'branch' && seen.data.hold_reason === 'approval' ? seen.id : undefined,
      );
      return serial;
    };
    const answer = (serial: string, body: object, action = `${serial}.0001.0002`) =>
      platform.api('POST', `/api/v1/executions/${serial}/actions/${action}/answer`, body);

    test('an approval is listed with its question, and the answer is on the record; a second one is refused', async () => {
      const serial = await startAsking(approval());
      expect(await waiting(serial)).toMatchObject([
        {
          action_serial: `${serial}.0001.0002`,
          action_name: 'ask',
          message: 'Restart host-1?',
          on_timeout: 'fail',
          approvers: [{ type: 'role', value: 'admin' }],
        },
      ]);
      expect(await answer(serial, { answer: 'approved', note: 'window is open' })).toMatchObject({
        status: 200,
        body: { status: 'completed', resolution: 'approved', resolution_note: 'window is open', resolved_by: 'admin' },
      });
      expect((await answer(serial, { answer: 'rejected' })).status).toBe(409);
      expect((await platform.untilEnded(serial)).status).toBe('completed');
      expect(await waiting(serial)).toEqual([]);
    });

    test('a rejection fails the branch: a person is at fault', async () => {
      const serial = await startAsking(approval());
      await answer(serial, { answer: 'rejected', note: 'not today' });
      expect((await platform.untilEnded(serial)).status).toBe('failed');
      const [, result] = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
      expect(result).toMatchObject({
        status: 'failed',
        error_code: 'APPROVAL_REJECTED',
        failure_category: 'rejected',
        resolution: 'rejected',
      });
    });

    test('who is not among the approvers is refused, and it goes on waiting', async () => {
      const serial = await startAsking(approval({}, [{ type: 'user', value: 'somebody-else' }]));
      expect(await answer(serial, { answer: 'approved' })).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining('somebody-else') },
      });
      expect(await waiting(serial)).toHaveLength(1);
      await platform.api('POST', `/api/v1/executions/${serial}/cancel`, {});
      expect((await platform.untilEnded(serial)).status).toBe('cancelled');
      expect(await waiting(serial)).toEqual([]);
    });

    test('an answer that was written when Temporal was lost, before the branch had it, counts: the reconciler tells the branch', async () => {
      const { answerApproval } = createControlActivities(platform.activities);
      const { reconcile } = createReconcileActivities(platform.activities);
      const [actor] = await selectRows<{ id: number }>(platform.db, `SELECT id FROM users WHERE username = 'admin'`);
      const serial = await startAsking(approval());
      const ref = { branch: `${serial}.0001`, order: 2, iteration: 1, onTimeout: 'fail' } as const;
      const given = { order: 2, answer: 'approved', actor: { type: 'user', userId: actor?.id ?? 0 }, note: null } as const;
      await answerApproval({ ...ref, resolution: 'approved', answer: given });
      await reconcile();
      expect((await platform.untilEnded(serial)).status).toBe('completed');
    });

    test.each([
      ['fail', 'failed', 'failed'],
      ['approve', 'completed', 'completed'],
      ['skip', 'completed', 'skipped'],
    ])('nobody answers in time, onTimeout %s', async (onTimeout, status, result) => {
      const { ended, data } = await run([approval({ timeoutSeconds: 1, onTimeout })]);
      expect(ended.status).toBe(status);
      expect(data[0]).toMatchObject({ status: result, resolution: 'expired', resolved_by: null });
    });
  });

  test('what a person found out about a lost action stands beside it, once', async () => {
    // The target's side of the connection dies with the program under way.
    const dies = 'p=$$; while [ "$(ps -o comm= -p $p)" != sshd ]; do p=$(ps -o ppid= -p $p | tr -d " "); done; kill -9 $p; sleep 300';
    const { serial } = await runJob(platform, [target], [command(dies)]);
    await platform.untilEnded(serial);
    const path = `/api/v1/executions/${serial}`;
    const lost = (await platform.api('GET', `${path}/results?unresolved=true`)).body.data;
    expect(lost).toMatchObject([{ error_code: 'CONNECTION_LOST', fault: 'network', resolution: null }]);
    const action = lost[0].action_serial;
    const body = { outcome: 'succeeded', note: 'the service runs' };
    expect(await platform.api('POST', `${path}/actions/${action}/resolve`, body)).toMatchObject({
      status: 200,
      body: { status: 'failed', resolution: 'succeeded', resolution_note: 'the service runs', resolved_by: 'admin' },
    });
    expect((await platform.api('GET', `${path}/results?unresolved=true`)).body.data).toEqual([]);
    expect((await platform.api('POST', `${path}/actions/${action}/resolve`, body)).status).toBe(409);
    endMarked(`${action}/1/1`);
  });
});
