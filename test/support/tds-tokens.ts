const le = (bytes: number, value: number | bigint): Buffer => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return buffer.subarray(0, bytes);
};

const text = (value: string): Buffer => Buffer.from(value, 'utf16le');
/** A text behind its length in characters. */
const short = (value: string): Buffer => Buffer.concat([le(1, value.length), text(value)]);
const long = (value: string): Buffer => Buffer.concat([le(2, value.length), text(value)]);
const counted = (token: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([le(1, token), le(2, body.length), body]);
};

export interface ServerError {
  number: number;
  message: string;
  severity?: number;
}

export const errorToken = ({ number, message, severity = 16 }: ServerError): Buffer =>
  counted(0xaa, le(4, number), le(1, 1), le(1, severity), long(message), short('DOUBLE'), short(''), le(4, 1));

/** The version stands in the other order than all else (MS-TDS 2.2.7.14). */
export const loginAck = (): Buffer =>
  counted(0xad, Buffer.from([1, 0x74, 0, 0, 4]), short('Microsoft SQL Server'), Buffer.from([16, 0, 0, 1]));

export const databaseChanged = (name: string): Buffer => counted(0xe3, le(1, 1), short(name), short('master'));
const TRANSACTION = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
export const transactionBegun = (): Buffer => counted(0xe3, le(1, 8), le(1, 8), TRANSACTION, le(1, 0));
export const transactionEnded = (): Buffer => counted(0xe3, le(1, 10), le(1, 0), le(1, 8), TRANSACTION);

const [DONE, DONE_PROC, DONE_IN_PROC] = [0xfd, 0xfe, 0xff];
const [MORE, ERROR, COUNT, CANCELLED] = [0x01, 0x02, 0x10, 0x20];

const doneToken = (token: number, status: number, count: number): Buffer =>
  Buffer.concat([le(1, token), le(2, status), le(2, 0xc1), le(8, count)]);

/** The end of an answer. @param isProcedure whether a remote procedure was called, which sp_executesql is one of */
export const ended = (isProcedure: boolean, { count, isError = false }: { count?: number | undefined; isError?: boolean }): Buffer => {
  const status = (isError ? ERROR : 0) | (count === undefined ? 0 : COUNT);
  if (!isProcedure) return doneToken(DONE, status, count ?? 0);
  const returned = Buffer.concat([le(1, 0x79), le(4, isError ? 1 : 0)]);
  return Buffer.concat([doneToken(DONE_IN_PROC, status | MORE, count ?? 0), returned, doneToken(DONE_PROC, isError ? ERROR : 0, 0)]);
};

/** The answer to an attention. */
export const cancelled = (): Buffer => doneToken(DONE, CANCELLED, 0);

/** Collation of text: Latin1_General_CI_AS. */
const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

export interface ColumnType {
  /** TYPE_INFO */
  info: Buffer;
  /** How many bytes tell the length of a value; 0: a type of fixed length. */
  lengthBytes: 0 | 1 | 2 | 4;
}

const nullable = (id: number, ...rest: number[]): ColumnType => ({ info: Buffer.from([id, ...rest]), lengthBytes: 1 });

export const TYPE = {
  int: nullable(0x26, 4),
  bigint: nullable(0x26, 8),
  bit: nullable(0x68, 1),
  float: nullable(0x6d, 8),
  money: nullable(0x6e, 8),
  datetime: nullable(0x6f, 8),
  date: nullable(0x28),
  time: nullable(0x29, 7),
  datetime2: nullable(0x2a, 7),
  datetimeoffset: nullable(0x2b, 7),
  decimal: nullable(0x6a, 17, 38, 10),
  uniqueidentifier: nullable(0x24, 16),
  nvarchar: { info: Buffer.concat([Buffer.from([0xe7]), le(2, 8_000), COLLATION]), lengthBytes: 2 },
  varbinary: { info: Buffer.concat([Buffer.from([0xa5]), le(2, 8_000)]), lengthBytes: 2 },
} as const satisfies Record<string, ColumnType>;

export interface Column {
  name: string;
  type: ColumnType;
}

export const columnsToken = (columns: readonly Column[]): Buffer =>
  Buffer.concat([le(1, 0x81), le(2, columns.length), ...columns.flatMap(({ name, type }) => [le(4, 0), le(2, 1), type.info, short(name)])]);

const NULL_TEXT = 0xff_ff;

/** @param values the bytes of each, as the server sends them; null is NULL */
export const rowToken = (columns: readonly Column[], values: readonly (Buffer | null)[]): Buffer =>
  Buffer.concat([
    le(1, 0xd1),
    ...columns.flatMap(({ type: { lengthBytes } }, index) => {
      const value = values[index] ?? null;
      if (value === null) return [lengthBytes === 2 ? le(2, NULL_TEXT) : le(lengthBytes, 0)];
      return [le(lengthBytes, value.length), value];
    }),
  ]);
