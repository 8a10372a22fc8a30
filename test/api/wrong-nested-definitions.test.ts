import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { countRows } from './support/unchanged.ts';

type Wrong = readonly [title: string, actions: object[], path: string, message: RegExp];

const named = (key: string, fields: object = {}) => command('true', { action_key: key, action_name: key, ...fields });
const after = (key: string, status?: string) => ({ dependencies: [{ action_key: key, ...(status !== undefined && { status }) }] });
const control = (type: string, parameters: object, fields: object = {}) => ({
  action_type: type,
  action_name: type,
  action_parameters: parameters,
  ...fields,
});
/** A list of actions is nothing that `await` would call. */
const either = (first: unknown, fields: object = {}, parameters: object = {}) =>
  // oxlint-disable-next-line unicorn/no-thenable
  control('condition', { conditionType: 'if', expression: 'TARGET_OS == "linux"', then: first, ...parameters }, fields);
const loop = (parameters: object, fields: object = {}) =>
  control('condition', { conditionType: 'while', expression: 'TARGET_OS == "linux"', loop: [named('turn')], ...parameters }, fields);
const over = (expression: string, parameters: object = {}) => loop({ conditionType: 'for', expression, ...parameters });
const choice = (parameters: object) =>
  control('condition', { conditionType: 'switch', expression: 'TARGET_OS', cases: { linux: [named('one')] }, ...parameters });
const parallel = (actions: unknown, parameters: object = {}, fields: object = {}) =>
  control('parallel', { actions, ...parameters }, fields);
const wait = (parameters: object, fields: object = {}) => control('wait', parameters, fields);
const approval = (parameters: object = {}, fields: object = {}) =>
  control('approval', { approvers: [{ type: 'role', value: 'admin' }], ...parameters }, fields);
const undone = (rollback: unknown, fields: object = {}) => named('done', { rollback, ...fields });
const deep = (levels: number): object => (levels === 1 ? named('core') : either([deep(levels - 1)]));

const P = 'actions.0.action_parameters';
const KEY = 'dependencies.0.action_key';

const DEPENDENCIES: readonly Wrong[] = [
  ['on a later action', [named('a', after('b')), named('b')], `actions.0.${KEY}`, /"b" comes later/],
  ['on itself', [named('a', after('a'))], `actions.0.${KEY}`, /cannot depend on itself/],
  ['in a circle of two', [named('a', after('b')), named('b', after('a'))], `actions.0.${KEY}`, /circle: a → b → a/],
  ['in a circle of three', [named('a', after('c')), named('b', after('a')), named('c', after('b'))], `actions.0.${KEY}`, /a → c → b → a/],
  ['on what is not there', [named('a', after('nobody'))], `actions.0.${KEY}`, /no action with the key "nobody"/],
  [
    'on what is inside a branch before it',
    [either([named('in')]), named('a', after('in'))],
    `actions.1.${KEY}`,
    /may not be taken; depend on/,
  ],
  [
    'on the other branch of the same condition',
    [either([named('yes')], {}, { else: [named('no', after('yes'))] })],
    `${P}.else.0.${KEY}`,
    /inside a branch of "action_1"/,
  ],
  ['on the inside of a loop', [loop({}), named('a', after('turn'))], `actions.1.${KEY}`, /inside a branch of "action_1"/],
  [
    'on another case of the same switch',
    [choice({ cases: { linux: [named('one')], bsd: [named('two', after('one'))] } })],
    `${P}.cases.bsd.0.${KEY}`,
    /inside a branch/,
  ],
  [
    'on the condition around it',
    [either([named('in', after('outer'))], { action_key: 'outer' })],
    `${P}.then.0.${KEY}`,
    /is around this action/,
  ],
  ['on a sibling in a parallel block', [parallel([named('a'), named('b', after('a'))])], `${P}.actions.1.${KEY}`, /runs at the same time/],
  [
    'on what is deeper beside it in a parallel block',
    [parallel([parallel([named('deep')]), named('b', after('deep'))])],
    `${P}.actions.1.${KEY}`,
    /runs at the same time/,
  ],
  [
    'on a rollback action',
    [undone([named('undo')]), named('a', after('undo'))],
    `actions.1.${KEY}`,
    /undoes "done"; nothing may wait for that/,
  ],
  [
    'twice on the same action',
    [named('a'), named('b', { dependencies: [{ action_key: 'a' }, { action_key: 'a' }] })],
    `actions.1.dependencies.1.action_key`,
    /occurs twice/,
  ],
  ['on a state that there is not', [named('a'), named('b', after('a', 'ended'))], 'actions.1.dependencies.0.status', /success.*skipped/],
  [
    'with an unknown field',
    [named('a'), named('b', { dependencies: [{ action_key: 'a', when: 'now' }] })],
    'actions.1.dependencies.0.when',
    /is not a field here/,
  ],
];

