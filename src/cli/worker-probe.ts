import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { portProblem } from '../embedded/claim-port.ts';
import type { Registry } from '../metrics/registry.ts';

const PROBE_PORT = {
  what: 'the probe of the worker',
  variable: 'OPSCONDUCTOR_PROBE_PORT',
  hostVariable: 'OPSCONDUCTOR_PROBE_HOST',
} as const;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const answer = async (metrics: Registry, { method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
  const send = (status: number, type: string, text: string): void => {
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    response.end(text);
  };
  const [path] = url.split('?');
  if (method !== 'GET' && method !== 'HEAD') return send(405, 'text/plain', 'GET or HEAD only.\n');
  if (path === '/healthz') return send(200, 'application/json', '{"status":"ok"}\n');
  if (path === '/metrics') return send(200, METRICS_TYPE, await metrics.text());
  send(404, 'text/plain', 'There are /healthz and /metrics.\n');
};

/**
 * Serves `/healthz` and `/metrics` of a worker that runs without an API, to whoever reaches the address: neither tells anything of runs.
 * @throws OpsError CONFLICT, VALIDATION: it cannot listen there, and which variable to change
 */
export const startWorkerProbe = (
  metrics: Registry,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; close: () => Promise<void> }> =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      answer(metrics, request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
    });
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portProblem({ ...PROBE_PORT, host, port }, cause)));
    server.listen(port, host, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      }),
    );
  });
