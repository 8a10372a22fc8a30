import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { problemOf } from '../api/problems.ts';
import { OpsError } from '../domain/ops-error.ts';

const problemFor = (code: string | undefined): OpsError => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new OpsError('REQUEST_TIMEOUT', 'The head of the request did not come whole in time.');
  if (code === 'HPE_HEADER_OVERFLOW')
    return new OpsError('HEADERS_TOO_LARGE', 'The address and the headers of a request may have at most 16 KiB.');
  return new OpsError('MALFORMED_REQUEST', 'This is no HTTP request that can be read.');
};

/** An answer has begun on this connection: nothing else can be said on it. */
const isAnswering = (socket: Duplex): boolean => (socket as { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent === true;

/** Answers what never became a request, and closes the connection. */
export const answerUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const problem = problemOf(problemFor(error.code), requestId);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${requestId}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};
