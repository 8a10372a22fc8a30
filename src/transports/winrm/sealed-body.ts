import type { NtlmSeal } from './ntlm-seal.ts';

const BOUNDARY = 'Encrypted Boundary';
const PROTOCOL = 'application/HTTP-SPNEGO-session-encrypted';
const OCTETS = Buffer.from('Content-Type: application/octet-stream\r\n');

/** Content type of an encrypted message ([MS-WSMV] 2.2.9.1). */
export const SEALED_TYPE = `multipart/encrypted;protocol="${PROTOCOL}";boundary="${BOUNDARY}"`;

export const isSealedType = (contentType: string | undefined): boolean => contentType?.includes(PROTOCOL) === true;

/** An encrypted message as HTTP carries it. */
export const sealBody = (seal: NtlmSeal, message: Buffer): Buffer => {
  const { signature, sealed } = seal.seal(message);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(signature.length);
  const head = `--${BOUNDARY}\r\n\tContent-Type: ${PROTOCOL}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=${message.length}\r\n--${BOUNDARY}\r\n\t`;
  return Buffer.concat([Buffer.from(head), OCTETS, length, signature, sealed, Buffer.from(`--${BOUNDARY}--\r\n`)]);
};

/** @throws Error when the body is not an encrypted message, or was changed on its way. */
export const openBody = (seal: NtlmSeal, body: Buffer): Buffer => {
  const found = body.indexOf(OCTETS);
  const length = Number(/;Length=(\d+)/i.exec(body.toString('latin1', 0, Math.max(found, 0)))?.[1] ?? Number.NaN);
  const at = found + OCTETS.length;
  if (found < 0 || !Number.isSafeInteger(length) || at + 4 > body.length)
    throw new Error('an encrypted message has no length or no content');
  const signatureEnd = at + 4 + body.readUInt32LE(at);
  if (signatureEnd + length > body.length) throw new Error('an encrypted message was cut short');
  return seal.open(body.subarray(at + 4, signatureEnd), body.subarray(signatureEnd, signatureEnd + length));
};
