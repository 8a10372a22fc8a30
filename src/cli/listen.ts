import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import type { Config } from '../config.ts';
import { portProblem } from '../embedded/claim-port.ts';

export const API_PORT = { what: 'the API', variable: 'OPSCONDUCTOR_PORT', hostVariable: 'OPSCONDUCTOR_HOST' } as const;

const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Serves on the address of the API. @throws OpsError CONFLICT, VALIDATION: it cannot, and which variable to change */
export const listen = (
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: Config['api'],
): Promise<{ server: ServerType; url: string }> =>
  new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, (info) => resolve({ server, url: urlOf(host, info.port) }));
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portProblem({ ...API_PORT, host, port }, cause)));
  });
