import { expect, test } from 'vitest';
import { cleanText, lastOverwrite } from '../../src/cli/terminal/clean-text.ts';
import { durationText } from '../../src/cli/terminal/duration-text.ts';
import { createPaint } from '../../src/cli/terminal/paint.ts';
import { percentText, progressBar } from '../../src/cli/terminal/progress-bar.ts';
import { renderTable } from '../../src/cli/terminal/render-table.ts';
import { fitText, padText, textWidth } from '../../src/cli/terminal/text-width.ts';

const plain = createPaint(false);

test.each([
  ['abc', 3],
  ['ünï', 3],
  ['e\u0301', 1],
  ['日本語', 6],
  ['한글', 4],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['ａ', 2],
  ['\u200b', 0],
])('%j takes %i columns', (text, width) => expect(textWidth(text)).toBe(width));

test('a text is cut to whole characters and marked', () => {
  expect(fitText('日本語', 5)).toBe('日本…');
  expect(fitText('日本語', 4)).toBe('日…');
  expect(fitText('abc', 3)).toBe('abc');
  expect(fitText('abc', 0)).toBe('');
  expect(padText('日本語', 4)).toBe('日… ');
});

test('columns of a table stand under each other, also with wide characters', () => {
  const table = renderTable(
    [
      ['NAME', 'N', 'X'],
      ['日本', '1', 'a'],
      ['web', '10', 'b'],
    ],
    { right: [1] },
  );
  expect(table).toBe('NAME   N  X\n日本   1  a\nweb   10  b\n');
});

test('a table is cut to the width of the terminal, its widest column first', () => {
  const lines = renderTable(
    [
      ['A', 'B'],
      ['short', 'x'.repeat(50)],
    ],
    { width: 20 },
  )
    .trimEnd()
    .split('\n');
  expect(lines[1]).toBe(`short  ${'x'.repeat(12)}…`);
  expect(Math.max(...lines.map(textWidth))).toBe(20);
});

test('what a target says cannot break a table or steer the terminal', () => {
  expect(renderTable([['A'], ['one\ntwo\u001b[2J\u001b]0;title\u0007']])).toBe('A\none two\n');
  expect(cleanText('a\u001b[31mred\u001b[0m\u202eb')).toBe('ared b');
  expect(lastOverwrite('10 %\r20 %\r')).toBe('20 %');
});

test('cells are coloured without their width changing', () => {
  const paint = createPaint(true);
  expect(
    renderTable(
      [
        ['A', 'B'],
        ['x', 'y'],
      ],
      { paint: (text, column) => (column === 0 ? paint.red(text) : text) },
    ),
  ).toBe('A  B\n\u001b[31mx\u001b[39m  y\n');
});

test.each([
  [{ done: 0, failed: 0, total: 0 }, '░░░░░░░░░░', '0 %'],
  [{ done: 5, failed: 0, total: 10 }, '█████░░░░░', '50 %'],
  [{ done: 999, failed: 1, total: 1_000 }, '█████████░', '99 %'],
  [{ done: 10, failed: 10, total: 10 }, '██████████', '100 %'],
])('the bar of %j', (progress, bar, percent) => {
  expect(progressBar(progress, 10, plain)).toBe(bar);
  expect(percentText(progress)).toBe(percent);
});

test('one failure of many is seen in the bar', () => {
  expect(progressBar({ done: 1_000, failed: 1, total: 1_000 }, 10, createPaint(true))).toContain('\u001b[31m█\u001b[39m');
});

test.each([
  [-5, '0.0 s'],
  [420, '0.4 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [7_620_000, '2 h 07 min'],
  [97_200_000, '1 d 03 h'],
])('%i ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));
