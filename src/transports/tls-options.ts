import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, getCACertificates } from 'node:tls';
import type { PeerCertificate, SecureContext, SecureContextOptions } from 'node:tls';
import type { ClientCertificateSecret } from '../contracts/transport.ts';
import { OpsError } from '../domain/ops-error.ts';
import { checkClientCertificate, expiredOn } from './check-client-certificate.ts';

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
  /** Shown to a server that asks its clients for one. */
  client?: ClientCertificate | undefined;
}

/** Certificate of this side with its private key, PEM. */
export type ClientCertificate = Pick<ClientCertificateSecret, 'certificate' | 'private_key' | 'passphrase'>;

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

const contextOptions = (client: ClientCertificate | undefined): SecureContextOptions =>
  client === undefined ? {} : { cert: client.certificate, key: client.private_key, passphrase: client.passphrase };

const makeContext = (own: string | undefined, client: ClientCertificate | undefined): SecureContext => {
  const problem = client && checkClientCertificate(client);
  if (problem !== undefined)
    throw new OpsError(
      'KEY_UNUSABLE',
      `The client certificate of this method cannot be used: ${problem.field} ${problem.message}. Give the credential anew. Nothing was sent.`,
    );
  try {
    // A context leaves out, without a word, what it cannot read.
    for (const [one] of own?.matchAll(CERTIFICATE) ?? []) void new X509Certificate(one);
    return createSecureContext({ ca: trustedCertificates(own), minVersion: 'TLSv1.2', ...contextOptions(client) });
  } catch (cause) {
    throw new OpsError('VALIDATION', 'The ca_certificate of this method cannot be read. It must be whole certificates in PEM form.', {
      cause,
    });
  }
};

/** Of a private key only this is kept in the name of a context. */
const digestOf = (client: ClientCertificate): string =>
  createHash('sha256')
    .update(JSON.stringify([client.certificate, client.private_key, client.passphrase]))
    .digest('base64');

const contextFor = (own: string | undefined, client: ClientCertificate | undefined): SecureContext => {
  const name = client === undefined ? (own ?? '') : `${digestOf(client)} ${own ?? ''}`;
  // It expires while its context is kept.
  const known = client !== undefined && expiredOn(client.certificate) !== undefined ? undefined : contexts.get(name);
  if (known !== undefined) return known;
  const made = makeContext(own, client);
  const [oldest] = contexts.keys();
  if (contexts.size >= LARGEST_CACHE && oldest !== undefined) contexts.delete(oldest);
  contexts.set(name, made);
  return made;
};

/**
 * Options of a TLS connection: the certificate is verified, against the name of the method, unless the method says not to.
 * @throws OpsError VALIDATION when ca_certificate cannot be read, KEY_UNUSABLE when the client's certificate cannot be shown.
 */
export const tlsOptions = ({ host, ca_certificate: own, server_name: serverName, verify, client }: TlsChoice): TlsOptions => {
  const name = serverName ?? host;
  return {
    secureContext: contextFor(own, client),
    rejectUnauthorized: verify,
    // TLS names a server by its name only, never by an address.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  };
};
