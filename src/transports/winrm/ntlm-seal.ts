import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createRc4 } from './rc4.ts';

/** Encrypts and signs what one side of a logged-in connection sends, and opens what the other sends. In the order of sending. */
export interface NtlmSeal {
  seal(message: Buffer): { signature: Buffer; sealed: Buffer };
  /** @throws Error when the signature is not that of the message. */
  open(signature: Buffer, sealed: Buffer): Buffer;
}

type Side = 'client' | 'server';

const SIGNATURE_VERSION = 1;

/** Keys of one direction ([MS-NLMP] 3.4.5.2 and 3.4.5.3, 128 bits). */
const keyOf = (sessionKey: Buffer, side: Side, use: 'signing' | 'sealing'): Buffer => {
  const direction = side === 'client' ? 'client-to-server' : 'server-to-client';
  return createHash('md5').update(sessionKey).update(`session key to ${direction} ${use} key magic constant\0`, 'latin1').digest();
};

/** One direction: encrypts and signs, or decrypts and signs, and counts. [MS-NLMP] 3.4.4.2 */
const createDirection = (sessionKey: Buffer, side: Side) => {
  const signingKey = keyOf(sessionKey, side, 'signing');
  const cipher = createRc4(keyOf(sessionKey, side, 'sealing'));
  let sequence = 0;
  const sign = (plain: Buffer): Buffer => {
    const signature = Buffer.alloc(16);
    signature.writeUInt32LE(SIGNATURE_VERSION, 0);
    signature.writeUInt32LE(sequence, 12);
    sequence += 1;
    const digest = createHmac('md5', signingKey).update(signature.subarray(12)).update(plain).digest();
    cipher(digest.subarray(0, 8)).copy(signature, 4);
    return signature;
  };
  return { cipher, sign };
};

/** Message security with extended session security and key exchange, for the side that uses it. */
export const createNtlmSeal = (sessionKey: Buffer, side: Side): NtlmSeal => {
  const outgoing = createDirection(sessionKey, side);
  const incoming = createDirection(sessionKey, side === 'client' ? 'server' : 'client');
  return {
    seal(message) {
      const sealed = outgoing.cipher(message);
      return { sealed, signature: outgoing.sign(message) };
    },
    open(signature, sealed) {
      const message = incoming.cipher(sealed);
      const expected = incoming.sign(message);
      if (signature.length !== expected.length || !timingSafeEqual(signature, expected))
        throw new Error('the signature of an encrypted message is wrong');
      return message;
    },
  };
};
