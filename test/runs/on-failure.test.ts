import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

type OnFailure = 'stop' | 'continue' | 'skip_remaining' | 'rollback';

const named = (name: string, text = 'true', fields: object = {}) => command(text, { action_name: name, action_key: name, ...fields });
const block = (type: string, parameters: object, fields: object = {}) => ({
  action_type: type,
  action_name: 'block',
  action_parameters: parameters,
  ...fields,
});
/** A list of actions is nothing that `await` would call. */
const either = (inside: object[], fields: object = {}) =>
  // oxlint-disable-next-line unicorn/no-thenable
  block('condition', { conditionType: 'if', expression: 'TARGET_OS == "linux"', then: inside }, fields);
const loop = (inside: object[], fields: object = {}) =>
  block('condition', { conditionType: 'for', expression: '["x", "y"]', loop: inside }, fields);
const parallel = (inside: object[], fields: object = {}) => block('parallel', { actions: inside, maxConcurrency: 1 }, fields);
const after = (key: string, status: string) => ({ dependencies: [{ action_key: key, status }] });

describe.skipIf(withoutSshd)('what a failure does, at the top and inside (OpenSSH)', () => {
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

  /** Runs the actions. @returns the end of the branch, and each result as `<name> <iteration> <status> <why>` in the order of the definition. */
  const run = async (actions: object[]) => {
    const { serial } = await runJob(platform, [target], actions);
    const { status } = await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    const [branch] = (await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data;
    const rows = (data as Record<string, string | number | boolean | null>[])
      .toSorted(
        (one, other) =>
          Number(one['action_order']) - Number(other['action_order']) || Number(one['iteration']) - Number(other['iteration']),
      )
      .map((row) =>
        [row['action_name'], row['iteration'], row['status'], row['skip_reason'] ?? row['error_code']].filter(Boolean).join(' '),
      );
    expect(data.every((row: { is_final: boolean }) => row.is_final)).toBe(true);
    expect(branch.status).toBe(status);
    return { status, rows, branch };
  };
  /** A file in which programs leave their words. */
  const newLog = () => {
    files += 1;
    const path = join(fleet.folder, `on-failure-${files}`);
    return {
      says: (word: string) => `echo ${word} >> ${path}`,
      words: () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []),
    };
  };
  const FAILED = 'failed COMMAND_FAILED';
  const STOPPED = 'skipped branch_stopped';
  const REST = 'skipped skip_remaining';

  /** A block whose first action has run and can be undone, whose second fails, and what comes behind. */
  const around = (wrap: (inside: object[], fields?: object) => object, onFailure: OnFailure, log: ReturnType<typeof newLog>) => [
    named('before', 'true', { rollback: [named('undo_before', log.says('before'))] }),
    wrap([
      named('first', log.says('first'), { rollback: [named('undo_first', log.says('undo'))] }),
      named('bad', 'exit 3', { on_failure: onFailure }),
      named('next'),
    ]),
    named('behind'),
  ];

  test.each<[OnFailure, string, string[], string[]]>([
    ['stop', 'failed', [`next 1 ${STOPPED}`, 'block 1 failed COMMAND_FAILED', `behind 1 ${STOPPED}`], ['first']],
    ['continue', 'completed', ['next 1 completed', 'block 1 completed', 'behind 1 completed'], ['first']],
    ['skip_remaining', 'failed', [`next 1 ${REST}`, 'block 1 failed COMMAND_FAILED', `behind 1 ${REST}`], ['first']],
    ['rollback', 'failed', [`next 1 ${STOPPED}`, 'block 1 failed COMMAND_FAILED', `behind 1 ${STOPPED}`], ['first', 'undo', 'before']],
  ])('inside a condition, %s', async (onFailure, status, rows, words) => {
    const log = newLog();
    const result = await run(around(either, onFailure, log));
    expect(result.status).toBe(status);
    expect(result.rows).toEqual(expect.arrayContaining(['first 1 completed', `bad 1 ${FAILED}`, ...rows]));
    expect(log.words()).toEqual(words);
  });

  test.each<[OnFailure, string, string[], string[]]>([
    ['stop', 'failed', ['first 1 completed', `next 1 ${STOPPED}`, 'block 1 failed COMMAND_FAILED', `behind 1 ${STOPPED}`], ['first']],
    [
      'continue',
      'completed',
      ['first 1 completed', 'first 2 completed', `bad 2 ${FAILED}`, 'next 2 completed', 'block 1 completed', 'behind 1 completed'],
      ['first', 'first'],
    ],
    ['skip_remaining', 'failed', ['first 1 completed', `next 1 ${REST}`, 'block 1 failed COMMAND_FAILED', `behind 1 ${REST}`], ['first']],
    ['rollback', 'failed', [`next 1 ${STOPPED}`, 'block 1 failed COMMAND_FAILED', `behind 1 ${STOPPED}`], ['first', 'undo', 'before']],
  ])('inside a loop, %s', async (onFailure, status, rows, words) => {
    const log = newLog();
    const result = await run(around(loop, onFailure, log));
    expect(result.status).toBe(status);
    expect(result.rows).toEqual(expect.arrayContaining([`bad 1 ${FAILED}`, ...rows]));
    expect(log.words()).toEqual(words);
  });

  test.each<[OnFailure, string, string[], string[]]>([
    ['stop', 'failed', ['next 1 completed', 'block 1 failed COMMAND_FAILED', `behind 1 ${STOPPED}`], ['first']],
    ['continue', 'completed', ['next 1 completed', 'block 1 completed', 'behind 1 completed'], ['first']],
    ['skip_remaining', 'failed', ['next 1 completed', 'block 1 failed COMMAND_FAILED', `behind 1 ${REST}`], ['first']],
    ['rollback', 'failed', ['next 1 completed', 'block 1 failed COMMAND_FAILED', `behind 1 ${STOPPED}`], ['first', 'undo', 'before']],
  ])('inside a parallel block that waits for all, %s', async (onFailure, status, rows, words) => {
    const log = newLog();
    const result = await run(around(parallel, onFailure, log));
    expect(result.status).toBe(status);
    expect(result.rows).toEqual(expect.arrayContaining(['first 1 completed', `bad 1 ${FAILED}`, ...rows]));
    expect(log.words()).toEqual(words);
  });

  test('at the top each way to go on after a failure leaves a result for every action', async () => {
    const log = newLog();
    const top = (onFailure: OnFailure) => [
      named('first', 'true', { rollback: [named('undo', log.says('undo'))] }),
      named('bad', 'exit 3', { on_failure: onFailure }),
      named('off', 'true', { is_enabled: false }),
      named('last'),
    ];
    const rest = (why: string) => [
      'first 1 completed',
      `undo 1 ${why === REST ? why : 'skipped condition_false'}`,
      `bad 1 ${FAILED}`,
      'off 1 skipped disabled',
      `last 1 ${why}`,
    ];
    expect((await run(top('stop'))).rows).toEqual(rest(STOPPED));
    expect((await run(top('skip_remaining'))).rows).toEqual(rest(REST));
    expect((await run(top('continue'))).rows).toEqual([
      'first 1 completed',
      'undo 1 skipped condition_false',
      `bad 1 ${FAILED}`,
      'off 1 skipped disabled',
      'last 1 completed',
    ]);
    expect(log.words()).toEqual([]);
    const { rows, branch } = await run(top('rollback'));
    expect(rows).toEqual(['first 1 completed', 'undo 1 completed', `bad 1 ${FAILED}`, 'off 1 skipped disabled', `last 1 ${STOPPED}`]);
    expect(branch.result_error).toMatch(/^Action 3 \(bad\) failed\. 1 action was rolled back\.\nThe program ended with exit code \d+;/);
    expect(log.words()).toEqual(['undo']);
  });

  test('what the block itself says counts for a failure inside that stops it', async () => {
    const inside = [named('bad', 'exit 3'), named('next')];
    for (const wrap of [either, loop]) {
      const { status, rows } = await run([wrap(inside, { on_failure: 'continue' }), named('behind')]);
      expect(status).toBe('completed');
      expect(rows).toEqual([`block 1 ${FAILED}`, `bad 1 ${FAILED}`, `next 1 ${STOPPED}`, 'behind 1 completed']);
    }
    const skips = await run([either(inside, { on_failure: 'skip_remaining' }), named('behind')]);
    expect([skips.status, skips.rows.at(-1)]).toEqual(['failed', `behind 1 ${REST}`]);
  });

  test('a rollback undoes each turn of a loop with the item of that turn, the last first', async () => {
    const log = newLog();
    const { rows } = await run([
      loop([named('make', 'true', { rollback: [named('unmake', log.says('$LOOP_INDEX ${LOOP_ITEM}'))] })]),
      named('bad', 'exit 3', { on_failure: 'rollback' }),
    ]);
    expect(log.words()).toEqual(['1 y', '0 x']);
    expect(rows).toEqual([
      'block 1 completed',
      'make 1 completed',
      'make 2 completed',
      'unmake 1 completed',
      'unmake 2 completed',
      `bad 1 ${FAILED}`,
    ]);
  });

  test('a rollback undoes only what ran, also of a parallel block whose failure cancels the others', async () => {
    const log = newLog();
    const can = (name: string, text: string, fields: object = {}) =>
      named(name, text, { rollback: [named(`undo_${name}`, log.says(name))], ...fields });
    const started = join(fleet.folder, 'slow-started');
    const { rows } = await run([
      can('one', 'true'),
      can('skipped', 'true', { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'plan9' }] }),
      block(
        'parallel',
        {
          actions: [
            can('slow', `touch ${started}; sleep 300`),
            can('bad', `until [ -e ${started} ]; do sleep 0.05; done; exit 3`, { on_failure: 'rollback' }),
            can('waiting', 'true'),
          ],
          maxConcurrency: 2,
          waitForAll: false,
        },
        {},
      ),
      can('never', 'true'),
    ]);
    expect(log.words().toSorted()).toEqual(['bad', 'one', 'slow']);
    expect(log.words().at(-1)).toBe('one');
    expect(rows).toEqual(
      expect.arrayContaining([
        'slow 1 cancelled',
        `waiting 1 ${STOPPED}`,
        'undo_waiting 1 skipped condition_false',
        'skipped 1 skipped condition_false',
        'undo_skipped 1 skipped condition_false',
      ]),
    );
  });

  test('dependencies see how each action inside a parallel block ended: failed, completed, skipped', async () => {
    const { status, rows } = await run([
      parallel([
        named('good'),
        named('bad', 'exit 3', { on_failure: 'continue' }),
        named('left', 'true', { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'plan9' }] }),
        named('off', 'true', { is_enabled: false }),
      ]),
      ...['good', 'bad', 'left', 'off'].flatMap((key) =>
        ['success', 'failure', 'completed', 'skipped'].map((state) => named(`${key}_${state}`, 'true', after(key, state))),
      ),
      named('all', 'true', {
        dependencies: [{ action_key: 'good' }, { action_key: 'bad', status: 'failure' }, { action_key: 'off', status: 'skipped' }],
      }),
      named('not_all', 'true', { dependencies: [{ action_key: 'good' }, { action_key: 'bad' }] }),
    ]);
    expect(status).toBe('completed');
    expect(rows.filter((row) => row.endsWith('completed') && row.includes('_')).map((row) => row.split(' ')[0])).toEqual([
      'good_success',
      'good_completed',
      'bad_failure',
      'bad_completed',
      'left_skipped',
      'off_skipped',
    ]);
    expect(rows).toContain('all 1 completed');
    expect(rows).toContain('not_all 1 skipped dependency_not_met');
  });

  test('what depends on the failure of an action inside a parallel block runs after the block has ended the branch', async () => {
    const { status, rows } = await run([
      parallel([named('bad', 'exit 3'), named('other')]),
      named('never'),
      named('mend', 'true', after('bad', 'failure')),
      named('then', 'true', after('mend', 'success')),
      named('not', 'true', after('other', 'failure')),
    ]);
    expect(status).toBe('failed');
    expect(rows.slice(1)).toEqual([
      `bad 1 ${FAILED}`,
      'other 1 completed',
      `never 1 ${STOPPED}`,
      'mend 1 completed',
      'then 1 completed',
      `not 1 ${STOPPED}`,
    ]);
  });

  test('retries inside a parallel block count for each action alone, and wait between the tries', async () => {
    const file = (name: string) => join(fleet.folder, `tries-${name}`);
    const tries = (name: string, needed: number) =>
      named(name, `date +%s%N >> ${file(name)}; [ "$(wc -l < ${file(name)})" -ge ${needed} ]`, { retry_count: 2, retry_delay_seconds: 1 });
    const { serial } = await runJob(
      platform,
      [target],
      [block('parallel', { actions: [tries('twice', 2), tries('thrice', 3), tries('never', 9), named('plain')] })],
    );
    expect((await platform.untilEnded(serial)).status).toBe('failed');
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    const ends = new Map<string, string[]>();
    for (const row of data)
      ends.set(row.action_name, [...(ends.get(row.action_name) ?? []), `${row.attempt} ${row.status}${row.is_final ? ' final' : ''}`]);
    expect(Object.fromEntries(ends)).toEqual({
      twice: ['1 failed', '2 completed final'],
      thrice: ['1 failed', '2 failed', '3 completed final'],
      never: ['1 failed', '2 failed', '3 failed final'],
      plain: ['1 completed final'],
      block: ['1 failed final'],
    });
    const [first = 0, second = 0, third = 0] = readFileSync(file('thrice'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line) / 1e9);
    expect(second - first).toBeGreaterThanOrEqual(1);
    expect(third - second).toBeGreaterThanOrEqual(2);
  });
});
