import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import type { Config } from '../config.ts';
import { portProblem } from '../embedded/claim-port.ts';
import { answerUnreadable } from './answer-unreadable.ts';
import { drainable } from './drain-server.ts';
import type { DrainServer } from './drain-server.ts';

export const API_PORT = { what: 'the API', variable: 'OPSCONDUCTOR_PORT', hostVariable: 'OPSCONDUCTOR_HOST' } as const;

/** How long a connection may take, in milliseconds. Bodies have limits of their own, by route. */
export interface ConnectionTimes {
  /** Until the head of a request is there; also of a connection on which nothing was sent yet. */
  headMs: number;
  /** Between two requests: longer than proxies keep connections, so that it is they who close them. */
  idleMs: number;
  /** Of an answer that is sent: whoever takes nothing of it for so long is let go. */
  stallMs: number;
}

const TIMES: ConnectionTimes = { headMs: 15_000, idleMs: 75_000, stallMs: 30_000 };
const LOOKS_A_LIMIT = 5;

const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** A connection on which nothing moves is one of a stalled answer only if some of it still waits to be taken. */
const endWhenStalled = (_: IncomingMessage, response: ServerResponse): void => {
  response.on('timeout', (socket: Socket) => {
    if (socket.writableLength > 0) socket.destroy();
  });
};

/** Serves on the address of the API. @throws OpsError CONFLICT, VALIDATION: it cannot, and which variable to change */
export const listen = (
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: Config['api'],
  times: ConnectionTimes = TIMES,
): Promise<{ server: ServerType; url: string; drain: DrainServer }> =>
  new Promise((resolve, reject) => {
    const serverOptions = {
      headersTimeout: times.headMs,
      keepAliveTimeout: times.idleMs,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.ceil(times.headMs / LOOKS_A_LIMIT),
    };
    const server = serve({ fetch, hostname: host, port, serverOptions }, (info) => resolve({ server, url: urlOf(host, info.port), drain }));
    const drain = drainable(server as Server);
    (server as Server).setTimeout(times.stallMs).on('clientError', answerUnreadable).on('request', endWhenStalled);
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portProblem({ ...API_PORT, host, port }, cause)));
  });
