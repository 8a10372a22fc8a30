import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import snmp from 'net-snmp';
import type { AuthProtocols } from 'net-snmp';

const { Authentication, Encryption, PrivProtocols } = snmp;

const BLOCK = 8;

type Signing = Exclude<AuthProtocols, AuthProtocols.none>;

interface Engine {
  engineID: Buffer;
}

/** OpenSSL 3 has no single DES, which old devices speak; triple DES with three times the same key is the same function. */
const ALGORITHM = 'des-ede3-cbc';

const keysOf = (password: string, authProtocol: Signing, { engineID }: Engine) => {
  const localized: Buffer = Authentication.passwordToKey(authProtocol, password, engineID);
  const key = localized.subarray(0, BLOCK);
  return { key: Buffer.concat([key, key, key]), preIv: localized.subarray(BLOCK, 2 * BLOCK) };
};

const ivOf = (preIv: Buffer, salt: Buffer): Buffer => Buffer.from(preIv.map((byte, at) => byte ^ (salt[at] ?? 0)));

const encryptPdu = (pdu: Buffer, _: number, password: string, authProtocol: Signing, engine: Engine) => {
  const { key, preIv } = keysOf(password, authProtocol, engine);
  const salt = randomBytes(BLOCK);
  const cipher = createCipheriv(ALGORITHM, key, ivOf(preIv, salt)).setAutoPadding(false);
  const padded = Buffer.concat([pdu, Buffer.alloc((BLOCK - (pdu.length % BLOCK)) % BLOCK)]);
  return { encryptedPdu: Buffer.concat([cipher.update(padded), cipher.final()]), msgPrivacyParameters: salt };
};

const decryptPdu = (pdu: Buffer, _: number, salt: Buffer, password: string, authProtocol: Signing, engine: Engine): Buffer => {
  const { key, preIv } = keysOf(password, authProtocol, engine);
  const decipher = createDecipheriv(ALGORITHM, key, ivOf(preIv, salt)).setAutoPadding(false);
  return Buffer.concat([decipher.update(pdu), decipher.final()]);
};

/** Gives net-snmp a DES (RFC 3414, part 8) that works with OpenSSL 3: its own asks for a cipher that is not there. */
export const installDes = (): void => {
  Object.assign(Encryption.algorithms[PrivProtocols.des], { encryptPdu, decryptPdu });
};