const CONDITIONS: readonly Wrong[] = [
  ['an if without then', [either(undefined)], `${P}.then`, /array/],
  ['an if whose then is empty', [either([])], `${P}.then`, /at least one action/],
  ['an if whose else is empty', [either([named('a')], {}, { else: [] })], `${P}.else`, /at least one action/],
  ['an if with a loop', [either([named('a')], {}, { loop: [named('b')] })], `${P}.loop`, /is not a field here/],
  ['no kind', [control('condition', { expression: 'true' })], `${P}.conditionType`, /if.*switch.*while.*for/],
  ['a kind that there is not', [either([named('a')], {}, { conditionType: 'unless' })], `${P}.conditionType`, /if.*switch.*while.*for/],
  ['no expression', [either([named('a')], {}, { expression: undefined })], `${P}.expression`, /string/],
  ['an empty expression', [either([named('a')], {}, { expression: '' })], `${P}.expression`, /1 characters/],
  ['an expression that is none', [either([named('a')], {}, { expression: 'TARGET_OS ==' })], `${P}.expression`, /is not a CEL expression/],
  ['an if over a text', [either([named('a')], {}, { expression: '"linux"' })], `${P}.expression`, /gives a string, not true or false/],
  ['a while over a number', [loop({ expression: '1 + 1' })], `${P}.expression`, /gives a number, not true or false/],
  ['a while that is always true', [loop({ expression: '1 < 2' })], `${P}.expression`, /always true.*for/],
  ['a for over a text', [over('"abc"')], `${P}.expression`, /neither a list nor a number of turns/],
  ['a for over a map', [over('{"a": 1}')], `${P}.expression`, /neither a list nor a number of turns/],
  ['a for of half a turn', [over('2.5')], `${P}.expression`, /neither a list nor a number of turns/],
  ['a for of -1 turns', [over('-1')], `${P}.expression`, /neither a list nor a number of turns/],
  [
    'a for with more turns than its maxIterations',
    [over('[1, 2, 3]', { maxIterations: 2 })],
    `${P}.expression`,
    /3 turns; its maxIterations is 2/,
  ],
  ['a for over its own item', [over('LOOP_ITEM.parts')], `${P}.expression`, /LOOP_ITEM is there only inside a loop over a list/],
  [
    'a while by an index',
    [loop({ expression: 'LOOP_INDEX < 3' })],
    `${P}.expression`,
    /LOOP_INDEX is there only inside a loop over a list/,
  ],
  ['a loop without actions', [loop({ loop: [] })], `${P}.loop`, /at least one action/],
  ['a loop of 0 turns', [loop({ maxIterations: 0 })], `${P}.maxIterations`, />=1/],
  ['a loop of 10,001 turns', [loop({ maxIterations: 10_001 })], `${P}.maxIterations`, /10000/],
  ['a loop of 1.5 turns', [loop({ maxIterations: 1.5 })], `${P}.maxIterations`, /int/],
  ['a loop without an end', [loop({ maxIterations: null })], `${P}.maxIterations`, /number/],
  ['a switch without cases', [choice({ cases: {} })], `${P}.cases`, /at least one case/],
  ['a switch with a list of cases', [choice({ cases: [[named('a')]] })], `${P}.cases`, /record/],
  ['a switch with an empty case', [choice({ cases: { linux: [] } })], `${P}.cases.linux`, /at least one action/],
  ['a switch with a case for no text', [choice({ cases: { '': [named('a')] } })], `${P}.cases.`, /1 to 1000 characters/],
  ['a switch with then', [choice({ then: [named('b')] })], `${P}.then`, /is not a field here/], // oxlint-disable-line unicorn/no-thenable
];

