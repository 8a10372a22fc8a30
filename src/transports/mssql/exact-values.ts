import { createRequire } from 'node:module';
import { integerValue } from '../sql/json-value.ts';

interface Column {
  type: { name: string };
  scale?: number;
}

interface Read {
  value: unknown;
  offset: number;
}

interface ValueParser {
  readValue: (buffer: Buffer, offset: number, column: Column, options: unknown) => Read;
}

interface Helpers {
  /** The driver waits for more bytes when it catches this, and reads the value again. */
  NotEnoughDataError: new (byteCount: number) => Error;
}

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2000, 0, 1) - 730_119 * DAY_MS;
const DAY_OF_1900 = 693_595;

/** A whole number with its decimal point: 12345 with scale 2 is 123.45. */
const withPoint = (units: bigint, scale: number): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const sign = units < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};

const unsigned = (bytes: Buffer): bigint => [...bytes].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

const decimalText = (bytes: Buffer, scale: number): string => {
  const units = unsigned(bytes.subarray(1));
  return withPoint(bytes[0] === 0 ? -units : units, scale);
};

const moneyText = (bytes: Buffer): string =>
  withPoint(bytes.length === 4 ? BigInt(bytes.readInt32LE()) : (BigInt(bytes.readInt32LE()) << 32n) | BigInt(bytes.readUInt32LE(4)), 4);

const dateText = (day: number): string => new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);

const two = (value: bigint): string => value.toString().padStart(2, '0');

/** @param units since midnight, of 10^-scale seconds */
const timeText = (units: bigint, scale: number): string => {
  const second = 10n ** BigInt(scale);
  const seconds = units / second;
  const fraction = scale === 0 ? '' : `.${(units % second).toString().padStart(scale, '0')}`;
  return `${two(seconds / 3_600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${fraction}`;
};

const momentText = (bytes: Buffer, scale: number): string =>
  `${dateText(bytes.readUIntLE(bytes.length - 3, 3))} ${timeText(unsigned(bytes.subarray(0, -3)), scale)}`;

/** The server sends the moment in UTC, and the minutes by which its clock is ahead. */
const offsetText = (bytes: Buffer, scale: number): string => {
  const ahead = bytes.readInt16LE(bytes.length - 2);
  const second = 10n ** BigInt(scale);
  const day = 86_400n * second;
  const local = unsigned(bytes.subarray(0, -5)) + BigInt(ahead) * 60n * second;
  const moved = local < 0n ? -1 : local >= day ? 1 : 0;
  const minutes = BigInt(Math.abs(ahead));
  const date = dateText(bytes.readUIntLE(bytes.length - 5, 3) + moved);
  return `${date} ${timeText(local - BigInt(moved) * day, scale)} ${ahead < 0 ? '-' : '+'}${two(minutes / 60n)}:${two(minutes % 60n)}`;
};

const oldMomentText = (bytes: Buffer): string => {
  if (bytes.length === 4) return `${dateText(DAY_OF_1900 + bytes.readUInt16LE())} ${timeText(BigInt(bytes.readUInt16LE(2)) * 60n, 0)}`;
  const milliseconds = Math.round((bytes.readUInt32LE(4) * 10) / 3);
  return `${dateText(DAY_OF_1900 + bytes.readInt32LE())} ${timeText(BigInt(milliseconds), 3)}`;
};

const wholeNumber = (bytes: Buffer): unknown => {
  if (bytes.length === 8) return integerValue(bytes.readBigInt64LE().toString());
  return bytes.length === 1 ? bytes.readUInt8() : bytes.readIntLE(0, bytes.length);
};

type Decode = (bytes: Buffer, scale: number) => unknown;

/** Types whose value stands behind one byte of length; 0 is NULL. */
const WITH_LENGTH: Readonly<Record<string, Decode>> = {
  IntN: wholeNumber,
  DecimalN: decimalText,
  NumericN: decimalText,
  MoneyN: moneyText,
  Date: (bytes) => dateText(bytes.readUIntLE(0, 3)),
  Time: (bytes, scale) => timeText(unsigned(bytes), scale),
  DateTime2: momentText,
  DateTimeOffset: offsetText,
  DateTimeN: oldMomentText,
};

const FIXED: Readonly<Record<string, readonly [number, Decode]>> = {
  BigInt: [8, wholeNumber],
  Money: [8, moneyText],
  SmallMoney: [4, moneyText],
  DateTime: [8, oldMomentText],
  SmallDateTime: [4, oldMomentText],
};

/** The types of MS-TDS 2.2.5.5.3 that a sql_variant may hold and that are decoded here, with the place of the scale in their properties. */
const IN_VARIANT: Readonly<Record<number, readonly [Decode, number]>> = {
  0x7f: [wholeNumber, -1],
  0x3c: [moneyText, -1],
  0x7a: [moneyText, -1],
  0x3d: [oldMomentText, -1],
  0x3a: [oldMomentText, -1],
  0x28: [(bytes) => dateText(bytes.readUIntLE(0, 3)), -1],
  0x29: [(bytes, scale) => timeText(unsigned(bytes), scale), 0],
  0x2a: [momentText, 0],
  0x2b: [offsetText, 0],
  0x6a: [decimalText, 1],
  0x6c: [decimalText, 1],
};

const load = createRequire(import.meta.url);

/**
 * Has the driver read numbers and moments exactly: it would make doubles of decimals, and drop the offset and the last digits of moments. It offers
 * no option for that, so the function that reads a value is replaced, once for the process.
 */
export const readExactValues = (): void => {
  const parser = load('tedious/lib/value-parser.js') as ValueParser;
  const { NotEnoughDataError } = load('tedious/lib/token/helpers.js') as Helpers;
  const original = parser.readValue;
  const take = (buffer: Buffer, offset: number, length: number): Buffer => {
    if (buffer.length < offset + length) throw new NotEnoughDataError(offset + length);
    return buffer.subarray(offset, offset + length);
  };
  const variant = (buffer: Buffer, offset: number): Read | undefined => {
    const length = take(buffer, offset, 4).readUInt32LE();
    if (length === 0) return undefined;
    const bytes = take(buffer, offset + 4, length);
    const [decode, place] = IN_VARIANT[bytes.readUInt8()] ?? [];
    const properties = bytes.readUInt8(1);
    if (decode === undefined || place === undefined) return undefined;
    const scale = place < 0 ? 0 : bytes.readUInt8(2 + place);
    return { value: decode(bytes.subarray(2 + properties), scale), offset: offset + 4 + length };
  };
  const exact = (buffer: Buffer, offset: number, { type: { name }, scale = 0 }: Column): Read | undefined => {
    if (name === 'Variant') return variant(buffer, offset);
    const [size, decodeFixed] = FIXED[name] ?? [];
    if (size !== undefined && decodeFixed !== undefined)
      return { value: decodeFixed(take(buffer, offset, size), scale), offset: offset + size };
    const decode = WITH_LENGTH[name];
    if (decode === undefined) return undefined;
    const length = take(buffer, offset, 1).readUInt8();
    const bytes = take(buffer, offset + 1, length);
    return { value: length === 0 ? null : decode(bytes, scale), offset: offset + 1 + length };
  };
  parser.readValue = (buffer, offset, column, options) => exact(buffer, offset, column) ?? original(buffer, offset, column, options);
};
