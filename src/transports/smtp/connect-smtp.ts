import { once } from 'node:events';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint, PasswordSecret } from '../../contracts/transport.ts';
import { abortable } from '../abortable.ts';
import { connectSocket } from '../connect-socket.ts';
import { tlsOptions } from '../tls-options.ts';
import { noLogin, toLoginError, toSmtpError } from './smtp-errors.ts';

/** A connection that the server has let in. */
export interface SmtpLink {
  readonly connection: SMTPConnection;
  readonly endpoint: Endpoint;
  readonly config: MethodConfig<'smtp'>;
  /** Who logged in; undefined where there is no credential. */
  readonly username: string | undefined;
  /** Ends at once what the server still says. */
  close(): void;
}

/** A mail server may be slow to take a large mail, and RFC 5321 (4.5.3.2) grants it ten minutes; the action has its own limit. */
const SILENCE_LIMIT_MS = 600_000;

const createConnection = async (endpoint: Endpoint, config: MethodConfig<'smtp'>, signal: AbortSignal): Promise<SMTPConnection> => {
  const { ca_certificate, server_name, verify_ssl: verify, encryption, domain } = config;
  const tls = encryption === 'none' ? {} : tlsOptions({ host: endpoint.host, ca_certificate, server_name, verify });
  const socket = await connectSocket('SMTP', endpoint, signal);
  return new SMTPConnection({
    host: endpoint.host,
    port: endpoint.port,
    connection: socket,
    ...(domain !== undefined && { name: domain }),
    secure: encryption === 'ssl',
    requireTLS: encryption === 'starttls',
    ignoreTLS: encryption === 'none',
    tls,
    greetingTimeout: endpoint.connectTimeoutMs,
    socketTimeout: SILENCE_LIMIT_MS,
    socketCloseTimeout: 0,
  });
};

const untilReady = async (connection: SMTPConnection): Promise<void> => {
  const ready = once(connection, 'connect');
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)));
    ready.then(() => resolve(), reject);
  });
};

const logIn = async (connection: SMTPConnection, { username, password }: PasswordSecret): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    connection.once('error', reject);
    connection.login({ user: username, pass: password }, (error) => (error === null ? resolve() : reject(error)));
  });
};

const passwordOf = ({ secret }: Endpoint): PasswordSecret | undefined => (secret?.type === 'password' ? secret : undefined);

/**
 * Connects, turns on TLS as the method says, greets, and logs in where there is a credential. With encryption starttls nothing but the
 * greeting is ever sent without TLS; no password is sent to a server that offers no login.
 * @throws OpsError as `OpenSession` says, or the signal's reason.
 */
export const connectSmtp = async (endpoint: Endpoint, signal: AbortSignal): Promise<SmtpLink> => {
  const config = METHOD_CONFIGS.smtp.parse(endpoint.config);
  const connection = await createConnection(endpoint, config, signal);
  // Without a listener an error that nobody waits for, such as an idle connection that is cut, would end the process.
  connection.on('error', () => undefined);
  const close = (): void => connection.close();
  const secret = passwordOf(endpoint);
  try {
    await abortable(signal, close, untilReady(connection));
    if (secret !== undefined) {
      if (!connection.allowsAuth) throw noLogin(endpoint, secret.username);
      await abortable(signal, close, logIn(connection, secret));
    }
  } catch (error) {
    close();
    if (signal.aborted) throw signal.reason;
    throw secret === undefined ? toSmtpError(endpoint, error) : toLoginError(endpoint, secret.username, error);
  }
  return { connection, endpoint, config, username: secret?.username, close };
};
