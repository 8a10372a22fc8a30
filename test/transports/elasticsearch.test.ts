import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, HttpRequest } from '../../src/contracts/transport.ts';
import { createOpenElasticsearch } from '../../src/transports/elasticsearch/open-elasticsearch.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import { collectOutput } from '../support/collect-output.ts';
import { startElasticsearch, withoutElasticsearch } from '../support/elasticsearch-fixture.ts';
import type { ElasticsearchFixture } from '../support/elasticsearch-fixture.ts';
import { freePort } from '../support/free-port.ts';
import { startHttpServer } from '../support/http-fixture.ts';
import { outcomeCode } from '../support/outcome-code.ts';

const signal = new AbortController().signal;
const openElasticsearch = createOpenElasticsearch(async () => []);

const endpointAt = (port: number, config: Record<string, unknown> = {}, secret?: Endpoint['secret']): Endpoint => ({
  methodType: 'elasticsearch',
  host: '127.0.0.1',
  port,
  config,
  hostKeyFingerprint: undefined,
  platform: 'posix',
  connectTimeoutMs: 10_000,
  keepAliveMs: 0,
  secret,
});

const ask = async (endpoint: Endpoint, method: HttpRequest['method'], path: string, body?: object | string) => {
  await using session = await openElasticsearch(endpoint, signal);
  const output = collectOutput();
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const request = { method, path, headers: { 'content-type': 'application/json' }, body: text };
  const response = await session.request?.(request, output.sink, signal);
  return { status: response?.status, json: JSON.parse(output.stdout) };
};

const probeOver = async (endpoint: Endpoint): Promise<string> => {
  await using session = await openElasticsearch(endpoint, signal);
  return await session.probe(signal);
};

describe.skipIf(withoutElasticsearch)('Elasticsearch (a node of its own)', () => {
  let server: ElasticsearchFixture;
  beforeAll(async () => {
    server = await startElasticsearch();
  }, 120_000);
  afterAll(() => server[Symbol.asyncDispose]());

  test('documents are written, found and removed', async () => {
    const endpoint = endpointAt(server.port);
    const document = { name: 'Zoë "\\ \u2028', n: 3 };
    expect(await ask(endpoint, 'PUT', '/things/_doc/1?refresh=true', document)).toMatchObject({ status: 201, json: { result: 'created' } });
    const found = await ask(endpoint, 'POST', '/things/_search', { query: { match: { name: 'Zoë' } } });
    expect(found).toMatchObject({ status: 200, json: { hits: { hits: [{ _id: '1', _source: document }] } } });
    expect(await ask(endpoint, 'DELETE', '/things')).toEqual({ status: 200, json: { acknowledged: true } });
  });

  test('the prefix of the method begins the name of every index', async () => {
    const endpoint = endpointAt(server.port, { index_prefix: 'team-' });
    expect(await ask(endpoint, 'PUT', '/kept/_doc/1?refresh=true', { n: 1 })).toMatchObject({ json: { _index: 'team-kept' } });
    expect(await ask(endpointAt(server.port), 'GET', '/team-kept/_count')).toMatchObject({ status: 200, json: { count: 1 } });
    expect(await ask(endpoint, 'GET', '/ke*,-other*/_count')).toMatchObject({ status: 200, json: { count: 1 } });
    expect(await ask(endpoint, 'GET', '/_cluster/health')).toMatchObject({ status: 200 });
    expect(await ask(endpoint, 'DELETE', '/kept')).toMatchObject({ status: 200 });
  });

  test('what the server refuses is a result with its status and words', async () => {
    const answer = await ask(endpointAt(server.port), 'POST', '/_search', { query: { nonsense: {} } });
    expect(answer).toMatchObject({ status: 400, json: { error: { type: 'parsing_exception' } } });
  });

  test('the probe tells product, version, cluster and health', async () => {
    await expect(probeOver(endpointAt(server.port))).resolves.toBe('Elasticsearch 7.17.28, cluster opsc-test, health green, 1 nodes.');
  });

  test.each([
    ['user and password', { type: 'password', username: 'ann', password: 'pä"$:' }, `Basic ${Buffer.from('ann:pä"$:').toString('base64')}`],
    ['an API key', { type: 'api_key', header: 'X-API-Key', key: 'a2V5' }, 'ApiKey a2V5'],
    ['a token', { type: 'api_token', token: 't0ken' }, 'Bearer t0ken'],
  ] as const)('over TLS and with %s: a test passes exactly when a request would', async (_, secret, value) => {
    await using guard = await server.startGuard(['authorization', value]);
    const trusted = { ssl: true, ca_certificate: guard.pem };
    const cases: [string, Endpoint, string][] = [
      ['right', endpointAt(guard.port, trusted, secret), 'success'],
      ['wrong', endpointAt(guard.port, trusted, { type: 'api_token', token: 'not-it' }), 'LOGIN_REJECTED'],
      ['no credential', endpointAt(guard.port, trusted), 'LOGIN_REJECTED'],
      ['not trusted', endpointAt(guard.port, { ssl: true }, secret), 'CERTIFICATE_REFUSED'],
      ['not verified', endpointAt(guard.port, { ssl: true, verify_certs: false }, secret), 'success'],
      ['other name', endpointAt(guard.port, { ...trusted, server_name: 'other.test' }, secret), 'CERTIFICATE_REFUSED'],
      ['TLS to a plain port', endpointAt(server.port, trusted, secret), 'PROTOCOL_ERROR'],
      ['no listener', endpointAt(await freePort(), trusted, secret), 'CONNECTION_REFUSED'],
      ['no such name', { ...endpointAt(guard.port, trusted, secret), host: 'no-such-host.invalid' }, 'NAME_NOT_FOUND'],
    ];
    for (const [what, endpoint, expected] of cases) expect([what, await outcomeCode(probeOver(endpoint))]).toEqual([what, expected]);
    expect((await ask(endpointAt(guard.port, trusted, secret), 'GET', '/')).json.cluster_name).toBe('opsc-test');
  });
});

