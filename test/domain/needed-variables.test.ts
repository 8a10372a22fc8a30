import { expect, test } from 'vitest';
import { namesOfExpression } from '../../src/domain/expression-names.ts';
import { neededVariables } from '../../src/domain/needed-variables.ts';
import type { NeedingAction } from '../../src/domain/needed-variables.ts';

const action = (order: number, fields: Partial<NeedingAction> = {}): NeedingAction => ({
  order,
  name: `a${order}`,
  type: 'command',
  parent: null,
  slot: null,
  parameters: { command: 'true' },
  config: {},
  isEnabled: true,
  conditions: [],
  dependencies: [],
  ...fields,
});
const says = { parameters: { command: 'echo ${V}' } };
const block: Partial<NeedingAction> = { type: 'parallel', parameters: {} };
const when: Partial<NeedingAction> = { type: 'condition', parameters: { conditionType: 'if', expression: 'TARGET_OS == "linux"' } };
const asks = (variable: string, value: string) => ({ variable, operator: '==', value }) as const;

test.each<[title: string, actions: NeedingAction[], by: string[], environment?: Record<string, string>]>([
  ['a command', [action(1, says)], ['action 1 (a1)']],
  ['one that is switched off', [action(1, { ...says, isEnabled: false })], []],
  ['one behind another', [action(1, { ...says, dependencies: [{ action_key: 'x', status: 'failure' }] })], []],
  ['one for some systems', [action(1, { ...says, config: { target_compatibility: ['linux'] } })], []],
  ['one under a condition that needs nothing of it', [action(1, { ...says, conditions: [asks('A', 'x')] })], []],
  ['the condition itself', [action(1, { conditions: [asks('V', 'x')] })], ['a condition of action 1 (a1)']],
  ['the value of a condition', [action(1, { conditions: [asks('A', '${V}')] })], ['a condition of action 1 (a1)']],
  ['a second condition, which the first may guard', [action(1, { conditions: [asks('A', 'x'), asks('V', 'x')] })], []],
  ['a child of a block', [action(1, block), action(2, { ...says, parent: 1, slot: 'parallel' })], ['action 2 (a2)']],
  [
    'a child of a block in a block',
    [action(1, block), action(2, { ...block, parent: 1, slot: 'parallel' }), action(3, { ...says, parent: 2, slot: 'parallel' })],
    ['action 3 (a3)'],
  ],
  [
    'a child of a guarded block',
    [action(1, { ...block, conditions: [asks('A', 'x')] }), action(2, { ...says, parent: 1, slot: 'parallel' })],
    [],
  ],
  ['one way of a condition', [action(1, when), action(2, { ...says, parent: 1, slot: 'then' })], []],
  ['an expression', [action(1, { ...when, parameters: { expression: 'V == "x"' } })], ['action 1 (a1)']],
  ['a rollback', [action(1), action(2, { ...says, parent: 1, slot: 'rollback' })], ['action 2 (a2)']],
  ['a rollback of what is guarded', [action(1, { conditions: [asks('A', 'x')] }), action(2, { ...says, parent: 1, slot: 'rollback' })], []],
  ['the environment of the job', [action(1)], ['settings.environment.E, which action 1 (a1) has,'], { E: 'x ${V}' }],
  ['one that the action has otherwise', [action(1, { config: { environment: { E: 'own' } } })], [], { E: '${V}' }],
  ['an environment of no program', [action(1, { type: 'wait', parameters: { seconds: 1 } })], [], { E: '${V}' }],
])('what needs the variable: %s', (_, actions, by, environment = {}) => {
  expect(neededVariables(actions, environment).flatMap((need) => (need.name === 'V' ? [need.by] : []))).toEqual(by);
});

test.each([
  ['A == "B"', ['A']],
  ['A && B', ['A']],
  ['!(A || B)', ['A']],
  ['A ? B : C', ['A']],
  ['size(A) + B', ['A', 'B']],
  ['A.contains(B)', ['A', 'B']],
  ['A.exists(x, x == B)', ['A']],
  ['[A, "x"][0] == {"k": B}["k"]', ['A', 'B']],
  ['A ==', []],
])('names that %s surely asks for', (expression, names) => {
  expect(namesOfExpression(expression)).toEqual(names);
});
