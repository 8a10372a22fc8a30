import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { hashRaw } from '@node-rs/argon2';
import type { SealedSecret, SealHead } from '../../contracts/data-document.ts';
import { OpsError } from '../../domain/ops-error.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SALT_BYTES = 16;
/** A file can be guessed at for years, unlike a login: 64 MiB and three passes, RFC 9106's second choice. */
const COST = { memory_kib: 65_536, passes: 3, lanes: 4 };
const CONTEXT = Buffer.from('opsconductor/data/1', 'utf8');
const CHECK = 'opsconductor';

type Cost = Pick<SealHead, 'memory_kib' | 'passes' | 'lanes'>;

const keyOf = (passphrase: string, salt: Buffer, { memory_kib: memoryCost, passes, lanes }: Cost): Promise<Buffer> =>
  hashRaw(passphrase.normalize('NFC'), { salt, memoryCost, timeCost: passes, parallelism: lanes, outputLen: KEY_BYTES });

const sealWith = (key: Buffer, plain: string): SealedSecret => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(CONTEXT);
  const ct = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString('base64'), ct: ct.toString('base64') };
};

const openWith = (key: Buffer, { nonce, ct }: SealedSecret): string | undefined => {
  const bytes = Buffer.from(ct, 'base64');
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES }).setAAD(CONTEXT);
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
};

export type SealSecret = (plain: string) => SealedSecret;

/** Seals secrets with a key of this passphrase and a new salt; the head of the document says how. */
export const createSealer = async (passphrase: string): Promise<{ head: SealHead; seal: SealSecret }> => {
  const salt = randomBytes(SALT_BYTES);
  const key = await keyOf(passphrase, salt, COST);
  const seal: SealSecret = (plain) => sealWith(key, plain);
  return { head: { cipher: CIPHER, kdf: 'argon2id', ...COST, salt: salt.toString('base64'), check: seal(CHECK) }, seal };
};

/** @throws OpsError PASSPHRASE_WRONG when the document was altered */
export type OpenSecret = (sealed: SealedSecret) => string;

/** Opens what `createSealer` has sealed. @throws OpsError PASSPHRASE_WRONG */
export const createOpener = async (head: SealHead, passphrase: string): Promise<OpenSecret> => {
  const key = await keyOf(passphrase, Buffer.from(head.salt, 'base64'), head);
  if (openWith(key, head.check) !== CHECK)
    throw new OpsError(
      'PASSPHRASE_WRONG',
      'This passphrase does not open the secrets of the document. Nothing was imported: give the one with which it was exported, or none, and the secrets are left out.',
    );
  return (sealed) => {
    const plain = openWith(key, sealed);
    if (plain === undefined)
      throw new OpsError(
        'PASSPHRASE_WRONG',
        'A sealed secret does not open though the passphrase is right: it was altered, or comes from another document.',
      );
    return plain;
  };
};

/** What was sealed as JSON. @throws OpsError PASSPHRASE_WRONG, VALIDATION when something else was */
export const openJson = (open: OpenSecret, sealed: SealedSecret): unknown => {
  const text = open(sealed);
  try {
    return JSON.parse(text);
  } catch {
    throw new OpsError('VALIDATION', 'What is sealed there is not what belongs there: it was taken from another place of the document.');
  }
};
