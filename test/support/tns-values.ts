/** Codes of Oracle's types, as TTC has them. */
export const [VARCHAR, NUMBER, LONG, DATE, RAW, LONG_RAW, CHAR] = [1, 2, 8, 12, 23, 24, 96];
export const [BINARY_FLOAT, BINARY_DOUBLE, CLOB, BLOB, TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LTZ] = [100, 101, 112, 113, 180, 181, 231];

export interface ColumnType {
  code: number;
  /** Bytes of the largest value; 0: every value is NULL. */
  size: number;
  precision?: number;
  scale?: number;
}

const text = (size: number): ColumnType => ({ code: VARCHAR, size });

export const TYPE = {
  varchar: text(4_000),
  nothing: text(0),
  char: { code: CHAR, size: 10 },
  /** NUMBER without precision. */
  number: { code: NUMBER, size: 22, precision: 0, scale: -127 },
  whole: { code: NUMBER, size: 22, precision: 38, scale: 0 },
  decimal: { code: NUMBER, size: 22, precision: 38, scale: 10 },
  date: { code: DATE, size: 7 },
  timestamp: { code: TIMESTAMP, size: 11, scale: 6 },
  timestamp9: { code: TIMESTAMP, size: 11, scale: 9 },
  timestamp0: { code: TIMESTAMP, size: 11, scale: 0 },
  timestamptz: { code: TIMESTAMP_TZ, size: 13, scale: 6 },
  timestampltz: { code: TIMESTAMP_LTZ, size: 11, scale: 6 },
  raw: { code: RAW, size: 100 },
  double: { code: BINARY_DOUBLE, size: 8 },
  float: { code: BINARY_FLOAT, size: 4 },
  clob: { code: CLOB, size: 4_000 },
  blob: { code: BLOB, size: 4_000 },
} satisfies Record<string, ColumnType>;

/** A decimal number as Oracle stores it: an exponent, then digits to base 100; those of a negative one are turned around. */
export const number = (decimal: string): Buffer => {
  const isNegative = decimal.startsWith('-');
  const [whole = '', fraction = ''] = decimal.replace('-', '').split('.');
  const left = whole.replace(/^0+/, '');
  const digits = `${left.length % 2 === 0 ? '' : '0'}${left}${fraction}${fraction.length % 2 === 0 ? '' : '0'}`;
  const pairs = digits.match(/../g)?.map(Number) ?? [];
  const first = pairs.findIndex((pair) => pair !== 0);
  if (first === -1) return Buffer.from([0x80]);
  const significant = pairs.slice(first, pairs.findLastIndex((pair) => pair !== 0) + 1);
  const exponent = Math.ceil(left.length / 2) - first + 192;
  if (!isNegative) return Buffer.from([exponent, ...significant.map((pair) => pair + 1)]);
  return Buffer.from([255 - exponent, ...significant.map((pair) => 101 - pair), ...(significant.length < 20 ? [102] : [])]);
};

/** The number that `number` made of a text. */
export const decimalOf = (bytes: Buffer): string => {
  const [head = 0, ...tail] = bytes;
  const isNegative = head < 0x80;
  const exponent = (isNegative ? 255 - head : head) - 192;
  const pairs = tail.filter((byte) => !isNegative || byte !== 102).map((byte) => (isNegative ? 101 - byte : byte - 1));
  if (pairs.length === 0) return '0';
  const digits = pairs.map((pair) => String(pair).padStart(2, '0')).join('');
  const [whole, fraction] =
    exponent <= 0
      ? ['', '0'.repeat(-exponent * 2) + digits]
      : [digits.slice(0, exponent * 2).padEnd(exponent * 2, '0'), digits.slice(exponent * 2)];
  const tidy = `${whole.replace(/^0+/, '') || '0'}.${fraction}`.replace(/\.?0*$/, '');
  return `${isNegative ? '-' : ''}${tidy}`;
};

/** A moment `2024-02-29 12:34:56.123456789`: without a fraction only its first 7 bytes are sent. */
export const moment = (text: string): Buffer => {
  const [, year = '', ...rest] = /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const [month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = rest.slice(0, 5).map(Number);
  const parts = [Math.floor(Number(year) / 100) + 100, (Number(year) % 100) + 100, month, day, hours + 1, minutes + 1, seconds + 1];
  const nanoseconds = Number((rest[5] ?? '').padEnd(9, '0'));
  const fraction = Buffer.alloc(4);
  fraction.writeUInt32BE(nanoseconds);
  return nanoseconds === 0 ? Buffer.from(parts) : Buffer.concat([Buffer.from(parts), fraction]);
};

/** A moment in UTC, and the minutes by which its zone is ahead; or the number of a region such as Europe/Berlin. */
export const zoned = (utc: string, zone: { minutes: number } | { region: number }): Buffer => {
  const bytes = Buffer.alloc(13);
  moment(utc).copy(bytes);
  const place =
    'minutes' in zone
      ? [20 + Math.trunc(zone.minutes / 60), 60 + (zone.minutes % 60)]
      : [0x80 | (zone.region >> 6), (zone.region & 0x3f) << 2];
  bytes.set(place, 11);
  return bytes;
};

/** Numbers of the machine in an order that bytes have too: positive ones get the highest bit, of negative ones every bit is turned around. */
const sortable = (bytes: Buffer): Buffer =>
  (bytes[0] ?? 0) < 0x80 ? Buffer.from([(bytes[0] ?? 0) | 0x80, ...bytes.subarray(1)]) : Buffer.from(bytes.map((byte) => byte ^ 255));

export const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return sortable(bytes);
};

export const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return sortable(bytes);
};
