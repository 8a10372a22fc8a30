import { METHODS } from '../../contracts/capabilities.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import { toConnectionError } from '../socket-errors.ts';
import { placeOf } from './sql-endpoint.ts';

export interface Meaning {
  code: ErrorCode;
  says: string;
}

/** A text property of whatever was thrown; empty when it has none. */
export const textOf = (cause: unknown, key: string): string => {
  const value: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, key) : undefined;
  return typeof value === 'string' ? value : '';
};

/** An error of connecting or logging in. `known` is what the driver's own error means; an OpsError stays as it is. */
export const connectError = (endpoint: Endpoint, cause: unknown, known: Meaning | undefined): OpsError => {
  if (cause instanceof OpsError) return cause;
  if (known === undefined) return toConnectionError(METHODS[endpoint.methodType].label, endpoint, cause);
  return new OpsError(known.code, `${placeOf(endpoint)}: ${known.says}`, { cause });
};

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

/** A statement may not leave a transaction open: the next action could get another connection. */
export const transactionLeftOpen = (endpoint: Endpoint): OpsError =>
  new OpsError(
    'QUERY_FAILED',
    `${placeOf(endpoint)}: the statement left a transaction open, which was rolled back. An action is one statement and its own transaction; ` +
      'put what belongs together into a procedure or one statement.',
  );
