import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { text, u8, ub } from './tns-bytes.ts';
import type { Cursor } from './tns-bytes.ts';

/** O5LOGON with a verifier of 12c: both sides prove that they know the password, which nobody sends as it is. */
const [VERIFIER_12C, VGEN_COUNT, SDER_COUNT] = [0x48_15, 4_096, 3];
const PARAMETER = 8;

const decrypt = (key: Buffer, bytes: Buffer): Buffer => {
  const cipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
};
const encrypt = (key: Buffer, bytes: Buffer): Buffer => {
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
};
const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();

type Pairs = Record<string, string>;

/** A request of the login: user, and what it says of itself by name. */
export const readAuth = (cursor: Cursor, fieldVersion: number): { user: string; pairs: Pairs } => {
  cursor.skip(fieldVersion >= 18 ? '111n' : '111');
  const hasUser = cursor.u8() === 1;
  cursor.skip('nn1');
  const count = cursor.ub();
  cursor.skip('11');
  const user = hasUser ? (cursor.bytes()?.toString() ?? '') : '';
  const pairs: Pairs = {};
  for (let index = 0; index < count; index += 1) {
    const key = cursor.text();
    pairs[key] = cursor.text();
    cursor.ub();
  }
  return { user, pairs };
};

/** Pairs of name, value and, where it says something, flags. */
const parameters = (pairs: readonly (readonly [string, string, number?])[]): Buffer =>
  Buffer.concat([u8(PARAMETER), ub(pairs.length), ...pairs.flatMap(([key, value, flags = 0]) => [text(key), text(value), ub(flags)])]);

export interface Challenge {
  answer: Buffer;
  /** @returns the password that the client sent, and the server's own proof; undefined: it does not know the password. */
  verify(pairs: Pairs): { password: string; proof: string } | undefined;
}

/** What the server asks of whoever wants to log in with this password. */
export const createChallenge = (password: string): Challenge => {
  const [salt, mixingSalt, serverKey] = [randomBytes(16), randomBytes(16), randomBytes(32)];
  const speedySalt = Buffer.concat([salt, Buffer.from('AUTH_PBKDF2_SPEEDY_KEY')]);
  const passwordKey = pbkdf2Sync(password, speedySalt, VGEN_COUNT, 64, 'sha512');
  const verifier = createHash('sha512').update(passwordKey).update(salt).digest().subarray(0, 32);
  return {
    answer: parameters([
      ['AUTH_SESSKEY', hex(encrypt(verifier, serverKey))],
      ['AUTH_VFR_DATA', hex(salt), VERIFIER_12C],
      ['AUTH_PBKDF2_CSK_SALT', hex(mixingSalt)],
      ['AUTH_PBKDF2_VGEN_COUNT', String(VGEN_COUNT)],
      ['AUTH_PBKDF2_SDER_COUNT', String(SDER_COUNT)],
    ]),
    verify(pairs) {
      const of = (key: string): Buffer => Buffer.from(pairs[key] ?? '', 'hex');
      const clientKey = decrypt(verifier, of('AUTH_SESSKEY'));
      const mixed = Buffer.from(hex(Buffer.concat([clientKey, serverKey])));
      const key = pbkdf2Sync(mixed, mixingSalt, SDER_COUNT, 32, 'sha512');
      const padded = decrypt(key, of('AUTH_PASSWORD')).subarray(16);
      const given = padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString();
      const speedy = decrypt(key, of('AUTH_PBKDF2_SPEEDY_KEY')).subarray(16);
      if (given !== password || !speedy.equals(passwordKey)) return undefined;
      return { password: given, proof: hex(encrypt(key, Buffer.concat([randomBytes(16), Buffer.from('SERVER_TO_CLIENT')]))) };
    },
  };
};

/** What a server tells of itself once the login is right. */
export const welcome = (version: number, service: string, proof: string): Buffer =>
  parameters([
    ['AUTH_VERSION_STRING', '- Production'],
    ['AUTH_VERSION_NO', String(version)],
    ['AUTH_DBNAME', service.toUpperCase()],
    ['AUTH_SC_DBUNIQUE_NAME', service],
    ['AUTH_SC_SERVICE_NAME', service],
    ['AUTH_INSTANCENAME', 'double'],
    ['AUTH_SESSION_ID', '42'],
    ['AUTH_SERIAL_NUM', '4711'],
    ['AUTH_MAX_OPEN_CURSORS', '300'],
    ['AUTH_MAX_IDEN_LENGTH', '128'],
    ['AUTH_SVR_RESPONSE', proof],
  ]);
