import { z } from 'zod';
import { openBytes, sealBytes } from '../../../db/seal.ts';
import type { KeyRing } from '../../../db/seal.ts';
import { OpsError } from '../../../domain/ops-error.ts';

/** What a note is for: one kind does not open as the other, nor as a secret of the database. */
type NoteKind = 'login' | 'code';

const Envelope = z.strictObject({ until: z.number(), value: z.unknown() });

const placeOf = (kind: NoteKind) => ({ table: 'oidc', uuid: kind, column: 'note' });

/** Seals something that this server gives out and reads again later, on any of its processes; nobody else can read or make it. */
export const sealNote = (ring: KeyRing, kind: NoteKind, value: unknown, seconds: number, now: Date): string => {
  const text = JSON.stringify({ until: now.getTime() + seconds * 1_000, value });
  const { keyId, nonce, ciphertext } = sealBytes(ring, text, placeOf(kind));
  return [Buffer.from(keyId, 'utf8'), nonce, ciphertext].map((part) => part.toString('base64url')).join('.');
};

/**
 * Opens what sealNote made.
 * @param refused the message for a note that was not made here, was altered, or is too old.
 * @throws OpsError UNAUTHENTICATED
 */
export const openNote = <Value>(
  ring: KeyRing,
  kind: NoteKind,
  note: string,
  schema: z.ZodType<Value>,
  now: Date,
  refused: string,
): Value => {
  const [keyId, nonce, ciphertext, ...rest] = note.split('.').map((part) => Buffer.from(part, 'base64url'));
  try {
    if (keyId === undefined || nonce === undefined || ciphertext === undefined || rest.length > 0) throw new Error('not three parts');
    const text = openBytes(ring, { keyId: keyId.toString('utf8'), nonce, ciphertext }, placeOf(kind));
    const { until, value } = Envelope.parse(JSON.parse(text));
    if (until <= now.getTime()) throw new Error('too old');
    return schema.parse(value);
  } catch (cause) {
    throw new OpsError('UNAUTHENTICATED', refused, { cause });
  }
};
