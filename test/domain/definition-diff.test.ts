import { expect, test } from 'vitest';
import { fieldDifferences, partDifferences } from '../../src/domain/definition-diff.ts';

const parts = (keys: string) => Array.from(keys, (key) => ({ key, fields: { a: 1 } }));
const told = (before: string, after: string): string[] =>
  partDifferences(parts(before), parts(after), 'l').map(({ path, change, before: was, after: is }) =>
    change === 'moved' ? `${path} ${String(was)}>${String(is)}` : `${path} ${change}`,
  );

test.each([
  ['abcde', 'abcde', []],
  ['abcde', 'bcdea', ['l.a 1>5']],
  ['abcde', 'eabcd', ['l.e 5>1']],
  ['abc', 'xabc', ['l.x added']],
  ['abc', 'ac', ['l.b removed']],
  ['abcd', 'acbd', ['l.b 2>3']],
  ['', 'a', ['l.a added']],
])('of %s and %s only what was moved, added or removed is told, not all that comes behind it', (before, after, expected) => {
  expect(told(before, after)).toEqual(expected);
});

test('fields are compared by what they hold, whatever the order of their keys', () => {
  expect(fieldDifferences({ a: { x: 1, y: 2 }, b: [1] }, { b: [1], a: { y: 2, x: 1 } })).toEqual([]);
  expect(fieldDifferences({ a: 1, gone: 2 }, { a: null, come: [3] }, 'at')).toEqual([
    { path: 'at.a', change: 'changed', before: 1, after: null },
    { path: 'at.gone', change: 'removed', before: 2, after: null },
    { path: 'at.come', change: 'added', before: null, after: [3] },
  ]);
});
