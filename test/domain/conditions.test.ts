import { expect, test } from 'vitest';
import { allHold, evaluateExpression } from '../../src/domain/conditions.ts';
import type { Values } from '../../src/domain/conditions.ts';

const give = (expression: string, values: Values = {}): unknown =>
  evaluateExpression({ order: 1, name: 'decide', parameters: { expression } }, values);

test.each<[string, Values, unknown]>([
  ['LOOP_INDEX % 2 == 0', { LOOP_INDEX: 4 }, true],
  ['LOOP_INDEX + 1', { LOOP_INDEX: 4 }, 5],
  ['actions.probe.exit_code - 1 == 2', { actions: { probe: { exit_code: 3 } } }, true],
  ['COUNT * 2 > 9 && COUNT < 5.5', { COUNT: 5 }, true],
  ['RATIO * 2.0', { RATIO: 1.5 }, 3],
  ['HOSTS.map(host, host.port + 1)', { HOSTS: [{ port: 80 }, { port: 443 }] }, [81, 444]],
])('whole numbers are calculated with as those of the expression: %s', (expression, values, result) => {
  expect(give(expression, values)).toEqual(result);
});

test.each<[string, unknown]>([
  ['[{"port": 1}, {"port": 2}]', [{ port: 1 }, { port: 2 }]],
  ['{"a": [1, 2]}', { a: [1, 2] }],
  ['[1u]', ['1']],
  ['[timestamp("2026-01-01T00:00:00Z")]', ['2026-01-01T00:00:00.000Z']],
  ['[1.5, 2.0]', [1.5, 2]],
  ['[true, false]', [true, false]],
])('what an expression gives can be kept as JSON: %s', (expression, result) => {
  expect(JSON.parse(JSON.stringify(give(expression)))).toEqual(result);
});

test('an expression that names what is not there, or calculates with kinds that do not fit, says so', () => {
  expect(() => give('NOBODY == 1')).toThrow(/expression of action 1 \(decide\) cannot be decided: Unknown variable: NOBODY/);
  expect(() => give('COUNT * 1.5', { COUNT: 2 })).toThrow(/no such overload/);
});

const condition = (variable: string, operator: '==' | '>' | 'contains' | 'matches', value: string) => ({ variable, operator, value });

test.each<[ReturnType<typeof condition>, boolean]>([
  [condition('COUNT', '==', '${LIMIT}'), false],
  [condition('COUNT', '>', '${LIMIT}'), true],
  [condition('NAME', '==', '${OTHER}'), true],
  [condition('NAME', '==', 'web-${NUMBER}'), true],
  [condition('NAME', 'contains', '-${NUMBER}'), true],
  [condition('NAME', '==', '$${OTHER}'), false],
  [condition('NAME', 'matches', '^web-${NUMBER}$'), true],
  [condition('NAME', 'matches', '^${DOTS}$'), false],
  [condition('NAME', 'matches', '^${raw:DOTS}$'), true],
  [condition('NAME', '==', '${actions.ask.output}'), true],
])('a condition compares with the values of its references: %j is %s', (one, holds) => {
  const values = { COUNT: 10, LIMIT: 9, NAME: 'web-1', OTHER: 'web-1', NUMBER: 1, DOTS: '.....', actions: { ask: { output: 'web-1' } } };
  expect(allHold([one], values)).toBe(holds);
});

test('a condition whose reference has no value, or whose pattern values make dangerous, says so', () => {
  expect(() => allHold([condition('NAME', '==', '${NOWHERE}')], { NAME: 'x' })).toThrow(/\$\{NOWHERE\} has no value/);
  expect(() => allHold([condition('NAME', 'matches', '${raw:BAD}')], { NAME: 'x', BAD: '(a+)+' })).toThrow(
    /\$\{raw:BAD\}, cannot be asked: with its values it repeats a group/,
  );
});
