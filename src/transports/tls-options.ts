import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, getCACertificates } from 'node:tls';
import type { PeerCertificate, SecureContext } from 'node:tls';
import { OpsError } from '../domain/ops-error.ts';

/** What a method says of TLS. */
export interface TlsChoice {
  /** Name or address that is connected to. */
  host: string;
  /** Certificates (PEM) that are trusted besides those of the system. */
  ca_certificate?: string | undefined;
  /** Name that the certificate must have instead of the host. */
  server_name?: string | undefined;
  /** false: any certificate is accepted. */
  verify: boolean;
}

/** As `tls.connect` and the drivers take them. */
export interface TlsOptions {
  secureContext: SecureContext;
  rejectUnauthorized: boolean;
  servername?: string;
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined;
}

const LARGEST_CACHE = 64;
/** Reading all trusted certificates takes milliseconds, and a job may connect to a thousand targets. */
const contexts = new Map<string, SecureContext>();

/** Certificates that are trusted: those of Node, of the system, and the own ones. For drivers that take no secure context. */
export const trustedCertificates = (own: string | undefined): string[] => [
  ...new Set([...getCACertificates('default'), ...getCACertificates('system')]),
  ...(own === undefined ? [] : [own]),
];

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*(-----END CERTIFICATE-----)?/g;

const makeContext = (own: string | undefined): SecureContext => {
  try {
    // A context leaves out, without a word, what it cannot read.
    for (const [one] of own?.matchAll(CERTIFICATE) ?? []) void new X509Certificate(one);
    return createSecureContext({ ca: trustedCertificates(own), minVersion: 'TLSv1.2' });
  } catch (cause) {
    throw new OpsError('VALIDATION', 'The ca_certificate of this method cannot be read. It must be whole certificates in PEM form.', {
      cause,
    });
  }
};

const contextFor = (own: string | undefined): SecureContext => {
  const known = contexts.get(own ?? '');
  if (known !== undefined) return known;
  const made = makeContext(own);
  const [oldest] = contexts.keys();
  if (contexts.size >= LARGEST_CACHE && oldest !== undefined) contexts.delete(oldest);
  contexts.set(own ?? '', made);
  return made;
};

/**
 * Options of a TLS connection: the certificate is verified, against the name of the method, unless the method says not to.
 * @throws OpsError VALIDATION when ca_certificate cannot be read.
 */
export const tlsOptions = ({ host, ca_certificate: own, server_name: serverName, verify }: TlsChoice): TlsOptions => {
  const name = serverName ?? host;
  return {
    secureContext: contextFor(own),
    rejectUnauthorized: verify,
    // TLS names a server by its name only, never by an address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
};
