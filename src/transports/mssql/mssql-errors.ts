import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectError, connectionLost, databaseRefused, loginRejected, notReady, queryFailed, textOf } from '../sql/sql-errors.ts';
import type { Meaning, QueryError } from '../sql/sql-errors.ts';

/** An error token of the server, as the driver tells it. */
export interface ServerSaid {
  number: number;
  message: string;
}

const NO_DATABASE: ReadonlySet<number> = new Set([911, 916, 4060, 4064]);
const LOGIN: ReadonlySet<number> = new Set([18450, 18452, 18456, 18458, 18470, 18486, 18487, 18488]);
const NOT_READY: ReadonlySet<number> = new Set([10928, 10929, 17142, 17809, 18401, 18461, 40197, 40501, 40613]);
/** Syntax, unknown names, wrong parameters: what the job says cannot run on this server. */
const DEFINITION: ReadonlySet<number> = new Set([
  102, 103, 104, 105, 107, 109, 110, 111, 113, 116, 120, 121, 125, 134, 137, 139, 141, 142, 144, 145, 147, 148, 154, 156, 164, 170, 174,
  195, 201, 206, 207, 208, 209, 213, 214, 319, 1038, 2760, 2812, 4104, 4121, 8120, 8144, 8145, 8146, 8155, 8156, 8178,
]);
const REFUSED: ReadonlySet<number> = new Set([229, 230, 262, 297, 300, 916, 1088, 15151, 15247]);
const DEADLOCK = 1205;
const FATAL_CLASS = 20;
/** The driver's own: a statement that was cancelled, or a value that it could not send. The connection lives. */
const OF_THE_DRIVER: ReadonlySet<string> = new Set(['ECANCEL', 'EPARAM']);

const oneOf = (said: readonly ServerSaid[], numbers: ReadonlySet<number>): string | undefined => {
  const found = said.find(({ number }) => numbers.has(number));
  return found === undefined ? undefined : `${found.message} Error ${found.number}`;
};

const meaningOf = (endpoint: Endpoint, database: string, said: readonly ServerSaid[], cause: unknown): Meaning | undefined => {
  // An unknown database is told together with a login that failed.
  const closed = oneOf(said, NO_DATABASE);
  if (closed !== undefined) return databaseRefused(database, closed);
  const rejected = oneOf(said, LOGIN);
  if (rejected !== undefined) return loginRejected(endpoint, rejected);
  const busy = oneOf(said, NOT_READY);
  if (busy !== undefined) return notReady(busy);
  if (textOf(cause, 'code') === 'ELOGIN') return loginRejected(endpoint, textOf(cause, 'message'));
  if (textOf(cause, 'code') !== 'EENCRYPT') return undefined;
  return /did not negotiate/.test(textOf(cause, 'message'))
    ? {
        code: 'CERTIFICATE_REFUSED',
        says: 'the server offers no TLS, and encrypt of the method asks for it. Turn TLS on in the server, or set encrypt to no.',
      }
    : { code: 'PROTOCOL_ERROR', says: 'the server takes connections by TLS only. Set encrypt of the method to yes.' };
};

/** @param said what the server said while logging in */
export const toConnectError = (endpoint: Endpoint, database: string, said: readonly ServerSaid[], cause: unknown): OpsError =>
  connectError(endpoint, cause, meaningOf(endpoint, database, said, cause));

const numberOf = (cause: unknown, key: string): number => {
  const value: unknown = cause instanceof Error ? Reflect.get(cause, key) : undefined;
  return typeof value === 'number' ? value : 0;
};

const codeOf = (number: number): QueryError => {
  if (REFUSED.has(number)) return 'QUERY_REFUSED';
  return DEFINITION.has(number) ? 'QUERY_INVALID' : 'QUERY_FAILED';
};

/** The driver's word for a statement that it has cancelled. */
export const isCancelled = ({ cause }: OpsError): boolean => textOf(cause, 'code') === 'ECANCEL';

/** What ended a statement: the server's answer, or a connection that went. */
export const toStatementError = (endpoint: Endpoint, cause: unknown): OpsError => {
  if (cause instanceof OpsError) return cause;
  const errors: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  const [first, ...others] = errors;
  if (OF_THE_DRIVER.has(textOf(first, 'code'))) return queryFailed(endpoint, first, {});
  const number = numberOf(first, 'number');
  if (number === 0 || errors.some((error) => numberOf(error, 'class') >= FATAL_CLASS)) return connectionLost(endpoint, first);
  const line = numberOf(first, 'lineNumber');
  return queryFailed(endpoint, first, {
    code: codeOf(number),
    facts: [`error ${number}`, line === 0 ? '' : `line ${line}`],
    more: others.map((error) => textOf(error, 'message')),
    advice: number === DEADLOCK ? 'The statement was rolled back to end a deadlock; it may be run again.' : undefined,
  });
};
