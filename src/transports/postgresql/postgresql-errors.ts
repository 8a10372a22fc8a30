import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectError, connectionLost, databaseRefused, loginRejected, notReady, queryFailed, textOf } from '../sql/sql-errors.ts';
import type { Meaning, QueryError } from '../sql/sql-errors.ts';

const NO_TLS = /does not support SSL/;

/** The server offers no TLS. */
export const isTlsMissing = (cause: unknown): boolean => NO_TLS.test(textOf(cause, 'message'));

/** The server's own rules want TLS for this user. */
export const isTlsWanted = (cause: unknown): boolean => textOf(cause, 'code') === '28000' && /no encryption/.test(textOf(cause, 'message'));

const meaningOf = (endpoint: Endpoint, database: string, cause: unknown): Meaning | undefined => {
  const code = textOf(cause, 'code');
  const message = textOf(cause, 'message');
  if (isTlsMissing(cause))
    return {
      code: 'CERTIFICATE_REFUSED',
      says: 'the server offers no TLS, and ssl_mode of the method asks for it. Turn TLS on in the server, or choose another ssl_mode.',
    };
  if (code === '28P01' || code === '28000') return loginRejected(endpoint, message);
  if (code === '3D000' || code === '42501') return databaseRefused(database, message);
  if (code === '57P03' || code === '53300') return notReady(message);
  return undefined;
};

export const toConnectError = (endpoint: Endpoint, database: string, cause: unknown): OpsError =>
  connectError(endpoint, cause, meaningOf(endpoint, database, cause));

/** insufficient_privilege, and row level security that cannot be passed. */
const REFUSED: ReadonlySet<string> = new Set(['42501']);
/** Of class 42 (syntax error or access rule violation) what is there already: that is the state of the data. */
const IS_THERE: ReadonlySet<string> = new Set(['42701', '42710', '42723', '42P03', '42P04', '42P05', '42P06', '42P07']);
/** Serialization failure and deadlock. */
const AGAIN: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);

/** Class 42, a feature that the server has not, an unknown schema or catalog: as the statement stands it never runs. */
const meaningOfCode = (code: string): QueryError => {
  if (REFUSED.has(code)) return 'QUERY_REFUSED';
  return (code.startsWith('42') && !IS_THERE.has(code)) || ['0A000', '3F000', '3D000'].includes(code) ? 'QUERY_INVALID' : 'QUERY_FAILED';
};

/** query_canceled */
export const isCancel = ({ cause }: OpsError): boolean => textOf(cause, 'code') === '57014';

/** What ended a statement: the server's answer, or a connection that went. */
export const toStatementError = (endpoint: Endpoint, cause: unknown): OpsError => {
  if (cause instanceof OpsError) return cause;
  const code = textOf(cause, 'code');
  if (textOf(cause, 'severity') === '' || /^(57P0[1-5]|08)/.test(code)) return connectionLost(endpoint, cause);
  const position = textOf(cause, 'position');
  return queryFailed(endpoint, cause, {
    code: meaningOfCode(code),
    facts: [`code ${code}`, position === '' ? '' : `at character ${position}`],
    more: ['detail', 'hint', 'where'].map((key) => textOf(cause, key)),
    advice: AGAIN.has(code) ? 'Another transaction was in the way, and nothing of this one remains. It may be run again.' : undefined,
  });
};