const OTHERS: readonly Wrong[] = [
  ['parallel: no actions', [parallel([])], `${P}.actions`, /at least one action/],
  ['parallel: actions left out', [parallel(undefined)], `${P}.actions`, /array/],
  ['parallel: none at once', [parallel([named('a')], { maxConcurrency: 0 })], `${P}.maxConcurrency`, />=1/],
  ['parallel: 21 at once', [parallel([named('a')], { maxConcurrency: 21 })], `${P}.maxConcurrency`, /20/],
  ['parallel: waitForAll as text', [parallel([named('a')], { waitForAll: 'yes' })], `${P}.waitForAll`, /boolean/],
  ['parallel: max_concurrency', [parallel([named('a')], { max_concurrency: 2 })], `${P}.max_concurrency`, /is not a field here/],
  ['wait: neither time nor instant', [wait({})], P, /needs either seconds .* or until/],
  ['wait: both', [wait({ seconds: 1, until: '2026-01-31T22:00:00Z' })], P, /needs either seconds .* or until/],
  ['wait: 0 s', [wait({ seconds: 0 })], `${P}.seconds`, /at least 1/],
  ['wait: -5 s', [wait({ seconds: -5 })], `${P}.seconds`, /at least 1/],
  ['wait: more than 30 days', [wait({ seconds: 2_592_001 })], `${P}.seconds`, /30 days/],
  ['wait: half a second', [wait({ seconds: 0.5 })], P, /needs either seconds/],
  ['wait: seconds as text', [wait({ seconds: '10' })], P, /needs either seconds/],
  ['wait: an instant without its zone', [wait({ until: '2026-01-31T22:00:00' })], `${P}.until`, /instant with its zone, such as/],
  ['wait: a day that there is not', [wait({ until: '2026-02-30T22:00:00Z' })], `${P}.until`, /instant with its zone, such as/],
  ['wait: until a year that nobody sees', [wait({ until: '9999-01-01T00:00:00Z' })], `${P}.until`, /more than a year ahead/],
  ['wait: an unknown field', [wait({ seconds: 1, minutes: 1 })], `${P}.minutes`, /is not a field here/],
  ['approval: nobody may answer', [approval({ approvers: [] })], `${P}.approvers`, />=1/],
  ['approval: approvers left out', [approval({ approvers: undefined })], `${P}.approvers`, /array/],
  ['approval: a role that there is not', [approval({ approvers: [{ type: 'role', value: 'king' }] })], `${P}.approvers.0.value`, /admin/],
  ['approval: by mail', [approval({ approvers: [{ type: 'address', value: 'a@example.org' }] })], `${P}.approvers.0.type`, /user.*role/],
  ['approval: no time to answer', [approval({ timeoutSeconds: 0 })], `${P}.timeoutSeconds`, />=1/],
  ['approval: without an end', [approval({ timeoutSeconds: null })], `${P}.timeoutSeconds`, /number/],
  ['approval: more than 30 days', [approval({ timeoutSeconds: 2_592_001 })], `${P}.timeoutSeconds`, /30 days/],
  ['approval: an outcome that there is not', [approval({ onTimeout: 'ask_again' })], `${P}.onTimeout`, /fail.*approve.*skip/],
  ['approval: an empty question', [approval({ message: '' })], `${P}.message`, /1 characters/],
  ['approval: a limit of its own kind', [approval({}, { timeout_seconds: 10 })], 'actions.0.timeout_seconds', /write timeoutSeconds/],
  ['approval: retries', [approval({}, { retry_count: 1 })], 'actions.0.retry_count', /type approval is not retried/],
  ['wait: retries', [wait({ seconds: 1 }, { retry_count: 1 })], 'actions.0.retry_count', /type wait is not retried/],
  ['condition: retries', [either([named('a')], { retry_count: 1 })], 'actions.0.retry_count', /give retries to actions inside it/],
  ['parallel: a limit', [parallel([named('a')], {}, { timeout_seconds: 10 })], 'actions.0.timeout_seconds', /no limit of this kind/],
  ...['approval', 'wait', 'condition', 'parallel'].map((type): Wrong => {
    const config = { action_config: { delivery: 'at_least_once' } };
    const actions = {
      approval: approval({}, config),
      wait: wait({ seconds: 1 }, config),
      condition: either([named('a')], config),
      parallel: parallel([named('a')], {}, config),
    }[type];
    return [`${type}: at_least_once`, [actions ?? {}], 'actions.0.action_config.delivery', /OpsConductor itself/];
  }),
  ...(['working_directory', 'environment', 'expected_exit_codes', 'capture_output', 'keep_full_output'] as const).map((option): Wrong => {
    const value = {
      working_directory: '/',
      environment: { A: 'b' },
      expected_exit_codes: [1],
      capture_output: false,
      keep_full_output: true,
    }[option];
    return [
      `wait: ${option}`,
      [wait({ seconds: 1 }, { action_config: { [option]: value } })],
      `actions.0.action_config.${option}`,
      /OpsConductor itself/,
    ];
  }),
  [
    'parallel: a method',
    [parallel([named('a')], {}, { action_config: { method: 'ssh' } })],
    'actions.0.action_config.method',
    /cannot do actions of type parallel/,
  ],
  ['condition: a user', [either([named('a')], { action_config: { run_as: 'root' } })], 'actions.0.action_config.run_as', /no meaning/],
  [
    'on_failure rollback, and nothing can be undone',
    [named('a', { on_failure: 'rollback' })],
    'actions.0.on_failure',
    /neither this action nor one before it/,
  ],
  [
    'on_failure rollback before what can be undone',
    [named('a', { on_failure: 'rollback' }), undone([named('undo')])],
    'actions.0.on_failure',
    /neither this action nor one before it/,
  ],
  [
    'a rollback of a rollback',
    [undone([named('undo', { rollback: [named('redo')] })])],
    'actions.0.rollback.0.rollback',
    /is not undone itself/,
  ],
  [
    'a rollback that rolls back',
    [undone([named('undo', { on_failure: 'rollback' })])],
    'actions.0.rollback.0.on_failure',
    /is not undone itself/,
  ],
  ['an approval in a rollback', [undone([approval()])], 'actions.0.rollback.0.action_type', /does not wait for a person/],
  [
    'an approval deep in a rollback',
    [undone([either([approval()])])],
    'actions.0.rollback.0.action_parameters.then.0.action_type',
    /does not wait for a person/,
  ],
  [
    'a rollback of a condition',
    [either([named('a')], { rollback: [named('undo')] })],
    'actions.0.rollback',
    /give it to the actions inside/,
  ],
  ['a rollback of a loop', [loop({}, { rollback: [named('undo')] })], 'actions.0.rollback', /give it to the actions inside/],
  ['a rollback of a wait', [wait({ seconds: 1 }, { rollback: [named('undo')] })], 'actions.0.rollback', /nothing to undo/],
  ['a rollback of an approval', [approval({}, { rollback: [named('undo')] })], 'actions.0.rollback', /nothing to undo/],
  ['a rollback that is no list', [undone(named('undo'))], 'actions.0.rollback', /array/],
  ['a key that a nested action has, too', [either([named('a')]), named('a')], 'actions.1.action_key', /"a" occurs twice/],
  ['a key in both ways of a condition', [either([named('a')], {}, { else: [named('a')] })], `${P}.else.0.action_key`, /"a" occurs twice/],
  ['a key that a rollback has, too', [undone([named('done')])], 'actions.0.rollback.0.action_key', /"done" occurs twice/],
  ['a key that a number gives', [either([command('x')], { action_key: 'action_2' })], `${P}.then.0.action_key`, /"action_2" occurs twice/],
  [
    'actions nested six deep',
    [deep(6)],
    `${P}.then.0.action_parameters.then.0.action_parameters.then.0.action_parameters.then.0.action_parameters.then.0`,
    /at most 5 deep/,
  ],
  [
    '201 actions in all',
    [parallel(Array.from({ length: 200 }, () => command('true')))],
    'actions',
    /at most 200 actions, those inside others included; these are 201/,
  ],
  ['an unknown field in a branch', [either([named('a', { continueOnError: true })])], `${P}.then.0.continueOnError`, /is not a field here/],
  [
    'an unknown field in a case',
    [choice({ cases: { linux: [named('a', { timeout: 1 })] } })],
    `${P}.cases.linux.0.timeout`,
    /is not a field here/,
  ],
  [
    'an unknown field in a loop',
    [loop({ loop: [named('a', { action_parameters: { cmd: 'x' } })] })],
    `${P}.loop.0.action_parameters.cmd`,
    /is not a field here/,
  ],
  [
    'an unknown field in a parallel block in a branch',
    [either([parallel([named('a', { action_config: { shell: 'sh' } })])])],
    `${P}.then.0.action_parameters.actions.0.action_config.shell`,
    /is not a field here/,
  ],
  ['an unknown field in a rollback', [undone([named('undo', { order: 1 })])], 'actions.0.rollback.0.order', /is not a field here/],
  ['an unknown type in a branch', [either([{ ...named('a'), action_type: 'loop' }])], `${P}.then.0.action_type`, /command.*approval/],
];

