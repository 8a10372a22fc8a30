import { z } from 'zod';
import { EncryptionAlgorithm } from './enums.ts';

/** A secret inside JSON (data model, 1.6): AES-256-GCM with a nonce of 12 bytes, `ct` ends in the tag of 16 bytes; both in base64. */
export const SealedValue = z.strictObject({
  alg: EncryptionAlgorithm,
  key_id: z.string().min(1).max(64),
  nonce: z.base64().length(16),
  ct: z.base64().min(24),
});
export type SealedValue = z.infer<typeof SealedValue>;
