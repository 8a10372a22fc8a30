import { readRow, valuesOf } from './sheet.ts';
import type { Cell, CsvSheet } from './sheet.ts';

const CELLS = { setting: 'text', value: 'json' } as const satisfies Record<string, Cell>;

/** One setting a row; its value is JSON. */
export const SETTING_SHEET: CsvSheet = {
  type: 'settings',
  columns: Object.keys(CELLS),
  mark: 'setting',
  rowsOf: ({ name, value }) => [[name, JSON.stringify(value)]],
  itemsOf: (rows) =>
    rows.map(({ row, cells, problem }) => {
      const read = () => {
        const { setting: name, ...rest } = valuesOf(cells, CELLS);
        return { name, ...rest };
      };
      return { ...readRow(row, { kind: 'setting', name: cells['setting'] }, read), ...(problem && { problem }) };
    }),
};
