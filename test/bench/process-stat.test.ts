import { expect, test } from 'vitest';
import { parseProcessStat, treeOf } from '../../bench/support/process-stat.ts';
import type { ProcessStat } from '../../bench/support/process-stat.ts';

/** Fields 3 to 52 as the kernel writes them: state, parent, …, utime 7, stime 5, cutime 20, cstime 30, … */
const FIELDS = `S 41 42 42 0 -1 4194304 900 12000 0 0 7 5 20 30 20 0 1 0 12345 1000000 250 ${'0 '.repeat(28).trim()}`;

const statOf = (name: string): string => `1234 (${name}) ${FIELDS}\n`;

test('own and reaped CPU, parent and name are read', () => {
  expect(parseProcessStat(statOf('postgres'))).toEqual({ pid: 1234, name: 'postgres', parent: 41, ownTicks: 12, reapedTicks: 50 });
});

test.each(['a) b', ') S 1 2 3 (', 'a b c', '((', '', 'tokio-runtime-w'])('the program name "%s" does not shift the fields', (name) => {
  expect(parseProcessStat(statOf(name))).toMatchObject({ pid: 1234, name, parent: 41, ownTicks: 12, reapedTicks: 50 });
});

test.each(['', '1234', '1234 (a', '1234 (a) S 41 42'])('the text "%s" is refused', (text) => {
  expect(() => parseProcessStat(text)).toThrow('This is not /proc/<pid>/stat');
});

test('the tree of a process has all below it, in any order of the list, and nobody else', () => {
  const process = (pid: number, parent: number): ProcessStat => ({ pid, parent, name: 'x', ownTicks: 0, reapedTicks: 0 });
  const all = [process(9, 7), process(7, 5), process(5, 1), process(6, 1), process(8, 5), process(1, 0)];
  expect(new Set(treeOf([5], all).map(({ pid }) => pid))).toEqual(new Set([5, 7, 8, 9]));
  expect(treeOf([404], all)).toEqual([]);
});
