import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectError, connectionLost, databaseRefused, loginRejected, notReady, queryFailed, textOf } from '../sql/sql-errors.ts';
import type { Meaning, QueryError } from '../sql/sql-errors.ts';

const LOGIN = /ORA-(01005|01017|01045|0?1040|28000|28001|28003|28030)\b/;
const NO_DATABASE = /ORA-(12505|12514)\b|NJS-51[89]/;
const NOT_READY = /ORA-(00018|00020|01033|01034|01035|01089|12516|12518|12519|12520|12526|12527|12528)\b/;
/** Any other error of the server itself, such as that of a trigger. */
const OF_SERVER = /^ORA-\d{5}:/;
const TLS = /NJS-50[5678]/;
const TIMED_OUT = /NJS-(510|040|123)\b/;
const CUT = /NJS-(500|501|521)\b/;
/** Errors of sockets and names, which the driver tells as a text only. */
const SOCKET = /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)\b/;

const LOST = /NJS-(500|501|503|521)\b|ORA-(00028|01012|03113|03114|03135|12537|12547)\b/;
/** 00900 to 00999 are syntax and unknown names, the others unknown or unfit procedures and values without a place. */
const DEFINITION = /ORA-(009\d\d|01008|01036|04043|06550|17\d\d)\b/;
/** A name that is taken is the state of the data. */
const IS_THERE = /ORA-00955\b/;
const REFUSED = /ORA-(01031|01720|01749|41900)\b/;
/** Our own word for a cancel while no call is under way. */
export const BETWEEN_FETCHES = 'the statement was cancelled between two fetches of its rows';
const DEADLOCK = /ORA-00060\b/;
/** A warning of the driver. */
const NOT_COMPILED = /NJS-700\b/;

/** The driver adds an id of the connection, and a link to its manual. */
const saidBy = (cause: unknown): string =>
  textOf(cause, 'message')
    .replace(/\s*\(CONNECTION_ID=[^)]*\)/g, '')
    .replace(/\nHelp: \S+/g, '')
    .replaceAll('\n', ' ')
    .trim();

const meaningOf = (endpoint: Endpoint, service: string, says: string): Meaning | undefined => {
  if (LOGIN.test(says)) return loginRejected(endpoint, says);
  if (NO_DATABASE.test(says)) return databaseRefused(service, says);
  if (NOT_READY.test(says)) return notReady(says);
  if (TLS.test(says))
    return {
      code: 'CERTIFICATE_REFUSED',
      says: `TLS was not agreed, or the certificate of the server is not accepted (${says}). It must be signed by an authority that Node trusts, for the name that the method gives. Nothing was sent to it.`,
    };
  if (OF_SERVER.test(says))
    return {
      code: 'LOGIN_REJECTED',
      says: `the server did not begin the session (${says}). Check the rights of the user, and the triggers that its logins run.`,
    };
  return undefined;
};

const socketCode = (says: string): string | undefined => {
  if (TIMED_OUT.test(says)) return 'ETIMEDOUT';
  if (says.includes('NJS-530')) return 'ENOTFOUND';
  return SOCKET.exec(says)?.[1] ?? (CUT.test(says) ? 'ECONNRESET' : undefined);
};

/** @param service service name or SID, as the method names it */
export const toConnectError = (endpoint: Endpoint, service: string, cause: unknown): OpsError => {
  const says = saidBy(cause);
  const known = meaningOf(endpoint, service, says);
  const code = socketCode(says);
  const told = cause instanceof OpsError ? cause : Object.assign(new Error(says, { cause }), { code });
  return connectError(endpoint, told, known);
};

const codeOf = (says: string): QueryError => {
  if (NOT_COMPILED.test(says)) return 'QUERY_INVALID';
  if (REFUSED.test(says)) return 'QUERY_REFUSED';
  return DEFINITION.test(says) && !IS_THERE.test(says) ? 'QUERY_INVALID' : 'QUERY_FAILED';
};

const adviceFor = (says: string): string | undefined => {
  if (NOT_COMPILED.test(says))
    return 'The object is stored, and cannot be used: USER_ERRORS of its owner tells why. Correct its code in the job.';
  return DEADLOCK.test(says) ? 'The statement was rolled back to end a deadlock; it may be run again.' : undefined;
};

/** ORA-01013 is "user requested cancel of current operation"; a call that ended before the rows were fetched was done. */
export const cancelled = ({ cause }: OpsError): 'in time' | 'late' | false => {
  const says = textOf(cause, 'message');
  if (says.includes(BETWEEN_FETCHES)) return 'late';
  return says.includes('ORA-01013') && 'in time';
};

/** What ended a statement: the server's answer, or a connection that went. */
export const toStatementError = (endpoint: Endpoint, cause: unknown): OpsError => {
  if (cause instanceof OpsError) return cause;
  const says = saidBy(cause);
  const told = new Error(says, { cause });
  if (LOST.test(says)) return connectionLost(endpoint, told);
  return queryFailed(endpoint, told, { code: codeOf(says), advice: adviceFor(says) });
};
