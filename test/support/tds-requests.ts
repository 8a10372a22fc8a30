export interface Login {
  user: string;
  password: string;
  database: string;
  application: string;
}

/** A password is sent with its half bytes swapped, then XORed with A5 (MS-TDS 2.2.6.4). */
const unscramble = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => ((byte ^ 0xa5) << 4) | ((byte ^ 0xa5) >> 4)));

/** LOGIN7: places and lengths of the texts stand from byte 36 on. */
export const parseLogin = (body: Buffer): Login => {
  const field = (index: number): Buffer => {
    const place = 36 + index * 4;
    const start = body.readUInt16LE(place);
    return body.subarray(start, start + body.readUInt16LE(place + 2) * 2);
  };
  return {
    user: field(1).toString('utf16le'),
    password: unscramble(field(2)).toString('utf16le'),
    application: field(3).toString('utf16le'),
    database: field(8).toString('utf16le'),
  };
};

export interface Statement {
  text: string;
  /** Values by name, as they were bound. */
  values: Record<string, unknown>;
  isProcedure: boolean;
}

const cursorOf = (body: Buffer) => {
  let at = 0;
  const take = (length: number): Buffer => body.subarray(at, (at += length));
  return {
    get isAtEnd() {
      return at >= body.length;
    },
    take,
    u8: (): number => take(1).readUInt8(),
    u16: (): number => take(2).readUInt16LE(),
    u32: (): number => take(4).readUInt32LE(),
  };
};
type Cursor = ReturnType<typeof cursorOf>;

const MAX = 0xff_ff;

/** A text beyond 8000 bytes comes in chunks, of which the one without bytes is the last. */
const readChunks = (cursor: Cursor): Buffer | null => {
  if (cursor.take(8).readBigUInt64LE() === 0xff_ff_ff_ff_ff_ff_ff_ffn) return null;
  const chunks: Buffer[] = [];
  for (let length = cursor.u32(); length > 0; length = cursor.u32()) chunks.push(cursor.take(length));
  return Buffer.concat(chunks);
};

const readText = (cursor: Cursor): string | null => {
  const largest = cursor.u16();
  cursor.take(5);
  if (largest === MAX) return readChunks(cursor)?.toString('utf16le') ?? null;
  const length = cursor.u16();
  return length === MAX ? null : cursor.take(length).toString('utf16le');
};

const readNumber = (cursor: Cursor, decode: (bytes: Buffer) => unknown): unknown => {
  cursor.u8();
  const length = cursor.u8();
  return length === 0 ? null : decode(cursor.take(length));
};

const wholeNumber = (bytes: Buffer): unknown => (bytes.length === 8 ? bytes.readBigInt64LE() : bytes.readIntLE(0, bytes.length));

const readValue = (cursor: Cursor): unknown => {
  const type = cursor.u8();
  if (type === 0xe7) return readText(cursor);
  if (type === 0x26) return readNumber(cursor, wholeNumber);
  if (type === 0x68) return readNumber(cursor, (bytes) => bytes[0] === 1);
  if (type === 0x6d) return readNumber(cursor, (bytes) => bytes.readDoubleLE());
  throw new Error(`The double knows no parameter of type ${type.toString(16)}.`);
};

const withoutHeaders = (body: Buffer): Buffer => body.subarray(body.readUInt32LE());

export const parseBatch = (body: Buffer): Statement => ({
  text: withoutHeaders(body).toString('utf16le'),
  values: {},
  isProcedure: false,
});

const EXECUTE_SQL = 10;

/** A call of sp_executesql: the statement, the types of its parameters, their values. */
export const parseRpc = (body: Buffer): Statement => {
  const cursor = cursorOf(withoutHeaders(body));
  const length = cursor.u16();
  const name = length === MAX ? cursor.u16() : cursor.take(length * 2).toString('utf16le');
  if (name !== EXECUTE_SQL && name !== 'sp_executesql') throw new Error(`The double knows no procedure ${name}.`);
  cursor.u16();
  const found: [string, unknown][] = [];
  while (!cursor.isAtEnd) {
    const parameter = cursor.take(cursor.u8() * 2).toString('utf16le');
    cursor.u8();
    found.push([parameter, readValue(cursor)]);
  }
  const [[, text] = ['', ''], , ...values] = found;
  return { text: String(text), values: Object.fromEntries(values), isProcedure: true };
};
