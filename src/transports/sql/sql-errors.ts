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

/** Whose fault it is that the server did not run a statement: of its text, of the rights of the user, or of the data and the server. */
export type QueryError = 'QUERY_INVALID' | 'QUERY_REFUSED' | 'QUERY_FAILED';

const ADVICE: Readonly<Record<QueryError, string>> = {
  QUERY_INVALID: 'The statement of the action does not fit this server: correct it in the job.',
  QUERY_REFUSED: 'The user of this credential may not do this: give it the right on the server, or the method another credential.',
  QUERY_FAILED: '',
};

interface Said {
  code?: QueryError;
  /** Such as `code 42703`, `at character 8`. */
  facts?: readonly string[];
  /** Sentences that the server adds. */
  more?: readonly string[];
  /** In place of what the code advises. */
  advice?: string | undefined;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** What the server said of a statement. */
export const queryFailed = (
  endpoint: Endpoint,
  cause: unknown,
  { code = 'QUERY_FAILED', facts = [], more = [], advice }: Said,
): OpsError => {
  const known = facts.filter((fact) => fact !== '').join(', ');
  const message = `${textOf(cause, 'message') || 'no reason given'}${known === '' ? '' : ` (${known})`}`;
  const sentences = [message, ...more, advice ?? ADVICE[code]].filter((text) => text !== '');
  return new OpsError(code, `${placeOf(endpoint)}: ${sentences.length === 1 ? message : sentences.map(sentence).join(' ')}`, { cause });
};

/** A statement that is not sent, as it could not be run. @param why a part of a sentence */
export const notSent = (endpoint: Endpoint, why: string): OpsError =>
  new OpsError('QUERY_INVALID', `${placeOf(endpoint)}: ${why}. Nothing ran; correct the statement in the job.`);

/** A statement may not leave a transaction open: the next action could get another connection. */
export const transactionLeftOpen = (endpoint: Endpoint): OpsError =>
  new OpsError(
    'QUERY_INVALID',
    `${placeOf(endpoint)}: the statement left a transaction open, which was rolled back. An action is one statement and its own transaction; ` +
      'put what belongs together into a procedure or one statement.',
  );
