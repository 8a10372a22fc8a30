import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine, parseCsv } from '../../src/domain/csv.ts';

const cellsOf = (text: string) => [...parseCsv(text)].map(({ cells }) => cells);

test('whatever text, or nothing, is in a cell comes back as it was', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', '\t', '\r', '\n', '"', ',', 'x') }),
  );
  const rows = fc.array(fc.array(fc.option(text), { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(rows, (given) => {
      // A byte order mark at the beginning of a file is no part of its first cell.
      fc.pre(given[0]?.[0]?.startsWith('\uFEFF') !== true);
      expect(cellsOf(given.map(csvLine).join(''))).toEqual(given);
    }),
  );
});

test.each(['=1', '+1', '-1', '@A1', '\tx', '\rx', '\nx', '＝1', '＠A1', "'=1", "''@x"])(
  'a spreadsheet takes no cell for a formula: %j',
  (text) => {
    expect(csvLine([text]).replace(/^"/, '')).toMatch(/^'/);
  },
);

test.each([
  [
    'a,b\nc,d',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'a,b\rc,d\r\n',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['\uFEFFa,b', [['a', 'b']]],
  [
    'a,\r\n\r\n,b\r\n',
    [
      ['a', null],
      [null, 'b'],
    ],
  ],
  ['"a ""b"" c",""\r\n', [['a "b" c', '']]],
  ['', []],
])('what other programs write is read: %j', (text, cells) => {
  expect(cellsOf(text)).toEqual(cells);
});

test.each([
  ['a,"b', 'a quote is not closed'],
  ['"a"b,c', 'text follows the closing quote of a cell'],
])('what is no CSV is said: %j', (text, problem) => {
  expect([...parseCsv(text)].at(-1)?.problem).toBe(problem);
});
