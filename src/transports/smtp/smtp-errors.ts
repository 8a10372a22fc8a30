import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectionClosed, connectionErrorOf, connectionLost, toConnectionError } from '../socket-errors.ts';

/** What nodemailer adds to an error. */
export interface SmtpFailure {
  code: string;
  /** Code of the socket or of TLS that nodemailer has put its own in place of. */
  originalCode: string | undefined;
  response: string;
  status: number;
  command: string;
}

const textOf = (error: unknown, key: string): string | undefined => {
  const value: unknown = error instanceof Error ? Reflect.get(error, key) : undefined;
  return typeof value === 'string' ? value : undefined;
};

export const failureOf = (error: unknown): SmtpFailure => {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'responseCode') : undefined;
  return {
    code: textOf(error, 'code') ?? '',
    originalCode: textOf(error, 'originalCode'),
    response: (textOf(error, 'response') ?? '').replaceAll(/\s+/g, ' ').slice(0, 500),
    status: typeof status === 'number' ? status : 0,
    command: textOf(error, 'command') ?? '',
  };
};

/** Codes from 400 to 499 are said to be temporary (RFC 5321, 4.2.1). */
export const temporarily = (status: number): string =>
  status >= 400 && status < 500 ? ' The server calls this temporary: a later try may succeed.' : '';

const place = ({ host, port }: Endpoint): string => `SMTP to ${host} port ${port}`;

/** The error as sockets and TLS have given it. */
const original = (error: unknown, { originalCode }: SmtpFailure): unknown =>
  originalCode === undefined || !(error instanceof Error) ? error : Object.assign(new Error(error.message), { code: originalCode });

/** Means an error before the login. */
export const toSmtpError = (endpoint: Endpoint, error: unknown): OpsError => {
  if (error instanceof OpsError) return error;
  const failure = failureOf(error);
  if (failure.command === 'STARTTLS' || (failure.code === 'ECONNECTION' && /STARTTLS/.test(failure.response)))
    return noStartTls(endpoint, failure.response, error);
  const known = connectionErrorOf('SMTP', endpoint, original(error, failure));
  if (known !== undefined) return known;
  if (failure.status === 0) return toConnectionError('SMTP', endpoint, error);
  return new OpsError(
    'PROTOCOL_ERROR',
    `${place(endpoint)}: the server refuses this machine: ${failure.response}.${temporarily(failure.status)} See the log of the server.`,
    { cause: error },
  );
};

const noStartTls = (endpoint: Endpoint, response: string, cause: unknown): OpsError =>
  new OpsError(
    'PROTOCOL_ERROR',
    `${place(endpoint)}: the server does not turn on TLS (${response}), which this method asks for. Nothing was sent without it. ` +
      "Turn STARTTLS on in the server, or set the method's encryption: ssl where the port speaks TLS from the start, none to send everything in the clear.",
    { cause },
  );

/** Means an error of the login. */
export const toLoginError = (endpoint: Endpoint, username: string, error: unknown): OpsError => {
  const { code, response, status } = failureOf(error);
  if (code !== 'EAUTH') return toSmtpError(endpoint, error);
  if (status >= 400 && status < 500)
    return new OpsError(
      'PROTOCOL_ERROR',
      `${place(endpoint)}: the server cannot check the login of ${username} now: ${response}.${temporarily(status)}`,
      { cause: error },
    );
  return new OpsError(
    'LOGIN_REJECTED',
    `${place(endpoint)}: the server refused user ${username} with the password of this credential: ${response}. Check the credential, and that the server allows this user to log in by password.`,
    { cause: error },
  );
};

/** The server offers no way to log in: the password was not sent. */
export const noLogin = (endpoint: Endpoint, username: string): OpsError =>
  new OpsError(
    'LOGIN_REJECTED',
    `${place(endpoint)}: the server offers no login over this connection, so user ${username} was not logged in. ` +
      'Many servers offer it only with TLS (encryption starttls or ssl) or on another port (587, 465); a server that needs no login needs no credential.',
  );

const refusals = (error: unknown): string => {
  const list: unknown = error instanceof Error ? Reflect.get(error, 'rejectedErrors') : undefined;
  return describeRefusals(Array.isArray(list) ? list : []);
};

/** `a@b (550 no such user), …` of the errors that nodemailer keeps for recipients. */
export const describeRefusals = (errors: readonly unknown[]): string =>
  errors.map((error) => `${textOf(error, 'recipient') ?? '?'} (${failureOf(error).response})`).join(', ');

/** Means an error of sending. @param isWhole the server may have got the mail to its end */
export const toSendError = (endpoint: Endpoint, error: unknown, isWhole: boolean): OpsError => {
  if (error instanceof OpsError) return error;
  const { code, response, status } = failureOf(error);
  const isAnswer = status >= 400 || code === 'EENVELOPE' || code === 'EMESSAGE';
  if (!isAnswer && !isWhole) return connectionClosed('SMTP', endpoint, 'before the server had the whole mail; nobody got it', error);
  if (!isAnswer) return connectionLost('SMTP', endpoint, 'while the mail was sent: it may have been delivered', error);
  const recipients = refusals(error);
  const what = recipients === '' ? `the mail was refused: ${response || messageOf(error)}` : `all recipients were refused: ${recipients}`;
  return new OpsError('MAIL_REFUSED', `${place(endpoint)}: ${what}. Nobody got the mail.${temporarily(status)}`, { cause: error });
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
