import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SealedValue } from '../contracts/sealed-value.ts';
import { OpsError } from '../domain/ops-error.ts';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const Key = z.base64().refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES, `must be ${KEY_BYTES} bytes in base64`);
const KeyRingFile = z.strictObject({ current: z.string().min(1).max(64), keys: z.record(z.string().min(1).max(64), Key), audit: Key });

/** Keys by id, one of them current: it seals, all of them open. The audit key signs audit events. The database holds key ids only. */
export interface KeyRing {
  currentId: string;
  keys: ReadonlyMap<string, Buffer>;
  auditKey: Buffer;
}

/**
 * Reads `{ current, keys: { id: base64 }, audit }`.
 * @throws OpsError VALIDATION; the message never holds key material. There is no default key.
 */
export const parseKeyRing = (text: string): KeyRing => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new OpsError('VALIDATION', 'The key ring (OPSCONDUCTOR_KEYS or keys.json) is not JSON.');
  }
  const parsed = KeyRingFile.safeParse(json);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    throw new OpsError('VALIDATION', `The key ring (OPSCONDUCTOR_KEYS or keys.json) is not usable: ${wrong}`);
  }
  const { current, keys, audit } = parsed.data;
  if (!Object.hasOwn(keys, current)) throw new OpsError('VALIDATION', `The key ring names "${current}" as current, but has no such key.`);
  return {
    currentId: current,
    keys: new Map(Object.entries(keys).map(([id, key]) => [id, Buffer.from(key, 'base64')])),
    auditKey: Buffer.from(audit, 'base64'),
  };
};

/** Which row and column a secret belongs to; a ciphertext copied to another place does not open. */
export interface SealPlace {
  table: string;
  uuid: string;
  column: string;
}

const associatedData = ({ table, uuid, column }: SealPlace): Buffer => Buffer.from(`${table}/${uuid}/${column}`, 'utf8');

export interface SealedBytes {
  keyId: string;
  nonce: Buffer;
  /** GCM tag appended. */
  ciphertext: Buffer;
}

/** Encrypts with the current key and a fresh random nonce. */
export const sealBytes = (ring: KeyRing, plain: string, place: SealPlace): SealedBytes => {
  const key = ring.keys.get(ring.currentId);
  if (key === undefined) throw new OpsError('INTERNAL', 'The key ring has no current key.');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(associatedData(place));
  const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { keyId: ring.currentId, nonce, ciphertext };
};

/** @throws OpsError CREDENTIAL_UNREADABLE when the key is missing or the bytes do not belong to this place. */
export const openBytes = (ring: KeyRing, { keyId, nonce, ciphertext }: SealedBytes, place: SealPlace): string => {
  const key = ring.keys.get(keyId);
  if (key === undefined) {
    throw new OpsError(
      'CREDENTIAL_UNREADABLE',
      `A secret was sealed with key "${keyId}", which this process does not have. Add that key to the key ring.`,
    );
  }
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(associatedData(place));
    decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new OpsError(
      'CREDENTIAL_UNREADABLE',
      `A secret of ${place.table} does not open with key "${keyId}": the key ring is another one, or the row was altered. Enter the secret again.`,
      { cause },
    );
  }
};

/** Seals a value for a JSON column. */
export const sealValue = (ring: KeyRing, plain: string, place: SealPlace): SealedValue => {
  const { keyId, nonce, ciphertext } = sealBytes(ring, plain, place);
  return { alg: ALGORITHM, key_id: keyId, nonce: nonce.toString('base64'), ct: ciphertext.toString('base64') };
};

/** Opens what `sealValue` made. @throws OpsError CREDENTIAL_UNREADABLE */
export const openValue = (ring: KeyRing, sealed: SealedValue, place: SealPlace): string =>
  openBytes(
    ring,
    { keyId: sealed.key_id, nonce: Buffer.from(sealed.nonce, 'base64'), ciphertext: Buffer.from(sealed.ct, 'base64') },
    place,
  );
