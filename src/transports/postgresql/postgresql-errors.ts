import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectError, connectionLost, databaseRefused, loginRejected, notReady, queryFailed, textOf } from '../sql/sql-errors.ts';
import type { Meaning } from '../sql/sql-errors.ts';

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

/** What ended a statement: the server's answer, or a connection that went. */
export const toStatementError = (endpoint: Endpoint, cause: unknown): OpsError => {
  if (cause instanceof OpsError) return cause;
  const code = textOf(cause, 'code');
  if (textOf(cause, 'severity') === '' || /^(57P0[1-5]|08)/.test(code)) return connectionLost(endpoint, cause);
  const position = textOf(cause, 'position');
  const more = ['detail', 'hint', 'where'].map((key) => textOf(cause, key)).filter((text) => text !== '');
  return queryFailed(
    endpoint,
    cause,
    [`code ${code}`, position === '' ? '' : `at character ${position}`],
    more.map((text) => ` ${text}`).join(''),
  );
};
