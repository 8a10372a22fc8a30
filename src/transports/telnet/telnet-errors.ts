import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectionClosed, connectionLost, toConnectionError } from '../socket-errors.ts';
import type { TelnetLine } from './telnet-line.ts';

const place = ({ host, port }: Endpoint): string => `Telnet to ${host} port ${port}`;

export const noCredential = (endpoint: Endpoint): OpsError =>
  new OpsError('CREDENTIAL_MISSING', `${place(endpoint)} needs a credential of type password, and the method has none.`);

export const rejected = (endpoint: Endpoint, username: string): OpsError =>
  new OpsError(
    'LOGIN_REJECTED',
    `${place(endpoint)}: the target refused user ${username} with the password of this credential, or wants a new password. Check the credential, and that this user may log in by telnet.`,
  );

export const notTypeable = (endpoint: Endpoint, encoding: string): OpsError =>
  new OpsError(
    'LOGIN_REJECTED',
    `${place(endpoint)}: the user name or the password has a character that cannot be typed (a line break or another control character, or one that encoding ${encoding} has not). Nothing was sent.`,
  );

/** The server closed the connection before the login was done. */
export const cutDuringLogin = (endpoint: Endpoint, { lastError }: TelnetLine): OpsError =>
  toConnectionError('Telnet', endpoint, Object.assign(new Error(lastError?.message ?? 'it closed the connection'), { code: 'ECONNRESET' }));

/** @param lastLine what the target said last, without secrets; empty when it said nothing */
export const noPrompt = (endpoint: Endpoint, lastLine: string): OpsError => {
  const said = lastLine === '' ? 'an empty line' : JSON.stringify(lastLine);
  return new OpsError(
    'PROTOCOL_ERROR',
    `${place(endpoint)}: connected, but what came in time matches none of the prompts that are awaited; last was ${said}. Is this a telnet server? Set login_prompt, password_prompt and prompt of the method to what the target shows.`,
  );
};

export const noShell = (endpoint: Endpoint): OpsError =>
  new OpsError(
    'PROTOCOL_ERROR',
    `${place(endpoint)}: logged in, but no POSIX shell (/bin/sh, with stty) answers there. For a device with a command line of its own set the method's shell to none.`,
  );

export const cannotType = (endpoint: Endpoint, why: string): OpsError =>
  new OpsError('VALIDATION', `${place(endpoint)}: the command was not sent: ${why}.`);

export const notOnDevice = (endpoint: Endpoint, what: string): OpsError =>
  new OpsError('METHOD_UNSUPPORTED', `${place(endpoint)}: a device without a shell knows no ${what}. Take it out of the action.`);

export const lostBefore = (endpoint: Endpoint, { lastError }: TelnetLine): OpsError =>
  connectionClosed('Telnet', endpoint, 'before the command was sent; nothing ran', lastError);

export const lostDuring = (endpoint: Endpoint, { lastError }: TelnetLine): OpsError =>
  connectionLost('Telnet', endpoint, 'while the command ran; it may be done, or run still', lastError);

export const endUnknown = (endpoint: Endpoint, cause: unknown): OpsError =>
  new OpsError(
    'OUTCOME_UNKNOWN',
    `${place(endpoint)}: the command was to be ended. Telnet can only close the connection for that, which ends most programs; it was not seen to end. Look at the target.`,
    { cause },
  );

export const noExitCode = (endpoint: Endpoint): OpsError =>
  new OpsError('OUTCOME_UNKNOWN', `${place(endpoint)}: the shell did not tell how the command ended. Look at the target.`);