const loopOf = (inside: object[], maxIterations: number, fields: object = {}) =>
  over('size(TARGET_NAME)', { loop: inside, maxIterations, ...fields });

/** The branch could not go on in a new history where it had to, or not hand on what is to be undone. */
const TOO_LONG: readonly Wrong[] = [
  [
    'a loop of 10,000 turns in a parallel block',
    [parallel([loopOf([named('a')], 10_000)])],
    `${P}.actions`,
    /may add 280,020 events .* 40,000 is the most/,
  ],
  [
    'loops in a loop in a parallel block',
    [parallel([loopOf([loopOf([named('a')], 100)], 100)])],
    `${P}.actions`,
    /is the most for a parallel block/,
  ],
  [
    'retries in a loop in a parallel block',
    [parallel([loopOf([named('a', { retry_count: 10 })], 300)])],
    `${P}.actions`,
    /lower maxIterations or retry_count/,
  ],
  [
    'a parallel block in a loop that holds too much itself',
    [loopOf([parallel([loopOf([named('a')], 5_000)])], 2)],
    `${P}.loop.0.action_parameters.actions`,
    /is the most for a parallel block/,
  ],
  [
    'a rollback whose parallel block holds too much',
    [undone([parallel([loopOf([named('a')], 5_000)])])],
    'actions.0.rollback.0.action_parameters.actions',
    /is the most for a parallel block/,
  ],
  [
    'a rollback of 10,000 turns, three times',
    [
      loopOf(
        ['a', 'b', 'c'].map((key) => named(key, { rollback: [named(`undo_${key}`)] })),
        10_000,
      ),
    ],
    `${P}.loop.2.rollback`,
    /30,000 times .* 20,000 is the most/,
  ],
];

