import { readRow, valuesOf } from './sheet.ts';
import type { Cell, CsvSheet } from './sheet.ts';

const CELLS = {
  uuid: 'text',
  username: 'text',
  email: 'text',
  role: 'text',
  permissions: 'json',
  is_active: 'boolean',
} as const satisfies Record<string, Cell>;
const COLUMNS = Object.keys(CELLS);

/** One account a row. */
export const USER_SHEET: CsvSheet = {
  type: 'users',
  columns: COLUMNS,
  mark: 'username',
  rowsOf: (item) => [COLUMNS.map((name) => item[name])],
  itemsOf: (rows) =>
    rows.map(({ row, cells, problem }) => {
      const read = readRow(row, { kind: 'user', username: cells['username'] }, () => valuesOf(cells, CELLS));
      return { ...read, ...(problem && { problem }) };
    }),
};
