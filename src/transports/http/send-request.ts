import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import type { HttpRequest, HttpResponse } from '../../contracts/transport.ts';
import { Aborted, throwIfNotSent } from '../../domain/aborted.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { abortable } from '../abortable.ts';
import { connectionErrorOf, connectionLost, toConnectionError } from '../socket-errors.ts';
import type { OutputSink } from '../transport.ts';
import type { HttpLink } from './connect-http.ts';

/** Headers of a login; those of the request itself win. */
export type LoginHeaders = Readonly<Record<string, string>>;

const mergeHeaders = (login: LoginHeaders, own: HttpRequest['headers']): Record<string, string> => {
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(login).filter(([name]) => !names.has(name.toLowerCase()))), ...own };
};

const codeOf = (error: unknown): unknown => (error instanceof Error ? Reflect.get(error, 'code') : undefined);

const explain = (link: HttpLink, { method }: HttpRequest, error: unknown): OpsError => {
  const { protocol, endpoint } = link.place;
  if (link.isConnectError(error)) return toConnectionError(protocol, endpoint, error);
  // An alert of TLS: the server has refused the certificate of the client, or the lack of one, and has not read the request.
  const known = connectionErrorOf(protocol, endpoint, error);
  if (known?.code === 'LOGIN_REJECTED') return known;
  const where = `${protocol} to ${endpoint.host} port ${endpoint.port}`;
  const reason = error instanceof Error ? error.message : String(error);
  if (codeOf(error) === 'UND_ERR_INVALID_ARG')
    return new OpsError('VALIDATION', `${where}: this ${method} cannot be sent (${reason}). Correct its path, headers or credential.`);
  if (error instanceof errors.HTTPParserError)
    return new OpsError('PROTOCOL_ERROR', `${where}: what answers does not speak HTTP as it should (${reason}). Is this its port?`, {
      cause: error,
    });
  const may = endpoint.secret?.type === 'client_certificate' ? ', or has not accepted the client certificate' : '';
  return connectionLost(protocol, endpoint, `before the answer to ${method} was whole; the server may have done it${may}`, error);
};

const abortedRequest = ({ method }: HttpRequest, fate: string, { reason }: AbortSignal): Aborted => {
  if (method === 'GET' || method === 'HEAD') return new Aborted('ended', `The ${method} only reads; it was given up.`, reason);
  const message = `The ${method} was sent and ${fate}: the server may have done it. Look there before it is sent again.`;
  return new Aborted('unknown', message, reason);
};

async function* chunksOf(
  link: HttpLink,
  request: HttpRequest,
  { body, statusCode: status }: Pick<Dispatcher.ResponseData, 'body' | 'statusCode'>,
  signal: AbortSignal,
) {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (error) {
    throw signal.aborted
      ? abortedRequest(request, `was answered with status ${status}, and not to the end`, signal)
      : explain(link, request, error);
  }
}

const plainHeaders = (headers: Dispatcher.ResponseData['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

/** Tells when a connection takes a request over; until then it waits for one. */
const whenBegun =
  (begun: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        begun();
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart: (...told) => handler.onResponseStart?.(...told),
      onResponseData: (...told) => handler.onResponseData?.(...told),
      onResponseEnd: (...told) => handler.onResponseEnd?.(...told),
      onResponseError: (...told) => handler.onResponseError?.(...told),
    });

/**
 * Sends one request, once: nothing is repeated here, and no redirect is followed, so a credential goes to its own server only.
 * @param path as it is to be sent, base path included
 */
export const sendRequest = async (
  link: HttpLink,
  login: LoginHeaders,
  request: HttpRequest,
  output: OutputSink,
  signal: AbortSignal,
): Promise<HttpResponse> => {
  throwIfNotSent(signal);
  const { method, path, body } = request;
  let isSent = false;
  const watched = link.pool.compose(whenBegun(() => (isSent = true)));
  const headers = mergeHeaders({ 'user-agent': 'OpsConductor', accept: '*/*', ...login }, request.headers);
  // A request that waits for a connection does not look at its signal before its turn; it is then not written any more.
  const asked = abortable(signal, () => undefined, watched.request({ method, path, headers, body: body ?? null, signal }));
  const response = await asked.catch((error: unknown) => {
    if (!signal.aborted) throw explain(link, request, error);
    if (!isSent) throwIfNotSent(signal);
    throw abortedRequest(request, 'not answered', signal);
  });
  for await (const chunk of chunksOf(link, request, response, signal)) await output('stdout', chunk);
  return { status: response.statusCode, headers: plainHeaders(response.headers) };
};
