import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import type { SecureVersion } from 'node:tls';
import { join } from 'node:path';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { createCertificate } from './tls-certificate.ts';

/** A request as the server got it. */
export interface TakenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface HttpFixture extends AsyncDisposable {
  port: number;
  origin: string;
  /** The certificate of the server; empty without TLS. */
  pem: string;
  taken: TakenRequest[];
  /** Done once a request for this path has come. */
  asked(path: string): Promise<void>;
  /** Done once the client has closed the connection of a request for `/hang` or `/silent`. */
  closed: Promise<void>;
  endpoint(config?: Record<string, unknown>, secret?: Endpoint['secret']): Endpoint;
  stop(): Promise<void>;
}

export interface HttpOptions {
  tls?: boolean;
  /** Where it listens; left out: on 127.0.0.1. */
  host?: string;
  certificateName?: string;
  /** Authority (PEM) of the clients that are let in; with TLS. */
  clients?: string;
  /** With TLS: no later version. */
  maxVersion?: SecureVersion;
  /** Header and value without which everything is answered with 401. */
  wants?: readonly [name: string, value: string];
  /** Where `/elsewhere` redirects to. */
  redirectTo?: string;
  /** Answers what the fixture does not. */
  otherwise?: (taken: TakenRequest, response: ServerResponse) => void;
}

/** The same bytes for the same number, all 256 values in them. */
export const someBytes = (length: number): Buffer => Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

type Route = (taken: TakenRequest, response: ServerResponse) => void;

const ROUTES: Readonly<Record<string, Route>> = {
  '/echo': (taken, response) => void response.setHeader('content-type', 'application/json').end(JSON.stringify(taken)),
  '/status': ({ path }, response) => void response.writeHead(Number(path.split('=')[1])).end(`status ${path.split('=')[1]}`),
  '/bytes': ({ path }, response) => void response.end(someBytes(Number(path.split('=')[1]))),
  '/hang': (_, response) => void response.write('begun'),
  '/silent': () => undefined,
  '/break': (_, response) => void response.writeHead(200, { 'content-length': 1_000 }).write('half', () => response.destroy()),
  '/drop': (_, response) => void response.destroy(),
};

/** A real HTTP server of Node, on 127.0.0.1 unless told otherwise, with TLS where asked. */
export const startHttpServer = async (options: HttpOptions = {}): Promise<HttpFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-http-'));
  const certificate = options.tls === true ? createCertificate(folder, options.certificateName ?? 'IP:127.0.0.1') : undefined;
  const taken: TakenRequest[] = [];
  const waiting: (() => void)[] = [];
  const closed = Promise.withResolvers<void>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: await textOf(request) };
    taken.push(one);
    response.on('close', closed.resolve);
    for (const look of waiting) look();
    const [wanted, value] = options.wants ?? [];
    if (wanted !== undefined && request.headers[wanted] !== value) return void response.writeHead(401).end('who are you?');
    if (one.path === '/elsewhere') return void response.writeHead(302, { location: options.redirectTo ?? '/' }).end();
    const route = ROUTES[one.path.split('?')[0] ?? ''];
    if (route !== undefined) return route(one, response);
    if (options.otherwise === undefined) response.end('ok\n');
    else options.otherwise(one, response);
  };
  const listener: RequestListener = (request, response) => void answer(request, response).catch(() => response.destroy());
  const files = certificate && { cert: readFileSync(certificate.certificateFile), key: readFileSync(certificate.keyFile) };
  const clients = options.clients !== undefined && { ca: options.clients, requestCert: true, rejectUnauthorized: true };
  const versions = options.maxVersion !== undefined && { maxVersion: options.maxVersion };
  const made = files === undefined ? createServer(listener) : createTlsServer({ ...files, ...clients, ...versions }, listener);
  const server: Server = made.listen(0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    made.closeAllConnections();
    await once(server, 'close');
  };
  const protocol = certificate === undefined ? 'http' : 'https';
  return {
    port,
    origin: `${protocol}://127.0.0.1:${port}`,
    pem: certificate?.pem ?? '',
    taken,
    closed: closed.promise,
    asked: (path) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (taken.some((one) => one.path === path)) resolve();
        };
        waiting.push(look);
        look();
      }),
    endpoint: (config = {}, secret) => ({
      methodType: 'rest_api',
      host: '127.0.0.1',
      port,
      config: { protocol, ...(certificate && { ca_certificate: certificate.pem }), ...config },
      hostKeyFingerprint: undefined,
      platform: 'posix',
      connectTimeoutMs: 10_000,
      keepAliveMs: 0,
      secret,
    }),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