describe('what answers instead of Elasticsearch', () => {
  test('OpenSearch is told by its name; health that the login may not see is no failure', async () => {
    const banner = { cluster_name: 'c', version: { number: '2.19.0', distribution: 'opensearch' } };
    await using server = await startHttpServer({
      otherwise: ({ path }, response) => void (path === '/' ? response.end(JSON.stringify(banner)) : response.writeHead(403).end()),
    });
    const told = probeOver(endpointAt(server.port));
    await expect(told).resolves.toBe('OpenSearch 2.19.0, cluster c, its health cannot be seen by this login (status 403).');
  });

  test('a server before it that asks for a certificate of the client is shown one, with the login beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'opsc-client-'));
    const authority = createAuthority(folder, 'authority');
    const banner = { cluster_name: 'c', version: { number: '9.1.0' } };
    await using server = await startHttpServer({
      tls: true,
      clients: authority.pem,
      otherwise: ({ path }, response) => void (path === '/' ? response.end(JSON.stringify(banner)) : response.writeHead(403).end()),
    });
    const login = { credential_type: 'api_key', header: 'unused', key: 'k3y' } as const;
    const endpoint = endpointAt(server.port, { ssl: true, ca_certificate: server.pem }, { ...authority.issue(), login });
    await expect(probeOver(endpoint)).resolves.toContain('Elasticsearch 9.1.0, cluster c');
    expect(server.taken.map(({ headers }) => headers.authorization)).toEqual(['ApiKey k3y', 'ApiKey k3y']);
    rmSync(folder, { recursive: true });
  });

  test('a web server that is no node fails the test', async () => {
    await using server = await startHttpServer();
    await expect(probeOver(endpointAt(server.port))).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('Is this an Elasticsearch or OpenSearch node?'),
    });
  });
});
