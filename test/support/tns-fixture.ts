import type { TnsOptions } from './tns-conversation.ts';
import { startTnsServer } from './tns-server.ts';
import type { TnsServer } from './tns-server.ts';
import type { Answer, Statement } from './tns-session.ts';
import { double, float, moment, number, TYPE, zoned } from './tns-values.ts';
import type { ColumnType } from './tns-values.ts';

export const USER = 'OPS';
export const PASSWORD = 'Pa$$w0rd "ä';

interface Value {
  type: ColumnType;
  bytes: Buffer;
  /** As our output shows it. */
  json: string;
  /** As str() of Python shows what python-oracledb reads, with numbers as Decimal; undefined: it reads no such value. */
  python: string | undefined;
}

const decimal = (text: string, type: ColumnType = TYPE.decimal): Value => ({
  type,
  bytes: number(text),
  json: JSON.stringify(text),
  python: text,
});
const LONG_TEXT = 'ü😀\n'.repeat(20_000);

/** One value of each type, as a server sends it. */
export const ROWS: Readonly<Record<string, Value>> = {
  whole: { type: TYPE.whole, bytes: number('-42'), json: '-42', python: '-42' },
  largest: decimal('12345678901234567890123456789012345678', TYPE.whole),
  safe: { type: TYPE.whole, bytes: number('9007199254740991'), json: '9007199254740991', python: '9007199254740991' },
  zero: { type: TYPE.whole, bytes: number('0'), json: '0', python: '0' },
  decimal: decimal('-1234567890123456789012345678.9012345678'),
  half: decimal('0.5'),
  small: decimal('-0.0123'),
  free: decimal('100.25', TYPE.number),
  counted: decimal('7', TYPE.number),
  double: { type: TYPE.double, bytes: double(-0.1), json: '-0.1', python: '-0.1' },
  infinite: { type: TYPE.double, bytes: double(Infinity), json: '"Infinity"', python: 'inf' },
  float: { type: TYPE.float, bytes: float(1.5), json: '1.5', python: '1.5' },
  date: { type: TYPE.date, bytes: moment('2024-02-29 12:34:56'), json: '"2024-02-29 12:34:56"', python: '2024-02-29 12:34:56' },
  /** An hour that many zones leave out. */
  springtime: { type: TYPE.date, bytes: moment('2024-03-31 02:30:00'), json: '"2024-03-31 02:30:00"', python: '2024-03-31 02:30:00' },
  early: { type: TYPE.date, bytes: moment('0044-03-15 00:00:00'), json: '"0044-03-15 00:00:00"', python: '0044-03-15 00:00:00' },
  timestamp: {
    type: TYPE.timestamp,
    bytes: moment('2024-02-29 12:34:56.123456'),
    json: '"2024-02-29 12:34:56.123456"',
    python: '2024-02-29 12:34:56.123456',
  },
  nanoseconds: {
    type: TYPE.timestamp9,
    bytes: moment('2024-02-29 23:59:59.999999999'),
    json: '"2024-02-29 23:59:59.999999999"',
    python: '2024-02-29 23:59:59.999999',
  },
  even: { type: TYPE.timestamp, bytes: moment('2024-02-29 12:34:56'), json: '"2024-02-29 12:34:56.000000"', python: '2024-02-29 12:34:56' },
  seconds: { type: TYPE.timestamp0, bytes: moment('2024-02-29 12:34:56'), json: '"2024-02-29 12:34:56"', python: '2024-02-29 12:34:56' },
  zoned: {
    type: TYPE.timestamptz,
    bytes: zoned('2024-02-29 23:30:00.123456', { minutes: 330 }),
    json: '"2024-03-01 05:00:00.123456 +05:30"',
    // It knows no zones, and gives the time in the zone of the value.
    python: '2024-03-01 05:00:00.123456',
  },
  west: {
    type: TYPE.timestamptz,
    bytes: zoned('2024-03-01 00:30:00', { minutes: -210 }),
    json: '"2024-02-29 21:00:00.000000 -03:30"',
    python: '2024-02-29 21:00:00',
  },
  /** The number of a region such as Europe/Berlin says nothing without Oracle's own list. */
  region: {
    type: TYPE.timestamptz,
    bytes: zoned('2024-02-29 23:30:00.5', { region: 297 }),
    json: '"2024-02-29 23:30:00.500000 +00:00"',
    python: undefined,
  },
  local: {
    type: TYPE.timestampltz,
    bytes: moment('2024-02-29 12:34:56.5'),
    json: '"2024-02-29 12:34:56.500000 +00:00"',
    python: '2024-02-29 12:34:56.500000',
  },
  varchar: { type: TYPE.varchar, bytes: Buffer.from('a\n"b"ü😀'), json: JSON.stringify('a\n"b"ü😀'), python: 'a\n"b"ü😀' },
  char: { type: TYPE.char, bytes: Buffer.from('a         '), json: '"a         "', python: 'a         ' },
  raw: { type: TYPE.raw, bytes: Buffer.from('00ff0a', 'hex'), json: '"AP8K"', python: String.raw`b'\x00\xff\n'` },
  clob: { type: TYPE.clob, bytes: Buffer.from(LONG_TEXT), json: JSON.stringify(LONG_TEXT), python: LONG_TEXT },
  blob: { type: TYPE.blob, bytes: Buffer.from('00ff0a', 'hex'), json: '"AP8K"', python: String.raw`b'\x00\xff\n'` },
};

