import { OpsError } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';

interface Meaning {
  code: ErrorCode;
  says: string;
}

/** Where a connection was to go. */
export interface Place {
  host: string;
  port: number;
}

const NAME: Meaning = {
  code: 'NAME_NOT_FOUND',
  says: 'the name of the target has no address. Check its spelling and the name servers of this machine.',
};
const UNREACHABLE: Meaning = {
  code: 'HOST_UNREACHABLE',
  says: 'there is no route to this address. Check the address of the target and the network between.',
};
const TIMED_OUT: Meaning = {
  code: 'CONNECTION_TIMED_OUT',
  says: 'nothing answered in time. Is the target up, and does a firewall drop the connection?',
};
const CUT: Meaning = {
  code: 'PROTOCOL_ERROR',
  says: 'the target cut the connection before the login was done. It may limit new connections, bar this machine, or expect TLS (or none); see its log.',
};
const NO_TLS: Meaning = {
  code: 'PROTOCOL_ERROR',
  says: 'TLS could not be agreed. Does this port speak TLS, and a version that is still allowed (1.2 or later)? Does the server want a certificate of this client?',
};

const refusedBecause = (why: string, advice: string): Meaning => ({
  code: 'CERTIFICATE_REFUSED',
  says: `the certificate of the server is not accepted: ${why}. ${advice} Nothing was sent to it.`,
});
const UNKNOWN_ISSUER = refusedBecause(
  'nobody whom this machine trusts has signed it',
  "If the server is the right one, put the certificate of its issuer (or the server's own, when it signed itself) into the method's ca_certificate.",
);
const WRONG_TIME = refusedBecause(
  'it has expired, or is not valid yet',
  'Renew it on the server, and compare the clocks of both machines.',
);
const WRONG_NAME = refusedBecause(
  'it was made for another name',
  "Reach the server by a name of its certificate, or set the method's server_name to one that the certificate holds.",
);
const WITHDRAWN = refusedBecause('it is revoked, or not meant for a server', 'Give the server a new one.');

/** What a server says by an alert of TLS of the certificate that it was shown, or was not. */
const CERTIFICATE_ALERT =
  /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|UNKNOWN_CA|ACCESS_DENIED)$/;
const CERTIFICATE_WANTED: Meaning = {
  code: 'LOGIN_REJECTED',
  says: 'the server wants a certificate of this client, and got none. Give the method a credential of type client_certificate. Nothing was done there.',
};
const CLIENT_REFUSED: Meaning = {
  code: 'LOGIN_REJECTED',
  says: 'the server does not accept the certificate of this client. Is it of an issuer that the server trusts, whole with its chain, neither expired nor revoked? Nothing was done there.',
};

const BY_CODE: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: NAME,
  EAI_AGAIN: NAME,
  EAI_FAIL: NAME,
  ENODATA: NAME,
  ETIMEDOUT: TIMED_OUT,
  ESOCKETTIMEDOUT: TIMED_OUT,
  UND_ERR_CONNECT_TIMEOUT: TIMED_OUT,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENETDOWN: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  ECONNRESET: CUT,
  ECONNABORTED: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT,
  EPROTO: NO_TLS,
  CERT_HAS_EXPIRED: WRONG_TIME,
  CERT_NOT_YET_VALID: WRONG_TIME,
  ERR_TLS_CERT_ALTNAME_INVALID: WRONG_NAME,
  HOSTNAME_MISMATCH: WRONG_NAME,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_ISSUER,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_ISSUER,
  CERT_UNTRUSTED: UNKNOWN_ISSUER,
  CERT_SIGNATURE_FAILURE: UNKNOWN_ISSUER,
  CERT_REVOKED: WITHDRAWN,
  CERT_REJECTED: WITHDRAWN,
  INVALID_CA: WITHDRAWN,
  INVALID_PURPOSE: WITHDRAWN,
};

const meaningOf = (protocol: string, code: unknown): Meaning | undefined => {
  if (typeof code !== 'string') return undefined;
  if (code === 'ECONNREFUSED')
    return {
      code: 'CONNECTION_REFUSED',
      says: `the target is up but nothing listens on this port. Check the port and whether its ${protocol} server runs.`,
    };
  const [, alert] = CERTIFICATE_ALERT.exec(code) ?? [];
  if (alert !== undefined) return alert === 'CERTIFICATE_REQUIRED' ? CERTIFICATE_WANTED : CLIENT_REFUSED;
  return BY_CODE[code] ?? (code.startsWith('ERR_SSL_') ? NO_TLS : undefined);
};

const LONGEST_CHAIN = 8;

/** An error with all that it wraps: drivers put the error of the socket into `cause`, several addresses give an AggregateError. */
const withCauses = (error: unknown, depth = 0): Error[] => {
  if (!(error instanceof Error) || depth > LONGEST_CHAIN) return [];
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  return [error, ...[error.cause, ...inner].flatMap((cause) => withCauses(cause, depth + 1))];
};

const opsError = (protocol: string, { host, port }: Place, { code, says }: Meaning, detail: string, cause: unknown): OpsError =>
  new OpsError(code, `${protocol} to ${host} port ${port}: ${says}${detail}`, { cause });

/**
 * What an error of a socket, a name or TLS means, with host, port, whose fault it is and what to do; undefined for any other error.
 * @param protocol as people call it, such as `Redis`
 */
export const connectionErrorOf = (protocol: string, place: Place, cause: unknown): OpsError | undefined => {
  if (cause instanceof OpsError) return cause;
  for (const error of withCauses(cause)) {
    const meaning = meaningOf(protocol, Reflect.get(error, 'code'));
    if (meaning === undefined) continue;
    const needsDetail = meaning.code === 'PROTOCOL_ERROR' || meaning.code === 'CERTIFICATE_REFUSED' || meaning === CLIENT_REFUSED;
    return opsError(protocol, place, meaning, needsDetail ? ` (${error.message})` : '', cause);
  }
  return undefined;
};

/** As connectionErrorOf; what is not known is a PROTOCOL_ERROR with the text of the error, so that must not hold a secret. */
export const toConnectionError = (protocol: string, place: Place, cause: unknown): OpsError => {
  const known = connectionErrorOf(protocol, place, cause);
  if (known !== undefined) return known;
  const says = `what answers does not speak ${protocol} as it should. Is this the port of such a server?`;
  const detail = cause instanceof Error && cause.message !== '' ? cause.message : 'no reason given';
  return opsError(protocol, place, { code: 'PROTOCOL_ERROR', says }, ` (${detail})`, cause);
};

/** The connection went before the work was sent: nothing of it was done, and it may be tried again. */
export const connectionClosed = (protocol: string, { host, port }: Place, when: string, cause: unknown): OpsError => {
  const reason = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  return new OpsError(
    'CONNECTION_CLOSED',
    `${protocol} to ${host} port ${port}: the connection broke ${when}${reason}. Check the target and the network between.`,
    { cause },
  );
};

/** The connection went when something had been sent already: what the target has done is not known. */
export const connectionLost = (protocol: string, { host, port }: Place, when: string, cause: unknown): OpsError => {
  const reason = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  return new OpsError(
    'CONNECTION_LOST',
    `${protocol} to ${host} port ${port}: the connection broke ${when}${reason}. Check the target and the network between.`,
    { cause },
  );
};
