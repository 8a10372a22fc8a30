import { expect, test } from 'vitest';
import { median, ratioText, table } from '../../bench/support/table.ts';

test.each([
  [30, 60, '0.50 x'],
  [60, 60, '1.00 x'],
  [100, 8, '12.50 x'],
  [undefined, 60, '-'],
  [60, undefined, '-'],
  [60, 0, '-'],
  [60, Number.NaN, '-'],
  [Number.POSITIVE_INFINITY, 60, '-'],
])('%s against %s reads "%s"', (ours, theirs, text) => {
  expect(ratioText(ours, theirs)).toBe(text);
});

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 2, 3], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('no values have no median', () => {
  expect(() => median([])).toThrow('no median');
});

test('columns line up, and what was not measured is a dash', () => {
  const text = table(
    ['', 'targets/s', 'ms'],
    [
      ['ssh2 library', 69.93, 3],
      ['b', undefined, 0.5],
    ],
  );
  expect(text.split('\n')).toEqual(['              targets/s    ms', 'ssh2 library       69.9     3', 'b                     -  0.50']);
});
