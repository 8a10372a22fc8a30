import type { ColumnSpec } from '../../src/db/models/columns.ts';
import { TABLES } from '../../src/db/models/index.ts';

/** The shape of every JSON column of the record, by `<table>.<column>`. */
export const JSON_COLUMNS: Readonly<Record<string, NonNullable<ColumnSpec['json']>>> = Object.fromEntries(
  TABLES.flatMap(({ name, columns }) =>
    Object.entries(columns).flatMap(([column, { json }]) => (json === null ? [] : [[`${name}.${column}`, json] as const])),
  ),
);
