import { OpsError } from '../../../domain/ops-error.ts';
import { readRow, valuesOf } from './sheet.ts';
import type { Cell, CsvCells, CsvRow, CsvSheet, RawRow } from './sheet.ts';

const OF_TARGET = {
  serial: 'text',
  uuid: 'text',
  name: 'text',
  target_type: 'text',
  description: 'nullable',
  os_type: 'text',
  environment: 'text',
  location: 'nullable',
  data_center: 'nullable',
  region: 'nullable',
  labels: 'json',
  status: 'text',
} as const satisfies Record<string, Cell>;

const OF_METHOD = {
  method_type: 'text',
  method_name: 'text',
  host: 'text',
  port: 'number',
  is_primary: 'boolean',
  is_active: 'boolean',
  priority: 'number',
  config: 'json',
  credentials: 'json',
} as const satisfies Record<string, Cell>;

const TARGET_COLUMNS = Object.keys(OF_TARGET);
const METHOD_COLUMNS = Object.keys(OF_METHOD);

/** By what rows are those of one target: they stand below each other. */
const keyOf = ({ uuid, serial, name }: CsvCells): string => uuid ?? serial ?? name ?? '';

const groupsOf = (rows: readonly CsvRow[]): CsvRow[][] => {
  const groups: CsvRow[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && keyOf(last[0].cells) === keyOf(row.cells)) last.push(row);
    else groups.push([row]);
  }
  return groups;
};

/** A further row of a target may leave its cells empty, but not say something else. */
const refuseContradiction = ([first, ...others]: readonly CsvRow[]): void => {
  for (const { row, cells } of others) {
    const other = TARGET_COLUMNS.find((name) => (cells[name] ?? null) !== null && cells[name] !== first?.cells[name]);
    if (other !== undefined)
      throw new OpsError('VALIDATION', `Row ${row} is of the same target, and has another ${other} than row ${first?.row}.`, {
        fields: [{ path: other, message: `is another one in row ${row}` }],
      });
  }
};

const targetOf = (group: readonly CsvRow[]): Record<string, unknown> => {
  const problem = group.find((row) => row.problem !== undefined)?.problem;
  if (problem !== undefined) throw problem;
  refuseContradiction(group);
  const withMethod = group.filter(({ cells }) => (cells['method_type'] ?? null) !== null);
  const methods = withMethod.map(({ cells }) => valuesOf(cells, OF_METHOD));
  return { ...valuesOf(group[0]?.cells ?? {}, OF_TARGET), ...(methods.length > 0 && { methods }) };
};

/** One method of a target a row, and in each row the fields of the target; one that stands alone has no method. */
export const TARGET_SHEET: CsvSheet = {
  type: 'targets',
  columns: [...TARGET_COLUMNS, ...METHOD_COLUMNS],
  mark: 'name',
  rowsOf: (item) => {
    const head = TARGET_COLUMNS.map((name) => item[name]);
    const methods = (item['methods'] ?? []) as Readonly<Record<string, unknown>>[];
    if (methods.length === 0) return [[...head, ...METHOD_COLUMNS.map(() => null)]];
    return methods.map((method) => [...head, ...METHOD_COLUMNS.map((name) => method[name])]);
  },
  itemsOf: (rows) =>
    groupsOf(rows).map((group): RawRow => {
      const head = { kind: 'target', name: group[0]?.cells['name'] };
      return readRow(group[0]?.row ?? 0, head, () => targetOf(group));
    }),
};
