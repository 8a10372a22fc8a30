import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { createHttpConnection } from './http-connection.ts';
import type { HttpAnswer, HttpConnection } from './http-connection.ts';
import { authenticateMessage, channelBindings, negotiateMessage, splitLogin } from './ntlm.ts';
import { createNtlmSeal } from './ntlm-seal.ts';
import { isSealedType, openBody, SEALED_TYPE, sealBody } from './sealed-body.ts';
import type { WinrmEndpoint } from './winrm-endpoint.ts';
import { loginRejected, statusError } from './winrm-errors.ts';

/** A connection that is logged in. */
export interface LoggedIn extends Disposable {
  /** Sends a message, encrypted unless TLS does it. */
  post(message: string, signal: AbortSignal): Promise<{ status: number; text: string; headers: HttpAnswer['headers'] }>;
}

const SOAP = 'application/soap+xml;charset=UTF-8';
const EMPTY = Buffer.alloc(0);

const offeredBy = ({ headers }: Pick<HttpAnswer, 'headers'>): string =>
  (headers['www-authenticate'] ?? '').replaceAll(/ [A-Za-z0-9+/=]{40,}/g, '');

/** @throws OpsError LOGIN_REJECTED, PROTOCOL_ERROR */
export const refuseStatus = (endpoint: WinrmEndpoint, answer: Pick<HttpAnswer, 'status' | 'headers'>): void => {
  if (answer.status === 401) throw loginRejected(endpoint, offeredBy(answer));
  if (answer.status === 403 || answer.status === 404 || answer.status === 503) throw statusError(endpoint, answer.status);
};

const openBasic = (endpoint: WinrmEndpoint): LoggedIn => {
  const { username, password } = endpoint.secret;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const connection = createHttpConnection(endpoint);
  return {
    async post(message, signal) {
      const answer = await connection.post(Buffer.from(message), { Authorization: authorization, 'Content-Type': SOAP }, signal);
      return { ...answer, text: answer.body.toString() };
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
};

/** RFC 5929: the hash of the certificate's own signature, SHA-256 for older ones. */
const certificateHash = (socket: Socket): Buffer | undefined => {
  if (!(socket instanceof TLSSocket)) return undefined;
  const raw = socket.getPeerX509Certificate()?.raw;
  if (raw === undefined) return undefined;
  const named: unknown = Reflect.get(new X509Certificate(raw), 'signatureAlgorithm');
  const hash = /sha(384|512)/i.exec(typeof named === 'string' ? named : '')?.[1] ?? '256';
  return createHash(`sha${hash}`).update(raw).digest();
};

/** The challenge of the server, and the word that it goes under. */
const readChallenge = (endpoint: WinrmEndpoint, answer: HttpAnswer): Buffer => {
  const token = /(?:Negotiate|NTLM) ([A-Za-z0-9+/=]{20,})/i.exec(answer.headers['www-authenticate'] ?? '')?.[1];
  if (answer.status === 401 && token !== undefined) return Buffer.from(token, 'base64');
  refuseStatus(endpoint, answer);
  throw statusError(endpoint, answer.status);
};

const shakeHands = async (
  endpoint: WinrmEndpoint,
  connection: HttpConnection,
  signal: AbortSignal,
): Promise<{ sessionKey: Buffer; socket: Socket }> => {
  const { host, secret } = endpoint;
  const negotiate = negotiateMessage();
  const step = (token: Buffer): Promise<HttpAnswer> =>
    connection.post(EMPTY, { Authorization: `Negotiate ${token.toString('base64')}`, 'Content-Type': SOAP }, signal);
  const challenged = await step(negotiate);
  const challenge = readChallenge(endpoint, challenged);
  const hash = certificateHash(challenged.socket);
  const sessionKey = randomBytes(16);
  const authenticate = authenticateMessage({
    login: splitLogin(secret.username, secret.password),
    negotiate,
    challenge,
    service: `HTTP/${host}`,
    channelBindings: hash === undefined ? undefined : channelBindings(hash),
    clientChallenge: randomBytes(8),
    sessionKey,
    nowMs: Date.now(),
  });
  const answer = await step(authenticate);
  if (answer.socket !== challenged.socket) throw new Error('the connection was not kept during the login; does a proxy stand in between?');
  refuseStatus(endpoint, answer);
  return { sessionKey, socket: answer.socket };
};

const openNtlm = async (endpoint: WinrmEndpoint, signal: AbortSignal): Promise<LoggedIn> => {
  const connection = createHttpConnection(endpoint);
  try {
    const { sessionKey } = await shakeHands(endpoint, connection, signal);
    const seal = createNtlmSeal(sessionKey, 'client');
    const postSealed: LoggedIn['post'] = async (message, sending) => {
      const answer = await connection.post(sealBody(seal, Buffer.from(message)), { 'Content-Type': SEALED_TYPE }, sending);
      const isSealed = isSealedType(answer.headers['content-type']);
      if (!isSealed && answer.status < 300) throw new Error('the answer is not encrypted');
      return { ...answer, text: (isSealed ? openBody(seal, answer.body) : EMPTY).toString() };
    };
    const postPlain: LoggedIn['post'] = async (message, sending) => {
      const answer = await connection.post(Buffer.from(message), { 'Content-Type': SOAP }, sending);
      return { ...answer, text: answer.body.toString() };
    };
    return { post: endpoint.isTls ? postPlain : postSealed, [Symbol.dispose]: () => connection[Symbol.dispose]() };
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
};

/** A connection of its own that is logged in (NTLM), or whose every request is (basic). @throws OpsError LOGIN_REJECTED, PROTOCOL_ERROR; errors of the socket */
export const openLoggedIn = async (endpoint: WinrmEndpoint, signal: AbortSignal): Promise<LoggedIn> =>
  endpoint.config.transport === 'basic' ? openBasic(endpoint) : openNtlm(endpoint, signal);
