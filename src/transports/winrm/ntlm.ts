import { createHash, createHmac } from 'node:crypto';
import { md4 } from './md4.ts';
import { createRc4 } from './rc4.ts';

/** Whose login it is. */
export interface NtlmLogin {
  domain: string;
  user: string;
  password: string;
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
const FLAGS = {
  unicode: 0x1,
  requestTarget: 0x4,
  sign: 0x10,
  seal: 0x20,
  ntlm: 0x200,
  alwaysSign: 0x8000,
  extendedSecurity: 0x80000,
  targetInfo: 0x800000,
  version: 0x2000000,
  bits128: 0x20000000,
  keyExchange: 0x40000000,
  bits56: 0x80000000,
} as const;
const WANTED = Object.values(FLAGS).reduce((all, flag) => (all | flag) >>> 0, 0);
/** Without these a message could not be encrypted. */
const NEEDED = (FLAGS.unicode | FLAGS.seal | FLAGS.extendedSecurity | FLAGS.bits128 | FLAGS.keyExchange) >>> 0;
/** Windows 10's, of which only the last byte (revision 15) means something. */
const VERSION = Buffer.from([10, 0, 0, 0, 0, 0, 0, 15]);
const AV = { end: 0, flags: 6, timestamp: 7, targetName: 9, channelBindings: 10 } as const;
const AV_HAS_MIC = 2;
const HEADER_BYTES = 88;
const MIC_AT = 72;

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const hmac = (key: Buffer, ...parts: Buffer[]): Buffer => {
  const mac = createHmac('md5', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** `DOMAIN\user`, `user` (of the target itself), `user@domain.name`, which stays whole. */
export const splitLogin = (username: string, password: string): NtlmLogin => {
  const at = username.indexOf('\\');
  return at < 0 ? { domain: '', user: username, password } : { domain: username.slice(0, at), user: username.slice(at + 1), password };
};

/** First message: what we can. */
export const negotiateMessage = (): Buffer => {
  const message = Buffer.alloc(40);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(WANTED, 12);
  VERSION.copy(message, 32);
  return message;
};

interface Challenge {
  flags: number;
  serverChallenge: Buffer;
  pairs: Map<number, Buffer>;
}

const readPairs = (info: Buffer): Map<number, Buffer> => {
  const pairs = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= info.length;) {
    const id = info.readUInt16LE(at);
    const length = info.readUInt16LE(at + 2);
    if (id === AV.end) break;
    pairs.set(id, info.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return pairs;
};

const writePairs = (pairs: Map<number, Buffer>): Buffer => {
  const parts = [...pairs, [AV.end, Buffer.alloc(0)] as const].map(([id, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(id, 0);
    head.writeUInt16LE(value.length, 2);
    return Buffer.concat([head, value]);
  });
  return Buffer.concat(parts);
};

const readChallenge = (message: Buffer): Challenge => {
  if (message.length < 48 || !message.subarray(0, 8).equals(SIGNATURE) || message.readUInt32LE(8) !== 2)
    throw new Error('the answer to the first NTLM message is no challenge');
  const flags = message.readUInt32LE(20);
  if ((flags & NEEDED) >>> 0 !== NEEDED)
    throw new Error('the server does not offer NTLMv2 with 128-bit keys, session security and key exchange');
  const length = message.readUInt16LE(40);
  const at = message.readUInt32LE(44);
  return { flags, serverChallenge: message.subarray(24, 32), pairs: readPairs(message.subarray(at, at + length)) };
};

/** Key that the password gives: NTOWFv2 of [MS-NLMP] 3.3.2. */
export const responseKey = ({ user, domain, password }: NtlmLogin): Buffer =>
  hmac(md4(utf16(password)), utf16(user.toUpperCase() + domain));

/** NTLMv2 response and session key, of [MS-NLMP] 3.3.2. */
export const ntlmV2Response = (key: Buffer, serverChallenge: Buffer, clientChallenge: Buffer, time: Buffer, info: Buffer) => {
  const head = Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]);
  const blob = Buffer.concat([head, time, clientChallenge, Buffer.alloc(4), info, Buffer.alloc(4)]);
  const proof = hmac(key, serverChallenge, blob);
  return { response: Buffer.concat([proof, blob]), sessionBaseKey: hmac(key, proof) };
};

/** Ties a login to the TLS connection that it goes through: MD5 of gss_channel_bindings_struct (RFC 5929, tls-server-end-point). */
export const channelBindings = (certificateHash: Buffer): Buffer => {
  const data = Buffer.concat([Buffer.from('tls-server-end-point:'), certificateHash]);
  const head = Buffer.alloc(20);
  head.writeUInt32LE(data.length, 16);
  return createHash('md5').update(head).update(data).digest();
};

/** 100 ns since 1601. */
const fileTime = (ms: number): Buffer => {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE((BigInt(ms) + 11_644_473_600_000n) * 10_000n);
  return time;
};

const withFields = (flags: number, payloads: readonly Buffer[]): Buffer => {
  const message = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...payloads]);
  SIGNATURE.copy(message);
  message.writeUInt32LE(3, 8);
  let at = HEADER_BYTES;
  for (const [index, payload] of payloads.entries()) {
    message.writeUInt16LE(payload.length, 12 + index * 8);
    message.writeUInt16LE(payload.length, 14 + index * 8);
    message.writeUInt32LE(at, 16 + index * 8);
    at += payload.length;
  }
  message.writeUInt32LE(flags, 60);
  VERSION.copy(message, 64);
  return message;
};

interface AuthenticateInput {
  login: NtlmLogin;
  negotiate: Buffer;
  challenge: Buffer;
  /** Service that is logged in to, `HTTP/<host>`. */
  service: string;
  channelBindings: Buffer | undefined;
  /** 8 and 16 random bytes. */
  clientChallenge: Buffer;
  sessionKey: Buffer;
  nowMs: number;
}

/** Third message: proves that we know the password, and sends `sessionKey` encrypted by it. @throws Error when the challenge cannot be used. */
export const authenticateMessage = (input: AuthenticateInput): Buffer => {
  const { login, clientChallenge, sessionKey } = input;
  const { flags, serverChallenge, pairs } = readChallenge(input.challenge);
  const stamp = pairs.get(AV.timestamp);
  const micFlag = Buffer.alloc(4);
  micFlag.writeUInt32LE(AV_HAS_MIC);
  const sent = new Map([
    ...pairs,
    ...(stamp === undefined ? [] : [[AV.flags, micFlag] as const]),
    [AV.targetName, utf16(input.service)],
    [AV.channelBindings, input.channelBindings ?? Buffer.alloc(16)],
  ]);
  const key = responseKey(login);
  const { response, sessionBaseKey } = ntlmV2Response(
    key,
    serverChallenge,
    clientChallenge,
    stamp ?? fileTime(input.nowMs),
    writePairs(sent),
  );
  const lmResponse = stamp === undefined ? Buffer.concat([hmac(key, serverChallenge, clientChallenge), clientChallenge]) : Buffer.alloc(24);
  const encryptedKey = createRc4(sessionBaseKey)(sessionKey);
  const message = withFields((flags & WANTED) >>> 0, [
    lmResponse,
    response,
    utf16(login.domain),
    utf16(login.user),
    Buffer.alloc(0),
    encryptedKey,
  ]);
  if (stamp !== undefined) hmac(sessionKey, input.negotiate, input.challenge, message).copy(message, MIC_AT);
  return message;
};
