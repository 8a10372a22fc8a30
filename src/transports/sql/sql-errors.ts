import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import { placeOf } from './sql-endpoint.ts';

export interface Meaning {
  code: ErrorCode;
  says: string;
}

const NAME: Meaning = { code: 'NAME_NOT_FOUND', says: 'the name has no address. Check its spelling and the name servers of this machine.' };
const UNREACHABLE: Meaning = {
  code: 'HOST_UNREACHABLE',
  says: 'there is no route to this address. Check the address and the network between.',
};
const TIMED_OUT: Meaning = {
  code: 'CONNECTION_TIMED_OUT',
  says: 'nothing answered in time. Is the server up, and does a firewall drop the connection?',
};
const REFUSED: Meaning = {
  code: 'CONNECTION_REFUSED',
  says: 'the machine is up but nothing listens on this port. Check the port and whether the database server runs.',
};
const CUT: Meaning = {
  code: 'PROTOCOL_ERROR',
  says: 'the connection was cut during the login. Is this the port of such a server, and may this machine connect to it? See its log.',
};

const BY_SYSTEM_CODE: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: NAME,
  EAI_AGAIN: NAME,
  ENODATA: NAME,
  ECONNREFUSED: REFUSED,
  ETIMEDOUT: TIMED_OUT,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  ECONNRESET: CUT,
  EPIPE: CUT,
};

const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)$/;

/** A text property of whatever was thrown; empty when it has none. */
export const textOf = (cause: unknown, key: string): string => {
  const value: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, key) : undefined;
  return typeof value === 'string' ? value : '';
};

/** An error, what caused it and what that was made of, outermost first. */
const chainOf = (error: unknown): unknown[] => {
  if (!(error instanceof Error)) return [error];
  const parts: unknown = Reflect.get(error, 'errors');
  const inner = Array.isArray(parts) ? parts.flatMap(chainOf) : [];
  return [error, ...inner, ...(error.cause === undefined ? [] : chainOf(error.cause))];
};

const certificateRefused = (reason: string): Meaning => ({
  code: 'CERTIFICATE_REFUSED',
  says:
    `the server's certificate is not trusted (${reason}). If it is the right server, put the certificate of its authority into ca_certificate ` +
    'of the method, and see that it carries the name by which it is called; if not, someone may stand in between.',
});

/** What sockets, name servers and TLS say, the same for every protocol; undefined when it is none of them. */
const networkMeaning = (cause: unknown): Meaning | undefined => {
  for (const error of chainOf(cause)) {
    const code = textOf(error, 'code');
    if (CERTIFICATE.test(code)) return certificateRefused(textOf(error, 'message') || code);
    const known = BY_SYSTEM_CODE[code];
    if (known !== undefined) return known;
  }
  return undefined;
};

/**
 * An error of connecting or logging in. `known` is what the driver's own error means; an OpsError stays as it is. Says host, port, what happened and
 * what to do.
 */
export const connectError = (endpoint: Endpoint, cause: unknown, known: Meaning | undefined): OpsError => {
  if (cause instanceof OpsError) return cause;
  const { code, says } = known ?? networkMeaning(cause) ?? { code: 'PROTOCOL_ERROR' as const, says: otherwise(cause) };
  return new OpsError(code, `${placeOf(endpoint)}: ${says}`, { cause });
};

const otherwise = (cause: unknown): string =>
  `the login could not be finished (${textOf(cause, 'message') || 'no reason given'}). Is this the port of such a server?`;

export const timedOut = (endpoint: Endpoint): OpsError => connectError(endpoint, undefined, TIMED_OUT);

/** The server refused user and password. */
export const loginRejected = (endpoint: Endpoint, serverSays: string): Meaning => ({
  code: 'LOGIN_REJECTED',
  says: `the server refused user ${endpoint.secret?.type === 'password' ? endpoint.secret.username : ''} (${serverSays}). Check the credential, and that the user may log in from this machine.`,
});

/** There is no such database, or it is closed to this user. */
export const databaseRefused = (database: string, serverSays: string): Meaning => ({
  code: 'LOGIN_REJECTED',
  says: `the server did not open database ${database} (${serverSays}). Check its name in the method, and the rights of the user.`,
});

/** The server has no room, or is not ready. */
export const notReady = (serverSays: string): Meaning => ({
  code: 'CONNECTION_REFUSED',
  says: `the server takes no connection now (${serverSays}). Try again later, or raise its limit of connections.`,
});

/** The connection went while a statement ran. */
export const connectionLost = (endpoint: Endpoint, cause: unknown): OpsError =>
  new OpsError(
    'CONNECTION_LOST',
    `${placeOf(endpoint)}: the connection broke before the statement ended (${textOf(cause, 'message') || 'it was closed'}). ` +
      'Whether the statement took effect is not known: look at the data. Check the server and the network between.',
    { cause },
  );

/** What the server said of a statement. `facts` such as `code 42703`, `at character 8`. */
export const queryFailed = (endpoint: Endpoint, cause: unknown, facts: readonly string[], more = ''): OpsError => {
  const known = facts.filter((fact) => fact !== '').join(', ');
  const message = textOf(cause, 'message') || 'no reason given';
  return new OpsError('QUERY_FAILED', `${placeOf(endpoint)}: ${message}${known === '' ? '' : ` (${known})`}${more}`, { cause });
};
