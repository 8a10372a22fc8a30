import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import type { WinrmEndpoint } from './winrm-endpoint.ts';

/** Why the server refused a message, as WS-Management says it. */
export interface WsmanFault {
  /** Number of the WSManFault, where one was given. */
  code: number | undefined;
  /** Subcode of the SOAP fault, such as `AccessDenied`. */
  subcode: string;
  reason: string;
}

const OPERATION_TIMED_OUT = 2_150_858_793;
const ACCESS_DENIED = 5;
/** No such shell; the shell was closed; the request was aborted because its shell is closing. */
const SHELL_GONE = new Set([2_150_858_843, 2_150_858_981, 995]);
/** Shells, memory, processes, operations of one user or of all. */
const QUOTA = new Set([2_150_859_173, 2_150_859_174, 2_150_859_175, 2_150_859_111, 1816]);

/** Nothing was to tell until the end of the long poll: ask again. */
export const isPollTimeout = ({ code, subcode }: WsmanFault): boolean => code === OPERATION_TIMED_OUT || subcode === 'TimedOut';

const errorAt = ({ host, port }: WinrmEndpoint, code: ErrorCode, says: string, cause?: unknown): OpsError =>
  new OpsError(code, `WinRM to ${host} port ${port}: ${says}`, { cause });

/** @param doing what was asked for, such as `to start a program` */
export const faultError = (endpoint: WinrmEndpoint, doing: string, { code, subcode, reason }: WsmanFault): OpsError => {
  const told = `(${[reason.trim() || 'no reason given', code].filter((part) => part !== undefined).join(', fault ')})`;
  if (code === ACCESS_DENIED || subcode === 'AccessDenied')
    return errorAt(
      endpoint,
      'LOGIN_REJECTED',
      `user ${endpoint.secret.username} may not use WinRM there ${told}. Make the user a member of Remote Management Users or of Administrators on the target.`,
    );
  if (code !== undefined && SHELL_GONE.has(code))
    return errorAt(
      endpoint,
      'CONNECTION_LOST',
      `the shell on the target is gone ${told}: its service was restarted, or somebody closed it.`,
    );
  if (subcode === 'QuotaLimit' || (code !== undefined && QUOTA.has(code)))
    return errorAt(
      endpoint,
      'PROTOCOL_ERROR',
      `a quota of the target did not allow ${doing} ${told}. Wait until others are done, or raise it there (winrm get winrm/config/winrs).`,
    );
  return errorAt(endpoint, 'PROTOCOL_ERROR', `the target refused ${doing} ${told}.`);
};

const WAYS = { basic: 'Basic', ntlm: 'Negotiate' } as const;

/** The user was refused, or the way to log in. @param offered what the server's WWW-Authenticate headers said */
export const loginRejected = (endpoint: WinrmEndpoint, offered: string): OpsError => {
  const { config, secret } = endpoint;
  const way = WAYS[config.transport];
  const isOffered = offered.toLowerCase().includes(way.toLowerCase()) || (way === 'Negotiate' && /\bntlm\b/i.test(offered));
  if (isOffered || offered === '')
    return errorAt(
      endpoint,
      'LOGIN_REJECTED',
      `the target refused user ${secret.username} with this password (${config.transport}). Windows does not say why: the password is wrong, or the user is unknown, locked, disabled or has to change the password. A domain user is written DOMAIN\\user, and basic takes local users only.`,
    );
  return errorAt(
    endpoint,
    'LOGIN_REJECTED',
    `the target does not let anybody log in by ${config.transport}; it offers ${offered}. Change the method's transport, or allow it there (winrm set winrm/config/service/auth @{${way}="true"}).`,
  );
};

/** What a status of HTTP means that is no answer of WS-Management. */
export const statusError = (endpoint: WinrmEndpoint, status: number): OpsError => {
  if (status === 404)
    return errorAt(
      endpoint,
      'PROTOCOL_ERROR',
      'a web server answers there, but no WinRM listener (HTTP 404). Check the port, and run `winrm quickconfig` on the target.',
    );
  if (status === 503)
    return errorAt(endpoint, 'PROTOCOL_ERROR', 'the WinRM service is not running or too busy (HTTP 503). Start it on the target, or wait.');
  return errorAt(
    endpoint,
    'PROTOCOL_ERROR',
    `what answers does not speak WinRM as it should (HTTP ${status}). Check the port and whether it takes http or https.`,
  );
};

export const notWsman = (endpoint: WinrmEndpoint, cause: unknown): OpsError =>
  errorAt(
    endpoint,
    'PROTOCOL_ERROR',
    `what answers does not speak WinRM as it should (${cause instanceof Error ? cause.message : 'no reason given'}). Is this the port of a WinRM listener?`,
    cause,
  );

export const unableTo = (endpoint: WinrmEndpoint, what: string): OpsError => errorAt(endpoint, 'METHOD_UNSUPPORTED', what);
