import type { DataType } from '../../../contracts/data-transfer.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { unstorableValues } from '../../../domain/unstorable-values.ts';

export type CsvCells = Readonly<Record<string, string | null>>;

/** Cells by column, and where they stand. */
export interface CsvRow {
  row: number;
  cells: CsvCells;
  problem?: OpsError | undefined;
}

/** One thing of a document, as it stands there. */
export interface RawRow {
  /** Place in the document, from 1; of CSV the row of the sheet. */
  row: number;
  item: Readonly<Record<string, unknown>>;
  /** Why it cannot be read. */
  problem?: OpsError | undefined;
}

/** How things of a type stand in a sheet, and come out of it again. */
export interface CsvSheet {
  type: DataType;
  columns: readonly string[];
  /** A column that no other sheet has. */
  mark: string;
  /** The cells of the rows of a thing. */
  rowsOf: (item: Readonly<Record<string, unknown>>) => unknown[][];
  itemsOf: (rows: readonly CsvRow[]) => RawRow[];
}

/** How the text of a cell becomes a value. `nullable`: an empty cell says that there is none; of the others it says nothing. */
export type Cell = 'text' | 'nullable' | 'number' | 'boolean' | 'json';

const READ: Readonly<Record<Exclude<Cell, 'nullable'>, (text: string) => unknown>> = {
  text: (text) => text,
  // What is no number is left for the schema to refuse.
  number: (text) => (/^-?\d+$/.test(text) ? Number(text) : text),
  boolean: (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text),
  json: (text) => JSON.parse(text) as unknown,
};

/** The values of the cells of a row. @throws OpsError VALIDATION for a cell that is no JSON where it must be */
export const valuesOf = (cells: CsvCells, kinds: Readonly<Record<string, Cell>>): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const text = cells[name];
    if (text === undefined || (text === null && kind !== 'nullable')) continue;
    try {
      values[name] = text === null ? null : READ[kind === 'nullable' ? 'text' : kind](text);
    } catch {
      throw new OpsError('VALIDATION', `The cell ${name} is not JSON.`, { fields: [{ path: name, message: 'is not JSON' }] });
    }
  }
  const fields = unstorableValues(values);
  if (fields.length > 0) throw new OpsError('VALIDATION', `${fields[0]?.path}: ${fields[0]?.message}.`, { fields });
  return values;
};

/** Runs what may find a row unreadable. @param head what is said of it then: its kind, and the name in its cells */
export const readRow = (row: number, head: Readonly<Record<string, unknown>>, read: () => Readonly<Record<string, unknown>>): RawRow => {
  try {
    return { row, item: { ...head, ...read() } };
  } catch (problem) {
    if (!(problem instanceof OpsError)) throw problem;
    return { row, item: head, problem };
  }
};
