import { METHODS } from '../../contracts/capabilities.ts';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { HttpRequest } from '../../contracts/transport.ts';
import { closeHttp, connectHttp, originOf } from '../http/connect-http.ts';
import type { HttpPlace } from '../http/connect-http.ts';
import type { ReadDeniedNetworks } from '../http/denied-networks.ts';
import { clientCertificateOf, loginHeaders, loginName } from '../http/login-headers.ts';
import { readAnswer, refuseFailure } from '../http/read-answer.ts';
import { sendRequest } from '../http/send-request.ts';
import { tlsOptions } from '../tls-options.ts';
import type { OpenSession, OutputSink, Session } from '../transport.ts';

/** REST over HTTP(S) with `undici`; the probe is a GET of the base path with the credential. */
export const createOpenRestApi =
  (deniedNetworks: ReadDeniedNetworks): OpenSession =>
  async (endpoint, signal): Promise<Session> => {
    const config = METHOD_CONFIGS.rest_api.parse(endpoint.config);
    const tls =
      config.protocol === 'https'
        ? tlsOptions({ ...config, host: endpoint.host, verify: config.verify_ssl, client: clientCertificateOf(endpoint.secret) })
        : undefined;
    const place: HttpPlace = { protocol: METHODS.rest_api.label, endpoint, tls, deniedNetworks };
    const login = loginHeaders(endpoint.secret, 'own_header');
    const link = await connectHttp(place, signal);
    const basePath = config.base_path.replace(/\/+$/, '');
    const request = (wanted: HttpRequest, output: OutputSink, until: AbortSignal) =>
      sendRequest(link, login, { ...wanted, path: `${basePath}${wanted.path}` }, output, until);
    return {
      hostKeyFingerprint: undefined,
      login: `Connected to ${originOf(place)} ${loginName(endpoint.secret)}`,
      get isOpen() {
        return !link.pool.destroyed;
      },
      request,
      async probe(until) {
        const get: HttpRequest = { method: 'GET', path: config.base_path, headers: {}, body: undefined };
        const answer = await readAnswer((output) => sendRequest(link, login, get, output, until));
        refuseFailure(place, config.base_path, answer);
        return `GET ${config.base_path} was answered with status ${answer.status}.`;
      },
      [Symbol.asyncDispose]: () => closeHttp(link),
    };
  };
