import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long requests that are under way may go on when the server stops. */
const LIMIT_MS = 10_000;

/** Ends a server in order: resolves when all its connections have ended. @param limitMs what is under way longer is cut off. */
export type DrainServer = (limitMs?: number) => Promise<void>;

const closeOf = (one: ServerResponse | Socket): Promise<void> => new Promise((resolve) => one.once('close', () => resolve()));

/**
 * Watches the requests of a server, from before the first. While those that were under way when it began to drain go on, others are taken too, so that
 * whoever asks whether it is ready is told that it is not; then it listens no more. Where nothing is under way it ends at once.
 */
export const drainable = (server: Server): DrainServer => {
  const underWay = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let isDraining = false;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (_, response: ServerResponse) => {
    response.shouldKeepAlive &&= !isDraining;
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  /** Those on which no request has come, too: browsers open some to have them. */
  const endIdle = (): void => {
    const busy = new Set([...underWay].map(({ socket }) => socket));
    for (const socket of sockets) if (!busy.has(socket)) socket.destroy();
  };
  return async (limitMs = LIMIT_MS) => {
    isDraining = true;
    for (const response of underWay) response.shouldKeepAlive = false;
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, limitMs);
    await Promise.race([over.promise, Promise.all([...underWay].map(closeOf))]);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    endIdle();
    await Promise.race([over.promise, closed]);
    clearTimeout(timer);
    server.closeAllConnections();
    await closed;
  };
};