const NOT_TOO_LONG: readonly [string, object[]][] = [
  ['a loop of 10,000 turns in a loop of 10,000 turns', [loopOf([loopOf([named('a')], 10_000)], 10_000)]],
  ['a parallel block in a loop of 10,000 turns', [loopOf([parallel([named('a'), named('b')])], 10_000)]],
  ['a loop of 1,400 turns in a parallel block', [parallel([loopOf([named('a')], 1_400)])]],
  [
    'a rollback of 10,000 turns, twice',
    [
      loopOf(
        ['a', 'b'].map((key) => named(key, { rollback: [named(`undo_${key}`)] })),
        10_000,
      ),
    ],
  ],
];

describe('wrong definitions of actions inside actions', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const check = async ([, actions, path, message]: Wrong): Promise<void> => {
    const before = await countRows(platform);
    const answer = await platform.api('POST', '/api/v1/jobs', { name: 'new', actions });
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION']);
    expect(answer.body.errors).toContainEqual({ path, message: expect.stringMatching(message) });
    expect(await countRows(platform)).toEqual(before);
  };

  test('a case that the JSON has twice is refused: readers of JSON drop the first without a word', async () => {
    const text = JSON.stringify({ name: 'new', actions: [choice({ cases: { linux: [named('one')], other: [named('two')] } })] });
    const answer = await platform.api('POST', '/api/v1/jobs', text.replace('"other"', '"lin\\u0075x"'));
    expect([answer.status, answer.body.errors]).toEqual([400, [{ path: `${P}.cases.linux`, message: 'occurs twice in the same object' }]]);
  });

  test('the same keys in different objects, and in texts, are no repetition', async () => {
    const body = { name: 'new "name": "new"', actions: [choice({ cases: { linux: [named('one')], action_name: [named('two')] } })] };
    expect((await platform.api('POST', '/api/v1/jobs', body)).status).toBe(201);
  });

  test.each(DEPENDENCIES)('a dependency %s', (...wrong) => check(wrong));
  test.each(CONDITIONS)('condition: %s', (...wrong) => check(wrong));
  test.each(TOO_LONG)('longer than a history: %s', (...wrong) => check(wrong));
  test.each(NOT_TOO_LONG)('not longer than a history: %s', async (_, actions) => {
    expect((await platform.api('POST', '/api/v1/jobs', { name: 'new', actions })).status).toBe(201);
  });
  test('the retries of the job count where an action says nothing', async () => {
    const actions = [parallel([loopOf([named('a')], 1_000)])];
    expect((await platform.api('POST', '/api/v1/jobs', { name: 'new', actions })).status).toBe(201);
    expect((await platform.api('POST', '/api/v1/jobs', { name: 'new', actions, retry_count: 2 })).status).toBe(400);
  });
  test.each(OTHERS)('%s', (...wrong) => check(wrong));
});
