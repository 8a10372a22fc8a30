import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultOf } from '../../src/domain/failure.ts';
import { ERROR_CODES } from '../../src/domain/ops-error.ts';
import type { ErrorCode } from '../../src/domain/ops-error.ts';

const PAGE = new URL('../../docs/troubleshooting.md', import.meta.url);

/** The rows of its tables: the codes of the first cell, and the cells behind it. */
const rows = readFileSync(PAGE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [first = '', ...cells] = line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1);
    return { codes: [...first.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code as ErrorCode), cells };
  });
const ofFailures = rows.filter(({ cells }) => cells.length === 4);
const ofRequests = rows.filter(({ cells }) => cells.length === 3);

test('the page on failures has each code that there is, once', () => {
  expect(rows.flatMap(({ codes }) => codes).toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
});

test('each failure of the page has the category and the fault that the record tells', () => {
  const said = ofFailures.flatMap(({ codes, cells: [category, fault] }) => codes.map((code) => [code, category, fault]));
  expect(said.length).toBeGreaterThan(40);
  expect(said).toEqual(
    said.map(([code]) => [code, ERROR_CODES[code as ErrorCode].category, faultOf(ERROR_CODES[code as ErrorCode].category, code ?? null)]),
  );
});

test('each refused request of the page has its status', () => {
  const said = ofRequests.flatMap(({ codes, cells: [status] }) => codes.map((code) => [code, Number(status)]));
  expect(said).toEqual(said.map(([code]) => [code, ERROR_CODES[code as ErrorCode].status]));
});
