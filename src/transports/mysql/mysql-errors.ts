import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectError, connectionLost, databaseRefused, loginRejected, notReady, notSent, queryFailed, textOf } from '../sql/sql-errors.ts';
import type { Meaning, QueryError } from '../sql/sql-errors.ts';

/** Numbers of the servers' own errors, which MySQL and MariaDB share. */
const LOGIN: ReadonlySet<number> = new Set([1045, 1130, 1251, 1698, 1820, 1862, 3118, 4151]);
const DATABASE: ReadonlySet<number> = new Set([1044, 1049]);
const NOT_READY: ReadonlySet<number> = new Set([1040, 1053, 1129, 1203, 1226]);
const WANTS_TLS = 3159;
/** Shutting down, killed, or idle for too long: the connection goes with it. */
const GONE: ReadonlySet<number> = new Set([1053, 1079, 1927, 4031]);

/** Syntax, and names or numbers of columns, tables, functions and parameters that the server does not know: never run as it stands. */
const DEFINITION: ReadonlySet<number> = new Set([
  1046, 1051, 1052, 1054, 1055, 1056, 1057, 1058, 1063, 1064, 1065, 1066, 1072, 1093, 1103, 1109, 1110, 1111, 1128, 1136, 1146, 1149, 1176,
  1193, 1210, 1221, 1222, 1230, 1231, 1241, 1247, 1248, 1295, 1305, 1318, 1327, 1356, 1363, 1582, 1630, 4161,
]);
const REFUSED: ReadonlySet<number> = new Set([1044, 1142, 1143, 1227, 1345, 1370, 1410, 1419]);

const codeOf = (number: number): QueryError => {
  if (REFUSED.has(number)) return 'QUERY_REFUSED';
  return DEFINITION.has(number) ? 'QUERY_INVALID' : 'QUERY_FAILED';
};

const ADVICE: ReadonlyMap<number, string> = new Map([
  [1205, 'Another transaction held a lock for too long; nothing of this statement took effect. It may be tried again.'],
  [1213, 'The server chose this statement as the victim of a deadlock and rolled it back. It may be tried again.'],
]);

const numberOf = (cause: unknown): number => {
  const value: unknown = cause instanceof Error ? Reflect.get(cause, 'errno') : undefined;
  return typeof value === 'number' ? value : 0;
};

/** The server offers no TLS. */
export const isTlsMissing = (cause: unknown): boolean => textOf(cause, 'code') === 'HANDSHAKE_NO_SSL_SUPPORT';

const meaningOf = (endpoint: Endpoint, database: string | undefined, cause: unknown): Meaning | undefined => {
  const number = numberOf(cause);
  const message = textOf(cause, 'message');
  if (isTlsMissing(cause))
    return {
      code: 'CERTIFICATE_REFUSED',
      says: 'the server offers no TLS, and ssl_mode of the method asks for it. Turn TLS on in the server, or choose another ssl_mode. Nothing was sent to it.',
    };
  if (number === WANTS_TLS)
    return { code: 'LOGIN_REJECTED', says: `the server lets nobody in without TLS (${message}). Choose another ssl_mode than disabled.` };
  if (LOGIN.has(number)) return loginRejected(endpoint, message);
  if (DATABASE.has(number)) return databaseRefused(database ?? '', message);
  return NOT_READY.has(number) ? notReady(message) : undefined;
};

export const toConnectError = (endpoint: Endpoint, database: string | undefined, cause: unknown): OpsError =>
  connectError(endpoint, cause, meaningOf(endpoint, database, cause));

/** ER_QUERY_INTERRUPTED, and what we keep from running. */
const INTERRUPTED = 1317;

export const isCancel = ({ cause }: OpsError): boolean => numberOf(cause) === INTERRUPTED;

/** The statement was prepared and is not to be run any more. */
export const cancelledBefore = (endpoint: Endpoint): OpsError =>
  queryFailed(endpoint, Object.assign(new Error('cancelled before it ran'), { errno: INTERRUPTED }), {});

/** What ended a statement: the server's answer, or a connection that went. */
export const toStatementError = (endpoint: Endpoint, cause: unknown): OpsError => {
  if (cause instanceof OpsError) return cause;
  const number = numberOf(cause);
  const state = textOf(cause, 'sqlState');
  if (state === '' || GONE.has(number)) return connectionLost(endpoint, cause);
  return queryFailed(endpoint, cause, { code: codeOf(number), facts: [`code ${number}`, `SQLSTATE ${state}`], advice: ADVICE.get(number) });
};

/** A statement that is not sent. */
export const placeholdersRefused = (endpoint: Endpoint, found: number, given: number): OpsError => {
  const why =
    found > given
      ? 'the text has placeholders of its own (?): values come from ${params.name} and variables only'
      : 'a reference stands inside of quotes, where no value can be bound. Leave the quotes away';
  return notSent(endpoint, why);
};

/** A statement that is not sent. */
export const charsetRefused = (endpoint: Endpoint, charset: string): OpsError =>
  notSent(
    endpoint,
    `the statement or one of its values holds a character that charset ${charset} of the method has not. Set it to utf8mb4`,
  );
