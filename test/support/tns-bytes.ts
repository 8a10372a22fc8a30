/** The parts of the bytes of TTC, the protocol within Oracle's TNS: whole numbers with their length before them, bytes in chunks. */

const [LARGEST_SHORT, LONG, NULL_LENGTH] = [252, 254, 255];
const CHUNK = 32_767;

export const u8 = (...values: number[]): Buffer => Buffer.from(values);

export const u16 = (value: number): Buffer => u8((value >> 8) & 255, value & 255);

/** A whole number of 0 to 8 bytes, its length first. */
export const ub = (value: number): Buffer => {
  if (value === 0) return u8(0);
  const hex = value.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([u8(digits.length), digits]);
};

/** Bytes with their length; none are NULL. */
export const withLength = (bytes: Buffer): Buffer => {
  if (bytes.length <= LARGEST_SHORT) return Buffer.concat([u8(bytes.length), bytes]);
  const parts = [u8(LONG)];
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const part = bytes.subarray(start, start + CHUNK);
    parts.push(ub(part.length), part);
  }
  return Buffer.concat([...parts, u8(0)]);
};

/** A text with its length, and that again when there is any. */
export const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return bytes.length === 0 ? ub(0) : Buffer.concat([ub(bytes.length), withLength(bytes)]);
};

/** A request is longer than what has come of it. */
export class MoreNeeded extends Error {}

/** Reads a request; @throws MoreNeeded at the end of the bytes. */
export const cursorOf = (body: Buffer) => {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > body.length) throw new MoreNeeded();
    return body.subarray(at, (at += length));
  };
  const number = (): number => {
    const length = take(1).readUInt8();
    return length === 0 ? 0 : Number(BigInt(`0x${take(length).toString('hex')}`));
  };
  const chunks = (): Buffer => {
    const parts: Buffer[] = [];
    for (let length = number(); length > 0; length = number()) parts.push(take(length));
    return Buffer.concat(parts);
  };
  /** null: NULL. */
  const bytes = (): Buffer | null => {
    const length = take(1).readUInt8();
    if (length === 0 || length === NULL_LENGTH) return null;
    return length === LONG ? chunks() : take(length);
  };
  return {
    take,
    bytes,
    u8: (): number => take(1).readUInt8(),
    u16: (): number => take(2).readUInt16BE(),
    ub: number,
    /** Some whole numbers in a row, which say nothing to us. */
    skip: (kinds: string): void => {
      for (const kind of kinds)
        if (kind === '1') take(1);
        else number();
    },
    text: (): string => (number() === 0 ? '' : (bytes()?.toString() ?? '')),
    /** Up to and with the byte 0. */
    terminated: (): string => {
      let found = '';
      for (let byte = take(1).readUInt8(); byte !== 0; byte = take(1).readUInt8()) found += String.fromCodePoint(byte);
      return found;
    },
  };
};
export type Cursor = ReturnType<typeof cursorOf>;
