import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { allowedLookup, refuseDeniedAddress } from '../http/denied-networks.ts';
import { tlsOptions } from '../tls-options.ts';
import type { TlsOptions } from '../tls-options.ts';
import { OPERATION_TIMEOUT_SECONDS } from './envelopes.ts';
import type { WinrmEndpoint } from './winrm-endpoint.ts';

export interface HttpAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  /** NTLM logs in a connection: another one knows nothing of it. */
  socket: Socket;
}

/** One kept connection; one request at a time. */
export interface HttpConnection extends Disposable {
  post(body: Buffer, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer>;
}

/** Beyond the longest poll: then nobody is there any more. */
const SILENCE_MS = (OPERATION_TIMEOUT_SECONDS + 40) * 1_000;
/** Messages are at most 500 KB on Windows. */
const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024;

const timedOut = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });

const readBody = async (response: http.IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > LARGEST_ANSWER_BYTES) throw new Error('the answer is larger than any of WinRM');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const tlsOf = ({ host, config }: WinrmEndpoint): TlsOptions =>
  tlsOptions({ host, ca_certificate: config.ca_certificate, server_name: config.server_name, verify: config.verify_ssl });

const requestOptions = (endpoint: WinrmEndpoint): http.RequestOptions => ({
  host: endpoint.host,
  port: endpoint.port,
  path: '/wsman',
  method: 'POST',
});

/** A connection that is made by its first request. @throws (post) OpsError ADDRESS_DENIED, the error of the socket, or the signal's reason */
export const createHttpConnection = (endpoint: WinrmEndpoint): HttpConnection => {
  const module = endpoint.isTls ? https : http;
  const where = `WinRM to ${endpoint.host} port ${endpoint.port}`;
  const lookup = allowedLookup(endpoint.deniedNetworks, where);
  // Options of TLS belong to the agent: those of a request make it a connection of another name, and NTLM's login would be lost.
  const agent = new module.Agent({ keepAlive: true, maxSockets: 1, lookup, ...(endpoint.isTls ? tlsOf(endpoint) : {}) });
  const options = requestOptions(endpoint);
  let isConnected = false;

  const answerTo = (body: Buffer, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const request = module.request({ ...options, agent, signal, headers: { ...headers, 'Content-Length': body.length } }, resolve);
      request.on('error', reject);
      const connecting = setTimeout(() => request.destroy(timedOut()), isConnected ? SILENCE_MS : endpoint.connectTimeoutMs);
      request.on('close', () => clearTimeout(connecting));
      request.on('response', () => clearTimeout(connecting));
      request.setTimeout(SILENCE_MS, () => request.destroy(timedOut()));
      request.end(body);
    });

  return {
    async post(body, headers, signal) {
      signal.throwIfAborted();
      try {
        if (!isConnected) await refuseDeniedAddress(endpoint.deniedNetworks, endpoint.host, where);
        const response = await answerTo(body, headers, signal);
        isConnected = true;
        const { socket } = response;
        return { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response), socket };
      } catch (error) {
        agent.destroy();
        signal.throwIfAborted();
        throw error;
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
};
