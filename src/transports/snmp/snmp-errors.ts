import snmp from 'net-snmp';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import { connectionErrorOf } from '../socket-errors.ts';

const { ErrorStatus, ResponseInvalidCode } = snmp;

interface Meaning {
  code: ErrorCode;
  says: string;
}

const place = ({ host, port }: Endpoint): string => `SNMP to ${host} port ${port}`;

const numberOf = (error: unknown, key: 'code' | 'status'): number | undefined => {
  const value: unknown = error instanceof Error ? Reflect.get(error, key) : undefined;
  return typeof value === 'number' ? value : undefined;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '');
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

const isTimeout = (error: unknown): boolean => nameOf(error) === 'RequestTimedOutError';

const silence = ({ secret }: Endpoint): string =>
  secret?.type === 'snmp_community'
    ? 'nothing answered in time. Is the target up, does its agent run and allow this machine, does a firewall drop UDP? A wrong community looks the same: agents do not answer it.'
    : 'nothing answered in time. Is the target up, does its agent run and allow this machine, does a firewall drop UDP? A wrong privacy_key or privacy_protocol can look the same.';

/** What an agent reports of a user (RFC 3414, 3.2), by the words of net-snmp. */
const userProblem = (user: string, message: string): string | undefined => {
  if (/Unknown User Name/.test(message)) return `the agent knows no user ${user}`;
  if (/Wrong Digest/.test(message)) return `the auth_key of user ${user} is wrong, or its auth_protocol is another`;
  if (/Decryption Error/.test(message)) return `the privacy_key of user ${user} is wrong, or its privacy_protocol is another`;
  if (/Unsupported Security Level/.test(message)) return `user ${user} cannot use this security_level on the agent`;
  if (/Not In Time Window/.test(message)) return 'the clock of the agent jumped during the login; try again';
  return undefined;
};

const loginProblem = ({ secret }: Endpoint, error: unknown): string | undefined => {
  const user = secret?.type === 'snmp_v3' ? secret.username : '';
  const code = numberOf(error, 'code');
  if (code === ResponseInvalidCode.EAuthFailure)
    return userProblem(user, messageOf(error)) ?? `the answers of the agent are not signed with the auth_key of user ${user}`;
  if (code === ResponseInvalidCode.ECouldNotDecrypt)
    return `the answers of the agent cannot be decrypted with the privacy_key of user ${user}`;
  return undefined;
};

const NOT_ALLOWED =
  'the login may not do this there. Allow it in the view (VACM) of the agent, or use another security_level or credential';

const REFUSALS: Readonly<Record<number, string>> = {
  [ErrorStatus.TooBig]: 'the answer does not fit into one packet',
  [ErrorStatus.NoSuchName]: 'there is no such object, or the community may not see or change it',
  [ErrorStatus.BadValue]: 'the value does not fit the object',
  [ErrorStatus.ReadOnly]: 'the object can only be read',
  [ErrorStatus.NoAccess]: `${NOT_ALLOWED} (noAccess)`,
  [ErrorStatus.WrongType]: 'the object has another type (wrongType)',
  [ErrorStatus.WrongLength]: 'the value is too long or too short (wrongLength)',
  [ErrorStatus.WrongValue]: 'the object does not take this value (wrongValue)',
  [ErrorStatus.NoCreation]: 'there is no such object, and it cannot be created (noCreation)',
  [ErrorStatus.AuthorizationError]: `${NOT_ALLOWED} (authorizationError)`,
  [ErrorStatus.NotWritable]: 'the object cannot be written, or the login may only read (notWritable)',
};

/** Means an error of the first request. An answer that refuses the object still proves the login, but for authorizationError. */
export const isLoggedIn = (error: unknown): boolean => {
  const status = numberOf(error, 'status');
  return nameOf(error) === 'RequestFailedError' && status !== ErrorStatus.AuthorizationError;
};

const loginMeaning = (endpoint: Endpoint, error: unknown): Meaning | undefined => {
  if (isTimeout(error)) return { code: 'CONNECTION_TIMED_OUT', says: silence(endpoint) };
  const problem = loginProblem(endpoint, error);
  if (problem !== undefined) return { code: 'LOGIN_REJECTED', says: `${problem}. Check the credential and the options of the method.` };
  if (numberOf(error, 'status') === ErrorStatus.AuthorizationError) return { code: 'LOGIN_REJECTED', says: `${NOT_ALLOWED}.` };
  return undefined;
};

const protocolError = (endpoint: Endpoint, error: unknown): OpsError =>
  new OpsError(
    'PROTOCOL_ERROR',
    `${place(endpoint)}: what answers does not speak SNMP as it should (${messageOf(error) || 'no reason given'}).`,
    { cause: error },
  );

/** Means an error before anything was asked. */
export const toSnmpError = (endpoint: Endpoint, error: unknown): OpsError => {
  if (error instanceof OpsError) return error;
  const meaning = loginMeaning(endpoint, error);
  if (meaning !== undefined) return new OpsError(meaning.code, `${place(endpoint)}: ${meaning.says}`, { cause: error });
  return connectionErrorOf('SNMP', endpoint, error) ?? protocolError(endpoint, error);
};

export const oidFailed = (endpoint: Endpoint, operation: string, oid: string, why: string): OpsError =>
  new OpsError('OID_FAILED', `${place(endpoint)}: ${operation} ${oid} failed: ${why}.`);

/** Means an error of an operation; a `set` without an answer may have been done. */
export const toOidError = (endpoint: Endpoint, operation: string, oid: string, error: unknown): OpsError => {
  if (error instanceof OpsError) return error;
  const status = numberOf(error, 'status');
  if (status !== undefined)
    return oidFailed(endpoint, operation, oid, REFUSALS[status] ?? `the agent says ${ErrorStatus[status] ?? status}`);
  if (!isTimeout(error) || operation !== 'set') return toSnmpError(endpoint, error);
  return new OpsError(
    'CONNECTION_LOST',
    `${place(endpoint)}: nothing answered the set of ${oid} in time; the value may have been set. Read it before you set it again.`,
    { cause: error },
  );
};
