import { expect, test } from 'vitest';
import { allHold, evaluateExpression } from '../../src/domain/conditions.ts';
import { patternProblem } from '../../src/domain/pattern-problem.ts';

test.each(['(a+)+$', '((a*)b)*', '(?:x{2,})+', '([a-z]+\\s?)*', '((ab)+c){3,}'])('%s repeats what repeats, and is refused', (pattern) => {
  expect(patternProblem(pattern)).toContain('(a+)+');
});

test.each(['^v\\d+\\.\\d+$', '(ab)+', '(a|b+)c', '[(+]+x*', '\\(a+\\)+', '(?:\\d{1,3}\\.){3}x', '(a+)?'])('%s is taken', (pattern) => {
  expect(patternProblem(pattern)).toBeUndefined();
});

test('what is no regular expression is told so', () => {
  expect(patternProblem('(')).toBe('is not a regular expression');
});

const SLOW = `${'a'.repeat(60)}!`;

test('a pattern that takes for ever all the same fails its condition, and the process goes on', () => {
  const condition = { variable: 'TEXT', operator: 'matches', value: '^(a|a)*$' } as const;
  expect(patternProblem(condition.value)).toBeUndefined();
  expect(() => allHold([condition], { TEXT: SLOW })).toThrow(expect.objectContaining({ code: 'CONDITION_FAILED' }));
  expect(allHold([condition], { TEXT: 'aaa' })).toBe(true);
});

test('so does an expression', () => {
  const action = { order: 1, name: 'ask', parameters: { expression: 'TEXT.matches("^(a+)+$")' } };
  expect(() => evaluateExpression(action, { TEXT: SLOW })).toThrow(expect.objectContaining({ code: 'CONDITION_FAILED' }));
  expect(evaluateExpression(action, { TEXT: 'aa' })).toBe(true);
});
