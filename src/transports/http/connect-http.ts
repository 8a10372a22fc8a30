import type { Socket } from 'node:net';
import { buildConnector, Pool } from 'undici';
import type { Endpoint } from '../../contracts/transport.ts';
import { toConnectionError } from '../socket-errors.ts';
import type { TlsOptions } from '../tls-options.ts';
import { within } from '../ssh/within.ts';

/** An HTTP server that was reached: its address and name, and TLS where it is used. */
export interface HttpPlace {
  /** Protocol as people call it. */
  protocol: string;
  endpoint: Endpoint;
  /** Undefined: without TLS. */
  tls: TlsOptions | undefined;
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

/** `https://[::1]:9200` and the like. */
export const originOf = ({ tls, endpoint: { host, port } }: HttpPlace): string =>
  `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

const connectorOf = ({ tls, endpoint }: HttpPlace): Connect => {
  const connect = buildConnector({ timeout: endpoint.connectTimeoutMs, allowH2: false, ...tls });
  // The name for TLS is the method's, never one taken from a header of the request.
  return (options, callback) => connect({ ...options, servername: tls?.servername ?? '' }, callback);
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
