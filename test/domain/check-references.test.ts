import { expect, test } from 'vitest';
import { ActionInput } from '../../src/contracts/actions/index.ts';
import { referenceProblems } from '../../src/domain/check-references.ts';
import { flattenActions } from '../../src/domain/flatten-actions.ts';

const command = (text: string, fields: Record<string, unknown> = {}) => ({
  action_type: 'command',
  action_name: 'c',
  action_parameters: { command: text },
  ...fields,
});
const problems = (actions: object[], keys: string[] = []) =>
  referenceProblems(flattenActions(actions.map((action) => ActionInput.parse(action))), keys);
const api = (url: string) => ({ action_type: 'api', action_name: 'a', action_parameters: { url } });
const approval = (message: string) => ({
  action_type: 'approval',
  action_name: 'ask',
  action_parameters: { approvers: [{ type: 'role', value: 'admin' }], message },
});
const upload = (artifact: string) => ({
  action_type: 'file_transfer',
  action_name: 'u',
  action_parameters: { operation: 'upload', destination_path: '/tmp/x', artifact },
});
const fetch = {
  action_type: 'file_transfer',
  action_name: 'f',
  action_key: 'fetch',
  action_parameters: { operation: 'download', source_path: '/etc/hostname' },
};
const database = (parameters: Record<string, unknown>) => ({
  action_type: 'database',
  action_name: 'd',
  action_parameters: { query: 'SELECT 1', ...parameters },
});

test('declared variables, system variables, earlier results and what is the shell’s own are fine', () => {
  const first = command('echo ${NAME} ${TARGET_HOST} $HOME $${HOME} ${x:-y} $(date) ${PREVIOUS_ACTION_OUTPUT}', { action_key: 'first' });
  expect(problems([first, command('echo ${actions.first.output.a[0]} ${raw:NAME}')], ['NAME'])).toEqual([]);
});

test('what a download has fetched is referred to by uploads behind it, and by any other text', () => {
  expect(problems([fetch, upload('${actions.fetch.artifact}'), command('echo ${actions.fetch.artifact}')])).toEqual([]);
});

test('an undeclared variable of a command is refused with the two ways to mean the shell’s own', () => {
  expect(problems([command('echo ${HOME}')])).toEqual([
    {
      path: 'actions.0.action_parameters.command',
      message: "${HOME}: there is no variable HOME; declare it in variables, or write $${HOME} or $HOME where the shell's own is meant",
    },
  ]);
});

test.each([
  [[command('${actions.nowhere.output}')], 'there is no action with the key "nowhere"'],
  [[command('${actions.b.output}'), command('x', { action_key: 'b' })], '"b" comes later'],
  [[command('${actions.a.output}', { action_key: 'a' })], 'its own result'],
  [[command('${actions.action_1.stdout}')], 'has no field "stdout"'],
  [[command('${LOOP_ITEM}')], 'only inside a loop over a list'],
  [[command('${params.x}')], 'only actions of type database have params'],
  [[database({ query: 'SELECT ${params.x}' })], 'there is no "x" in the parameters'],
  [[api('/x/${lower}')], 'is no reference (names are upper case)'],
  [[command('x', { conditions: [{ variable: 'NOWHERE', operator: '==', value: 1 }] })], 'there is no variable NOWHERE'],
  [[command('x', { action_config: { environment: { A: '${B}' } } })], 'there is no variable B'],
  [[command('x', { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'is ${NOWHERE}' }] })], 'there is no variable NOWHERE'],
  [
    [command('x', { conditions: [{ variable: 'TARGET_OS', operator: '==', value: '${lower}' }] })],
    'is no reference (names are upper case)',
  ],
  [[approval('Go on with ${NOWHERE}?')], 'there is no variable NOWHERE'],
  [[command('x'), command('${actions.action_1.artifact}')], '"action_1" is no file_transfer that downloads a file'],
  [[upload('${actions.nowhere.artifact}')], 'there is no action with the key "nowhere"'],
])('%j: %s', (actions, message) => {
  expect(problems(actions)).toEqual([expect.objectContaining({ message: expect.stringContaining(message) })]);
});

test('the result of what runs at the same time, or is around, is refused; after the block it is there', () => {
  const block = {
    action_type: 'parallel',
    action_name: 'p',
    action_key: 'p',
    action_parameters: { actions: [command('x', { action_key: 'one' }), command('${actions.one.output} ${actions.p.status}')] },
  };
  expect(problems([block, command('${actions.one.output}')]).map(({ message }) => message)).toEqual([
    '${actions.one.output}: "one" runs at the same time, so it may have no result yet',
    '${actions.p.status}: "p" is around this action and has not ended when it runs',
  ]);
});

test('inside a loop over a list there are LOOP_ITEM and LOOP_INDEX; a while asks after its own actions', () => {
  const loop = { conditionType: 'for', expression: '3', loop: [command('${LOOP_ITEM} ${LOOP_INDEX}')] };
  const until = {
    conditionType: 'while',
    expression: 'actions.ask.exit_code != 0 && "actions.no" != ""',
    loop: [command('x', { action_key: 'ask' })],
  };
  expect(
    problems([loop, until].map((parameters) => ({ action_type: 'condition', action_name: 'l', action_parameters: parameters }))),
  ).toEqual([]);
});

test('an expression that names an unknown result is refused', () => {
  const parameters = { conditionType: 'while', expression: 'actions.nowhere.exit_code == 0', loop: [command('x')] };
  expect(problems([{ action_type: 'condition', action_name: 'i', action_parameters: parameters }])).toEqual([
    { path: 'actions.0.action_parameters.expression', message: 'actions.nowhere: there is no action with the key "nowhere"' },
  ]);
});

test.each([
  ['postgresql://ops:hunter2@db/x', 1],
  ['postgresql://ops:hun/ter2@db/x', 1],
  ['postgresql://ops:a${PW}@db/x', 1],
  ['Server=db;User=sa;Password=hunter2;', 1],
  ['postgresql://ops:${PW}@db/x', 0],
  ['postgresql://ops@db:5432/x', 0],
  ['Server=db;Password=${PW}', 0],
])('the connection string %s has %d literal passwords', (connectionString, count) => {
  const found = problems([database({ connectionString })], ['PW']);
  expect(found).toHaveLength(count);
  expect(JSON.stringify(found)).not.toContain('hunter2');
});

test('a URL with a literal password is refused, an address with @ in its path is not', () => {
  expect(problems([api('https://ops:hunter2@host/x')])).toEqual([
    { path: 'actions.0.action_parameters.url', message: expect.stringContaining('is_secret') },
  ]);
  expect(problems([api('https://host:8080/users/a@b')])).toEqual([]);
});

test('a variable may not have the name of one that OpsConductor sets', () => {
  expect(problems([command('x')], ['A', 'JOB_NAME'])).toEqual([
    { path: 'variables.1.key', message: 'JOB_NAME is set by OpsConductor; choose another name' },
  ]);
});

test('the text of a script is left alone', () => {
  const script = {
    action_type: 'script',
    action_name: 's',
    action_parameters: { scriptType: 'sh', scriptContent: 'echo ${HOME} ${actions.x}' },
  };
  expect(problems([script])).toEqual([]);
});
