import { parseCsv } from '../../domain/csv.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { CSV_SHEETS } from './csv-sheets.ts';
import type { CsvRow, CsvSheet, RawRow } from './sheets/sheet.ts';

const HEADER_ROW = 1;

const sheetOf = (header: readonly string[]): CsvSheet => {
  const sheet = CSV_SHEETS.find(({ mark }) => header.includes(mark));
  if (sheet === undefined)
    throw new OpsError(
      'VALIDATION',
      `The first row names no columns of a sheet: one of targets has name, one of users username, one of settings setting. It has ${header.slice(0, 10).join(', ')}. Cells are separated by commas. Nothing was imported.`,
    );
  const fields = header.flatMap((name, index) => {
    if (!sheet.columns.includes(name)) return [{ path: name, message: `is no column of ${sheet.type}` }];
    return header.indexOf(name) < index ? [{ path: name, message: 'occurs twice' }] : [];
  });
  if (fields.length > 0)
    throw new OpsError('VALIDATION', `The column ${fields[0]?.path} ${fields[0]?.message}. Nothing was imported.`, {
      fields: fields.slice(0, 20),
    });
  return sheet;
};

const rowsOf = (records: readonly { cells: (string | null)[]; problem?: string }[], header: readonly string[]): CsvRow[] =>
  records.map(({ cells, problem }, index) => {
    const row = { row: HEADER_ROW + 1 + index, cells: Object.fromEntries(header.map((name, column) => [name, cells[column] ?? null])) };
    const wrong =
      problem ?? (cells.length > header.length ? `it has ${cells.length} cells, and there are ${header.length} columns` : undefined);
    return wrong === undefined ? row : { ...row, problem: new OpsError('VALIDATION', `This row cannot be read: ${wrong}.`) };
  });

/** The things of a sheet: of targets, users or settings, which its columns tell. @throws OpsError VALIDATION when it is no such sheet */
export const readCsv = (text: string): RawRow[] => {
  const [first, ...records] = [...parseCsv(text)];
  const header = (first?.cells ?? []).map((cell) => cell ?? '');
  const sheet = sheetOf(header);
  return sheet.itemsOf(rowsOf(records, header));
};
