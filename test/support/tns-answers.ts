import { text, u8, ub, withLength } from './tns-bytes.ts';
import type { Bound } from './tns-requests.ts';
import { CHAR, LONG, LONG_RAW, VARCHAR } from './tns-values.ts';
import type { ColumnType } from './tns-values.ts';

const [ERROR, ROW_HEADER, ROW_DATA, PARAMETER, STATUS, IO_VECTOR, DESCRIBE, BIT_VECTOR, RESULT_SETS, END] = [
  4, 6, 7, 8, 9, 11, 16, 21, 27, 29,
];
const [UTF8, IN] = [873, 32];
const IN_TRANSACTION = 2;

export interface Column {
  name: string;
  type: ColumnType;
}

export type Row = readonly (Buffer | null)[];

/** Errors of the server's own: no more rows, and a call that was broken off. */
export const [NO_DATA, CANCELLED] = [1403, 1013];

export const ended = (hasEnds: boolean, ...parts: Buffer[]): Buffer => Buffer.concat([...parts, hasEnds ? u8(END) : u8()]);

export const status = (inTransaction = false): Buffer => Buffer.concat([u8(STATUS), ub(inTransaction ? IN_TRANSACTION : 0), ub(1)]);

export interface Outcome {
  cursor?: number;
  error?: number;
  message?: string;
  rowCount?: number;
  inTransaction?: boolean;
  /** Code was stored that does not compile. */
  isInvalid?: boolean;
}

/** How a call ended, well or not. */
export const outcome = (
  fieldVersion: number,
  { cursor = 0, error = 0, message = '', rowCount = 0, inTransaction = false, isInvalid = false }: Outcome,
): Buffer =>
  Buffer.concat([
    u8(ERROR),
    ub(inTransaction ? IN_TRANSACTION : 0),
    // Sequence, row, number of the error, two of arrays.
    u8(0),
    ub(rowCount),
    ub(error),
    u8(0, 0),
    ub(cursor),
    // Place of the error, five bytes of flags, the warning, an empty row id.
    u8(0, 0, 0, 0, 0, 0, isInvalid ? 0x20 : 0, 0, 0, 0, 0, 0),
    // Error of the system, numbers of statement and call, padding, iterations, row id, and arrays of errors.
    u8(0, 0, 0, 0, 0, 0, 0, 0, 0),
    ub(error),
    ub(rowCount),
    fieldVersion >= 14 ? u8(0, 0) : u8(),
    error === 0 ? u8() : withLength(Buffer.from(`${message}\n`)),
  ]);

const describeColumn = ({ name, type }: Column, position: number, fieldVersion: number): Buffer => {
  const { code, size, precision = 0, scale = 0 } = type;
  const isText = code === VARCHAR || code === CHAR || code === 112;
  return Buffer.concat([
    u8(code, 0, precision & 255, scale & 255),
    ub(size),
    u8(0, 0, 0, 0),
    ub(isText ? UTF8 : 0),
    u8(isText ? 1 : 0),
    ub(size),
    fieldVersion >= 8 ? u8(0) : u8(),
    u8(1, name.length),
    text(name),
    u8(0, 0),
    ub(position),
    u8(0),
    // Domain, annotations, vectors.
    fieldVersion >= 17 ? u8(0, 0) : u8(),
    fieldVersion >= 20 ? u8(0) : u8(),
    fieldVersion >= 24 ? u8(0, 0, 0) : u8(),
  ]);
};

const describeColumns = (columns: readonly Column[], fieldVersion: number): Buffer =>
  Buffer.concat([
    ub(columns.reduce((sum, { type }) => sum + type.size, 0)),
    ub(columns.length),
    u8(columns.length),
    ...columns.map((column, index) => describeColumn(column, index + 1, fieldVersion)),
    // The date, four numbers, and a key of caches.
    ub(7),
    withLength(Buffer.alloc(7, 1)),
    u8(0, 0, 0, 0, 0),
  ]);

/** What columns the rows of a query have. */
export const describe = (columns: readonly Column[], fieldVersion: number): Buffer =>
  Buffer.concat([u8(DESCRIBE), withLength(Buffer.alloc(16, 1)), describeColumns(columns, fieldVersion)]);

/** Cursors that a procedure gives of itself. */
export const resultSets = (sets: readonly { id: number; columns: readonly Column[] }[], fieldVersion: number): Buffer =>
  Buffer.concat([
    u8(RESULT_SETS),
    ub(sets.length),
    ...sets.flatMap(({ id, columns }) => [u8(1, 0), describeColumns(columns, fieldVersion), ub(id)]),
  ]);

export const rowHeader = (): Buffer => u8(ROW_HEADER, 0, 0, 0, 0, 0, 0, 0);

const value = ({ type }: Column, bytes: Buffer | null, define: Bound | undefined): Buffer => {
  if (define?.code === LONG || define?.code === LONG_RAW)
    // Behind it say a number and a code whether it is NULL.
    return Buffer.concat([
      bytes === null ? u8(0) : withLength(bytes),
      bytes === null ? u8(0x81, 1) : u8(0),
      bytes === null ? ub(1405) : u8(0),
    ]);
  if (type.size === 0) return u8();
  return bytes === null ? u8(0) : withLength(bytes);
};

/** A row; what is as in the row before it is left out, and a vector of bits says so. */
export const row = (columns: readonly Column[], values: Row, before: Row | undefined, defines: readonly Bound[] | undefined): Buffer => {
  const isSent = columns.map((_, index) => {
    const [now, last] = [values[index] ?? null, before?.[index] ?? null];
    return before === undefined || now === null || last === null || !now.equals(last);
  });
  const bits = Buffer.alloc(Math.ceil(columns.length / 8));
  isSent.forEach((isOne, index) => {
    if (isOne) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  const vector = isSent.every(Boolean) ? u8() : Buffer.concat([u8(BIT_VECTOR), ub(isSent.filter(Boolean).length), bits]);
  const sent = columns.map((column, index) => (isSent[index] === true ? value(column, values[index] ?? null, defines?.[index]) : u8()));
  return Buffer.concat([vector, u8(ROW_DATA), ...sent]);
};

/** What comes behind the rows of a statement, or instead of them: nothing that a client needs. */
export const executed = (): Buffer => u8(PARAMETER, 0, 0, 0, 0);

/** Of a block in PL/SQL: which values go in and come out. All go in. */
export const directions = (count: number): Buffer =>
  count === 0
    ? u8()
    : Buffer.concat([u8(IO_VECTOR, 0), ub(count % 256), ub(Math.floor(count / 256)), u8(0, 0, 0, 0), Buffer.alloc(count, IN)]);

/** The answer to what was done with a large object: its locator, and what belongs to the operation. */
export const lobAnswer = (locator: Buffer, isNew: boolean, amount: number | undefined): Buffer =>
  Buffer.concat([u8(PARAMETER), locator, isNew ? Buffer.concat([ub(UTF8), u8(0)]) : u8(), amount === undefined ? u8() : ub(amount)]);
