import type { Statement } from './tds-requests.ts';
import { startTdsServer } from './tds-server.ts';
import type { Answer, TdsOptions, TdsServer } from './tds-server.ts';
import { TYPE } from './tds-tokens.ts';
import type { ColumnType } from './tds-tokens.ts';

export const USER = 'ops';
export const PASSWORD = 'Pa$$w0rd "ä';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const bigint = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
};
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};
const uint = (value: bigint, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => Number((value >> BigInt(at * 8)) & 255n)));
const decimal = (units: bigint): Buffer => Buffer.concat([Buffer.from([units < 0n ? 0 : 1]), uint(units < 0n ? -units : units, 16)]);
/** In units of 100 ns. */
const time = (hours: number, minutes: number, seconds: number, units: number): Buffer =>
  uint(BigInt((hours * 60 + minutes) * 60 + seconds) * 10_000_000n + BigInt(units), 5);
/** Days since 0001-01-01. */
const day = (text: string): Buffer => uint(BigInt((Date.parse(text) - Date.parse('2000-01-01')) / 86_400_000 + 730_119), 3);

interface Value {
  type: ColumnType;
  bytes: Buffer;
  /** As our output shows it. */
  json: string;
  /** As str() of Python shows what python-tds reads. */
  python: string;
}

/** One value of each type, as MS-TDS says that the server sends it. */
export const ROWS: Readonly<Record<string, Value>> = {
  int: { type: TYPE.int, bytes: hex('d6ffffff'), json: '-42', python: '-42' },
  bigint: { type: TYPE.bigint, bytes: bigint(9_223_372_036_854_775_807n), json: '"9223372036854775807"', python: '9223372036854775807' },
  smallbig: { type: TYPE.bigint, bytes: bigint(-9_007_199_254_740_991n), json: '-9007199254740991', python: '-9007199254740991' },
  bit: { type: TYPE.bit, bytes: hex('01'), json: 'true', python: 'True' },
  float: { type: TYPE.float, bytes: float(0.1), json: '0.1', python: '0.1' },
  decimal: {
    type: TYPE.decimal,
    bytes: decimal(-1_234_567_890_123_456_789_012_345_678n),
    json: '"-123456789012345678.9012345678"',
    python: '-123456789012345678.9012345678',
  },
  money: { type: TYPE.money, bytes: hex('ffffff7fffffffff'), json: '"922337203685477.5807"', python: '922337203685477.5807' },
  date: { type: TYPE.date, bytes: day('2024-02-29'), json: '"2024-02-29"', python: '2024-02-29' },
  time: { type: TYPE.time, bytes: time(23, 59, 59, 9_999_990), json: '"23:59:59.9999990"', python: '23:59:59.999999' },
  datetime: {
    type: TYPE.datetime,
    bytes: Buffer.concat([uint(45_349n, 4), uint(13_588_963n, 4)]),
    json: '"2024-02-29 12:34:56.543"',
    python: '2024-02-29 12:34:56.543000',
  },
  datetime2: {
    type: TYPE.datetime2,
    bytes: Buffer.concat([time(12, 34, 56, 1_234_560), day('2024-02-29')]),
    json: '"2024-02-29 12:34:56.1234560"',
    python: '2024-02-29 12:34:56.123456',
  },
  datetimeoffset: {
    type: TYPE.datetimeoffset,
    bytes: Buffer.concat([time(23, 30, 0, 1_234_560), day('2024-02-29'), uint(120n, 2)]),
    json: '"2024-03-01 01:30:00.1234560 +02:00"',
    python: '2024-03-01 01:30:00.123456+02:00',
  },
  uniqueidentifier: {
    type: TYPE.uniqueidentifier,
    bytes: hex('33221100 5544 7766 8899aabbccddeeff'),
    json: '"00112233-4455-6677-8899-AABBCCDDEEFF"',
    python: '00112233-4455-6677-8899-aabbccddeeff',
  },
  nvarchar: {
    type: TYPE.nvarchar,
    bytes: Buffer.from('a\n"b"ü😀', 'utf16le'),
    json: JSON.stringify('a\n"b"ü😀'),
    python: 'a\n"b"ü😀',
  },
  varbinary: { type: TYPE.varbinary, bytes: hex('00ff0a'), json: '"AP8K"', python: String.raw`b'\x00\xff\n'` },
};

const many = function* (count: number): Generator<readonly Buffer[]> {
  const line = Buffer.from('x'.repeat(200), 'utf16le');
  for (let number = 0; number < count; number += 1) yield [uint(BigInt(number), 4), line];
};

const oneRow = (type: ColumnType, bytes: Buffer | null): Answer => ({ kind: 'rows', columns: [{ name: 'v', type }], rows: [[bytes]] });

const ABOUT = 'SQL Server 16.0.1; database master, user ops.';

/** A statement of the tests is a word and what it is about: `row decimal`, `error 208`. */
const answerTo = ({ text }: Statement): Answer => {
  if (text.includes('SERVERPROPERTY')) return oneRow(TYPE.nvarchar, Buffer.from(ABOUT, 'utf16le'));
  const [, word, about = ''] = /(row|null|changed|many|error|begin|ROLLBACK|hangs|late|cut)(?: (\w+))?/.exec(text) ?? [];
  const value = ROWS[about];
  if (word === 'row' && value !== undefined) return oneRow(value.type, value.bytes);
  if (word === 'null' && value !== undefined) return oneRow(value.type, null);
  if (word === 'changed') return { kind: 'changed', count: Number(about) };
  if (word === 'error') return { kind: 'failed', errors: [{ number: Number(about), message: `the server says ${about}` }] };
  if (word === 'begin') return { kind: 'begun' };
  if (word === 'ROLLBACK') return { kind: 'ended' };
  if (word === 'hangs' || word === 'late' || word === 'cut') return { kind: word };
  if (word !== 'many') throw new Error(`The double has no answer to ${text}`);
  const columns = [
    { name: 'n', type: TYPE.int },
    { name: 'line', type: TYPE.nvarchar },
  ];
  return { kind: 'rows', columns, rows: many(Number(about)) };
};

export const startDouble = (options: Partial<TdsOptions> = {}): Promise<TdsServer> =>
  startTdsServer({ user: USER, password: PASSWORD, databases: ['master'], answer: answerTo, ...options });
