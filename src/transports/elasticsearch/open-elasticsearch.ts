import { z } from 'zod';
import { METHODS } from '../../contracts/capabilities.ts';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { closeHttp, connectHttp, originOf } from '../http/connect-http.ts';
import type { HttpLink, HttpPlace } from '../http/connect-http.ts';
import type { ReadDeniedNetworks } from '../http/denied-networks.ts';
import { clientCertificateOf, loginHeaders, loginName } from '../http/login-headers.ts';
import { readAnswer, refuseFailure } from '../http/read-answer.ts';
import type { Answer } from '../http/read-answer.ts';
import { sendRequest } from '../http/send-request.ts';
import type { LoginHeaders } from '../http/send-request.ts';
import { tlsOptions } from '../tls-options.ts';
import { withIndexPrefix } from './index-prefix.ts';
import type { OpenSession, Session } from '../transport.ts';

/** OpenSearch tells a `distribution`, Elasticsearch none. */
const Banner = z.object({ cluster_name: z.string(), version: z.object({ number: z.string(), distribution: z.string().optional() }) });
const Health = z.object({ status: z.string(), number_of_nodes: z.number() });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const get = (link: HttpLink, login: LoginHeaders, path: string, signal: AbortSignal): Promise<Answer> =>
  readAnswer((output) => sendRequest(link, login, { method: 'GET', path, headers: {}, body: undefined }, output, signal));

const healthText = ({ status, text }: Answer): string => {
  const health = Health.safeParse(parseJson(text));
  if (status === 200 && health.success) return `health ${health.data.status}, ${health.data.number_of_nodes} nodes`;
  return `its health cannot be seen by this login (status ${status})`;
};

const probe = async (link: HttpLink, login: LoginHeaders, signal: AbortSignal): Promise<string> => {
  const { place } = link;
  const banner = await get(link, login, '/', signal);
  refuseFailure(place, '/', banner);
  const parsed = Banner.safeParse(parseJson(banner.text));
  if (banner.status !== 200 || !parsed.success) {
    const { host, port } = place.endpoint;
    throw new OpsError(
      'PROTOCOL_ERROR',
      `${place.protocol} to ${host} port ${port}: GET / was answered with status ${banner.status}, not with a name and version. Is this an Elasticsearch or OpenSearch node?`,
    );
  }
  const { cluster_name: cluster, version } = parsed.data;
  const health = await get(link, login, '/_cluster/health', signal);
  const product = version.distribution === 'opensearch' ? 'OpenSearch' : 'Elasticsearch';
  return `${product} ${version.number}, cluster ${cluster}, ${healthText(health)}.`;
};

/** Elasticsearch and OpenSearch over HTTP(S) with `undici`; the probe reads version and health with the credential. */
export const createOpenElasticsearch =
  (deniedNetworks: ReadDeniedNetworks): OpenSession =>
  async (endpoint, signal): Promise<Session> => {
    const config = METHOD_CONFIGS.elasticsearch.parse(endpoint.config);
    const tls = config.ssl
      ? tlsOptions({ ...config, host: endpoint.host, verify: config.verify_certs, client: clientCertificateOf(endpoint.secret) })
      : undefined;
    const place: HttpPlace = { protocol: METHODS.elasticsearch.label, endpoint, tls, deniedNetworks };
    const login = loginHeaders(endpoint.secret, 'authorization');
    const link = await connectHttp(place, signal);
    return {
      hostKeyFingerprint: undefined,
      login: `Connected to ${originOf(place)} ${loginName(endpoint.secret)}`,
      get isOpen() {
        return !link.pool.destroyed;
      },
      request: (request, output, until) =>
        sendRequest(link, login, { ...request, path: withIndexPrefix(request.path, config.index_prefix) }, output, until),
      probe: (until) => probe(link, login, until),
      [Symbol.asyncDispose]: () => closeHttp(link),
    };
  };