const many = function* (count: number): Generator<readonly Buffer[]> {
  const line = Buffer.from('x'.repeat(200));
  for (let index = 0; index < count; index += 1) yield [number(String(index)), line];
};

const oneRow = (type: ColumnType, bytes: Buffer | null): Answer => ({ kind: 'rows', columns: [{ name: 'V', type }], rows: [[bytes]] });

const ABOUT = 'database SALES, user OPS';

const MESSAGES: Readonly<Record<number, string>> = {
  1: 'unique constraint (OPS.THINGS_PK) violated',
  60: 'deadlock detected while waiting for resource',
  900: 'invalid SQL statement',
  942: 'table or view does not exist',
  6550: "line 1, column 7:\nPLS-00201: identifier 'ABSENT' must be declared",
  12899: 'value too large for column "OPS"."THINGS"."V" (actual: 12, maximum: 10)',
};

const manyRows = (count: number) => ({
  columns: [
    { name: 'N', type: TYPE.whole },
    { name: 'LINE', type: TYPE.varchar },
  ],
  rows: many(count),
});

const twins: Answer = {
  kind: 'rows',
  columns: ['V', 'V', 'W', 'V'].map((name) => ({ name, type: TYPE.varchar })),
  rows: [
    ['a', 'b', 'c', 'd'],
    ['a', 'e', 'c', 'd'],
  ].map((values) => values.map((value) => Buffer.from(value))),
};

/** A statement of the tests is a word and what it is about: `row decimal`, `error 942`. */
export const answerTo = ({ text }: Statement): Answer => {
  if (text.startsWith('ALTER SESSION')) return { kind: 'done' };
  if (text.includes('SYS_CONTEXT')) return oneRow(TYPE.varchar, Buffer.from(ABOUT));
  const [, word, about = ''] =
    /\b(row|null|nothing|twins|changed|many|lost|called|gives|invalid|error|hangs|deaf|cut)\b(?:[ (](\w+))?/.exec(text) ?? [];
  const value = ROWS[about];
  if (word === 'row' && value !== undefined) return oneRow(value.type, value.bytes);
  if (word === 'null' && value !== undefined) return oneRow(value.type, null);
  if (word === 'nothing') return oneRow(TYPE.nothing, null);
  if (word === 'twins') return twins;
  if (word === 'changed') return { kind: 'changed', count: Number(about) };
  if (word === 'called') return { kind: 'done' };
  if (word === 'invalid') return { kind: 'done', isInvalid: true };
  if (word === 'gives') return { kind: 'sets', sets: [manyRows(Number(about)), manyRows(1)] };
  if (word === 'many') return { kind: 'rows', ...manyRows(Number(about)) };
  if (word === 'lost') return { kind: 'rows', ...manyRows(1_000), cutAfter: Number(about) };
  if (word === 'error') return { kind: 'failed', error: Number(about), message: MESSAGES[Number(about)] ?? 'something' };
  if (word === 'hangs' || word === 'deaf' || word === 'cut') return { kind: word };
  throw new Error(`The double has no answer to ${text}`);
};

export const startOracle = (options: Partial<TnsOptions> = {}): Promise<TnsServer> =>
  startTnsServer({ release: '23ai', user: USER, password: PASSWORD, service: 'sales', sid: 'OLD', answer: answerTo, ...options });
