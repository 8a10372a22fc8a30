import { u8, u16, withLength } from './tns-bytes.ts';
import type { Cursor } from './tns-bytes.ts';
import { CONNECT, DATA, REFUSE } from './tns-packets.ts';
import type { Packet, Wire } from './tns-packets.ts';

/** What the server of a release tells in its ACCEPT and its capabilities, as the clients' sources name them. */
export const RELEASES = {
  /** Protocol negotiation, data types and login one after the other. */
  '19c': { tns: 318, acceptFlags: 0, fieldVersion: 12, version: (19 << 24) | (3 << 16), hasEnds: false, largestText: 4_000 },
  /** All three at once, and answers that say where they end. */
  '23ai': { tns: 319, acceptFlags: 0x12_00_00_00, fieldVersion: 24, version: (23 << 24) | (4 << 16), hasEnds: true, largestText: 32_767 },
} as const;
export type Release = (typeof RELEASES)[keyof typeof RELEASES];

const [PROTOCOL, DATA_TYPES, FAST_AUTH] = [1, 2, 34];
const [UTF8, UTF16] = [873, 2000];
const [NO_NA, SDU, TDU] = [0x0c, 8_192, 2_097_152];
const [CAP_FIELD_VERSION, CAP_TTC4, END_OF_REQUEST] = [7, 40, 0x20];
const [RCAP_TZ, TZ_EX, RCAP_TTC, TTC_32K] = [1, 1, 6, 4];

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Connect data: in the CONNECT packet, or in the DATA packet behind it when they are long. */
export const readConnect = async ({ next }: Wire): Promise<string | undefined> => {
  const packet = await next();
  if (packet?.type !== CONNECT) return undefined;
  const [length, offset] = [packet.body.readUInt16BE(16), packet.body.readUInt16BE(18) - 8];
  if (packet.body.length >= offset + length) return packet.body.subarray(offset, offset + length).toString();
  const data: Packet | undefined = await next();
  return data?.type === DATA ? data.body.toString() : undefined;
};

export const refuse = (wire: Wire, error: number): void => {
  const says = Buffer.from(`(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=${error})(ERROR_STACK=(ERROR=(CODE=${error})(EMFI=4))))`);
  wire.send(REFUSE, Buffer.concat([u8(34, 0), u16(says.length), says]));
  wire.end();
};

export const accept = (wire: Wire, { tns, acceptFlags }: Release): void =>
  wire.accept(
    Buffer.concat([
      ...[tns, 1, SDU, 65_535, 1, 0, 45].map(u16),
      u8(NO_NA, NO_NA),
      Buffer.alloc(8),
      u32(SDU),
      u32(TDU),
      u8(0),
      u32(acceptFlags),
    ]),
  );

export const readProtocol = (cursor: Cursor): boolean => {
  cursor.take(1);
  while (cursor.u8() !== 0);
  cursor.terminated();
  return true;
};

/** @returns whether the client wants to know the time zone of the database. */
export const readDataTypes = (cursor: Cursor): boolean => {
  cursor.take(6);
  cursor.bytes();
  const wantsZone = cursor.bytes()?.[RCAP_TZ] === TZ_EX;
  if (wantsZone) cursor.take(11);
  while (cursor.u16() !== 0) if (cursor.u16() !== 0) cursor.take(4);
  return wantsZone;
};

export const protocolAnswer = ({ fieldVersion, hasEnds, largestText }: Release): Buffer => {
  const compile = Buffer.alloc(53);
  compile[CAP_FIELD_VERSION] = fieldVersion;
  if (hasEnds) compile[CAP_TTC4] = END_OF_REQUEST;
  const runtime = Buffer.alloc(11);
  if (largestText > 4_000) runtime[RCAP_TTC] = TTC_32K;
  // Of the releases here, the newer one tells its time zone.
  if (hasEnds) runtime[RCAP_TZ] = TZ_EX;
  const charsets = Buffer.alloc(11);
  charsets.writeUInt16BE(UTF16, 9);
  return Buffer.concat([
    u8(PROTOCOL, 6, 0),
    Buffer.from('x86_64/Linux 2.4.xx\0'),
    u8(UTF8 & 255, UTF8 >> 8, 1, 0, 0),
    u16(charsets.length),
    charsets,
    withLength(compile),
    withLength(runtime),
  ]);
};

/** Types as the client proposed them; the zone of the database is UTC. */
export const dataTypesAnswer = (tellsZone: boolean): Buffer =>
  Buffer.concat([
    u8(DATA_TYPES),
    tellsZone ? u8(0x80, 0, 0, 0, 60, 60, 60, 0x80, 0, 0, 0) : u8(),
    ...[1, 1, 1, 0, 2, 2, 10, 0, 12, 12, 10, 0, 7, 0, 0].map(u16),
  ]);

/** What stands before the login in a message with all that a client has to say before it knows the server. @returns as `readDataTypes`. */
export const readFastAuth = (cursor: Cursor): boolean => {
  if (cursor.u8() !== FAST_AUTH) throw new Error('The double expected the three parts of a login at once.');
  cursor.take(3);
  readProtocol(cursor);
  cursor.take(6);
  return readDataTypes(cursor);
};
