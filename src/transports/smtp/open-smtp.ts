import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Mail, MailReceipt } from '../../contracts/transport.ts';
import { Aborted, throwIfNotSent } from '../../domain/aborted.ts';
import { abortable, withinConnectTime } from '../abortable.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { OpenSession } from '../transport.ts';
import { composeMail } from './compose-mail.ts';
import type { ComposedMail } from './compose-mail.ts';
import { connectSmtp } from './connect-smtp.ts';
import type { SmtpLink } from './connect-smtp.ts';
import { describeRefusals, toSendError } from './smtp-errors.ts';

const GOODBYE_MS = 1_000;

const PIECE_BYTES = 65_536;

/** What is sent of a mail. The server takes it over only when it is whole (RFC 5321, 4.1.1.4). */
interface Dispatch {
  message: Readable;
  /** All of it has been taken by the connection. */
  readonly isWhole: boolean;
}

const dispatchOf = (message: Buffer): Dispatch => {
  let at = 0;
  const stream = new Readable({
    read() {
      const piece = message.subarray(at, (at += PIECE_BYTES));
      this.push(piece.length === 0 ? null : piece);
    },
  });
  return {
    message: stream,
    get isWhole() {
      return at > message.length;
    },
  };
};

const deliver = ({ connection }: SmtpLink, { from, to, message: { length } }: ComposedMail, { message }: Dispatch): Promise<MailReceipt> =>
  new Promise((resolve, reject) => {
    connection.once('error', reject);
    connection.send({ from, to, size: length }, message, (error, info) => {
      connection.off('error', reject);
      if (error !== null) return reject(error);
      const { accepted, rejected, rejectedErrors = [], response } = info;
      resolve({ accepted, rejected, response: rejected.length === 0 ? response : `${describeRefusals(rejectedErrors)}; then ${response}` });
    });
  });

const abortedMail = (isWhole: boolean, { reason }: AbortSignal): Aborted => {
  if (!isWhole) return new Aborted('not_sent', 'The server had not got the whole mail yet: nobody got it.', reason);
  const message =
    'The server had the whole mail and did not say that it took it: it may have been delivered. Ask a recipient, or look into its log.';
  return new Aborted('unknown', message, reason);
};

const send = async (link: SmtpLink, mail: Mail, signal: AbortSignal): Promise<MailReceipt> => {
  throwIfNotSent(signal);
  const composed = await composeMail(mail, link.config.from);
  const dispatch = dispatchOf(composed.message);
  try {
    return await abortable(signal, link.close, deliver(link, composed, dispatch));
  } catch (error) {
    // What the server still expects is not known: the next mail takes a new connection.
    link.close();
    throw signal.aborted ? abortedMail(dispatch.isWhole, signal) : toSendError(link.endpoint, error, dispatch.isWhole);
  }
};

const testMail = ({ config, endpoint: { host }, username }: SmtpLink, recipient: string): Mail => ({
  from: config.from ?? (username?.includes('@') === true ? username : recipient),
  to: [recipient],
  cc: [],
  bcc: [],
  subject: 'OpsConductor connection test',
  text: `OpsConductor sent this mail through ${host} to test the connection. Nothing needs to be done.\n`,
  html: undefined,
  attachments: [],
  id: `<test.${randomUUID()}@opsconductor>`,
});

const encryptionText = ({ config: { encryption, verify_ssl: verify } }: SmtpLink): string => {
  if (encryption === 'none') return 'The connection is not encrypted: anyone in between can read the password and the mails.';
  return verify ? 'The connection is encrypted.' : 'The connection is encrypted, but the certificate was not checked.';
};

const probe = async (link: SmtpLink, signal: AbortSignal): Promise<string> => {
  const { test_recipient: recipient } = link.config;
  if (recipient === undefined) return encryptionText(link);
  const { response } = await send(link, testMail(link, recipient), signal);
  return `${encryptionText(link)} A test mail went to ${recipient} (${response}).`;
};

const sayGoodbye = async ({ connection, close }: SmtpLink): Promise<void> => {
  if (connection.destroyed) return;
  const ended = once(connection, 'end', { signal: AbortSignal.timeout(GOODBYE_MS) });
  connection.quit();
  await ended.catch(() => undefined);
  close();
};

/** SMTP by nodemailer: one connection a session, one mail after the other over it. */
export const openSmtp: OpenSession = async (endpoint, signal) => {
  const link = await withinConnectTime('SMTP', endpoint, signal, (limit) => connectSmtp(endpoint, limit));
  const inTurn = oneAtATime(`SMTP to ${endpoint.host} port ${endpoint.port}`);
  const { host, port } = endpoint;
  return {
    hostKeyFingerprint: undefined,
    login:
      link.username === undefined ? `Connected to ${host}:${port} without a login` : `Logged in to ${host}:${port} as ${link.username}`,
    get isOpen() {
      return !link.connection.destroyed;
    },
    probe: (abort) => inTurn(abort, () => probe(link, abort)),
    send: (mail, abort) => inTurn(abort, () => send(link, mail, abort)),
    [Symbol.asyncDispose]: () => sayGoodbye(link),
  };
};
