import type { HttpResponse } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { HttpPlace } from './connect-http.ts';
import { loginName } from './login-headers.ts';
import type { OutputSink } from '../transport.ts';

const MOST_BYTES = 65_536;

/** Answer of a probe. */
export interface Answer extends HttpResponse {
  /** First 64 KiB of its body. */
  text: string;
}

/** Sends a probe and keeps the start of what comes back. */
export const readAnswer = async (send: (output: OutputSink) => Promise<HttpResponse>): Promise<Answer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const response = await send(async (_, chunk) => {
    if (bytes < MOST_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  });
  return { ...response, text: Buffer.concat(chunks).subarray(0, MOST_BYTES).toString() };
};

/** @throws OpsError LOGIN_REJECTED for 401 and 403, REQUEST_FAILED for a server that fails (500 and more) */
export const refuseFailure = ({ protocol, endpoint }: HttpPlace, path: string, { status }: HttpResponse): void => {
  const where = `${protocol} to ${endpoint.host} port ${endpoint.port}`;
  if (status === 401 || status === 403) {
    const advice =
      endpoint.secret === undefined ? 'It wants a credential: add one to the method.' : 'Check the credential and what it may do there.';
    throw new OpsError('LOGIN_REJECTED', `${where}: the server answered ${status} to GET ${path} ${loginName(endpoint.secret)}. ${advice}`);
  }
  if (status >= 500)
    throw new OpsError('REQUEST_FAILED', `${where}: the server answered ${status} to GET ${path}; it is up but fails. See its log.`);
};
