import { expect, test } from 'vitest';
import { cpuBetween } from '../../bench/support/usage.ts';

test('what was used between two readings is divided by the count', () => {
  expect(cpuBetween({ a: 100, b: 50 }, { a: 500, b: 50 }, 40)).toEqual({ a: 10, b: 0 });
});

test('a part that could not be read, then or now, has no number', () => {
  expect(cpuBetween({ a: undefined, b: 1 }, { a: 5, b: undefined, c: 7 })).toEqual({ a: undefined, b: undefined, c: undefined });
});
