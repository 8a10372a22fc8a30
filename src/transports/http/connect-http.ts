import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { callbackify } from 'node:util';
import { buildConnector, Pool } from 'undici';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectionErrorOf, toConnectionError } from '../socket-errors.ts';
import type { TlsOptions } from '../tls-options.ts';
import { allowedLookup, refuseDeniedAddress } from './denied-networks.ts';
import type { ReadDeniedNetworks } from './denied-networks.ts';
import { within } from '../ssh/within.ts';

/** An HTTP server: its address and name, and TLS where it is used. */
export interface HttpPlace {
  /** Protocol as people call it. */
  protocol: string;
  endpoint: Endpoint;
  /** Undefined: without TLS. */
  tls: TlsOptions | undefined;
  deniedNetworks: ReadDeniedNetworks;
}

/** Connections to one origin. */
export interface HttpLink {
  readonly pool: Pool;
  readonly place: HttpPlace;
  /** Whether the error came before a connection stood, so that nothing was sent. */
  isConnectError(error: unknown): boolean;
}

const MOST_CONNECTIONS = 16;
const GOODBYE_MS = 1_000;

type Connect = ReturnType<typeof buildConnector>;

/** Servers that give out no session tickets say nothing: they are waited for no longer. */
const ACCEPTED_WITHIN_MS = 1_000;

/**
 * With TLS 1.3 a client believes itself connected before the server has looked at its certificate. The first session ticket says that it was
 * accepted; waiting for it keeps a refusal from coming when a request is on its way, whose outcome would then be unknown.
 */
const untilAccepted = (socket: Socket, then: (error: Error | null) => void): void => {
  if (!(socket instanceof TLSSocket) || socket.getProtocol() !== 'TLSv1.3') return then(null);
  const end = (error: Error | null): void => {
    clearTimeout(timer);
    socket.off('session', onTicket).off('error', end).off('close', onClose);
    // Later: within these events the library of TLS is still at work, and what is written then is never sent.
    setImmediate(then, error);
  };
  const onTicket = (): void => end(null);
  const onClose = (): void => end(new Error('the connection was closed'));
  const timer = setTimeout(onTicket, ACCEPTED_WITHIN_MS);
  socket.on('session', onTicket).on('error', end).on('close', onClose);
};

/** `https://[::1]:9200` and the like. */
export const originOf = ({ tls, endpoint: { host, port } }: HttpPlace): string =>
  `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Many servers say nothing when they do not accept a certificate. */
const refusalOf = ({ protocol, endpoint }: HttpPlace, cause: Error): Error => {
  const known = connectionErrorOf(protocol, endpoint, cause);
  if (known?.code === 'LOGIN_REJECTED') return known;
  const where = `${protocol} to ${endpoint.host} port ${endpoint.port}`;
  return new OpsError(
    'LOGIN_REJECTED',
    `${where}: the server cut the connection when it was shown the certificate of this client, and no request was sent. It may not accept the certificate; see its log.`,
    { cause },
  );
};

const unlessDenied = callbackify(refuseDeniedAddress);

const connectorOf = (place: HttpPlace): Connect => {
  const { tls, endpoint, protocol, deniedNetworks } = place;
  const where = `${protocol} to ${endpoint.host} port ${endpoint.port}`;
  const lookup = allowedLookup(deniedNetworks, where);
  const connect = buildConnector({ timeout: endpoint.connectTimeoutMs, allowH2: false, lookup, ...tls });
  // The name for TLS is the method's, never one taken from a header of the request.
  return (options, callback) => {
    const connected: buildConnector.Callback = (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      if (endpoint.secret?.type !== 'client_certificate') return callback(null, socket);
      untilAccepted(socket, (cause) => (cause === null ? callback(null, socket) : callback(refusalOf(place, cause), null)));
    };
    unlessDenied(deniedNetworks, endpoint.host, where, (error) => {
      if (error instanceof Error) return callback(error, null);
      connect({ ...options, servername: tls?.servername ?? '' }, connected);
    });
  };
};

const firstConnection = (connect: Connect, place: HttpPlace, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { host, port } = place.endpoint;
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    connect({ hostname: host, port: String(port), protocol: place.tls === undefined ? 'http:' : 'https:' }, (error, socket) => {
      signal.removeEventListener('abort', onAbort);
      if (error !== null) return reject(toConnectionError(place.protocol, place.endpoint, error));
      if (signal.aborted) socket.destroy();
      // Until a request takes it over nobody else listens, and an error would end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });

/**
 * Connects, and keeps that connection for the first request.
 * @throws OpsError as `OpenSession` says, or the signal's reason.
 */
export const connectHttp = async (place: HttpPlace, signal: AbortSignal): Promise<HttpLink> => {
  signal.throwIfAborted();
  const connect = connectorOf(place);
  let ready: Socket | undefined = await firstConnection(connect, place, signal);
  const connectErrors = new WeakSet<Error>();
  const pool = new Pool(originOf(place), {
    connections: MOST_CONNECTIONS,
    // How long an answer may take is the action's limit, which comes by the signal.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: (options, callback) => {
      const socket = ready;
      ready = undefined;
      // Later, as any connection comes: undici does not see one that is there at once.
      if (socket !== undefined && !socket.destroyed && !socket.readableEnded) return queueMicrotask(() => callback(null, socket));
      connect(options, (error, made) => {
        if (error === null) return callback(null, made);
        connectErrors.add(error);
        callback(error, null);
      });
    },
  });
  return {
    pool,
    place,
    isConnectError: (error) => error instanceof Error && connectErrors.has(error),
  };
};

/** Ends what still runs, and closes. */
export const closeHttp = async ({ pool }: HttpLink): Promise<void> => {
  await within(GOODBYE_MS, pool.destroy());
};
