import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { ClientCertificateSecret } from '../contracts/transport.ts';
import { derivationProblem } from './key-derivation.ts';

type Problem = { field: 'certificate' | 'private_key' | 'passphrase'; message: string } | undefined;

const openKey = (text: string, passphrase: string | undefined): KeyObject | undefined => {
  try {
    return createPrivateKey({ key: text, format: 'pem', ...(passphrase !== undefined && { passphrase }) });
  } catch {
    return undefined;
  }
};

const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

const unopened = (text: string, passphrase: string | undefined): NonNullable<Problem> => {
  if (!ENCRYPTED.test(text)) return { field: 'private_key', message: 'is not a private key in PEM form that can be read' };
  if (passphrase === undefined) return { field: 'passphrase', message: 'is missing: the private key is encrypted' };
  return { field: 'passphrase', message: 'does not open the private key' };
};

const readCertificate = (text: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
};

/** When the certificate has expired: its last day, as it is written there; else undefined. */
export const expiredOn = (certificate: string): string | undefined => {
  const read = readCertificate(certificate);
  return read !== undefined && read.validToDate.getTime() < Date.now() ? read.validTo : undefined;
};

/** What keeps a certificate of a client from being shown to a server; the message holds nothing of the key. Undefined: it can be. */
export const checkClientCertificate = ({ certificate, private_key: text, passphrase }: ClientCertificateSecret): Problem => {
  const own = readCertificate(certificate);
  if (own === undefined) return { field: 'certificate', message: 'cannot be read: it must be whole certificates in PEM form' };
  const derivation = derivationProblem(text);
  if (derivation !== undefined) return { field: 'private_key', message: derivation };
  const key = openKey(text, passphrase);
  if (key === undefined) return unopened(text, passphrase);
  if (!own.checkPrivateKey(key))
    return { field: 'private_key', message: 'does not belong to the certificate (the first one, when there are several)' };
  const expired = expiredOn(certificate);
  if (expired !== undefined) return { field: 'certificate', message: `has expired, on ${expired}` };
  try {
    createSecureContext({ cert: certificate, key: text, passphrase });
    return undefined;
  } catch {
    return {
      field: 'certificate',
      message: 'cannot be used for TLS: is its key long enough, and are all certificates of its chain whole?',
    };
  }
};
