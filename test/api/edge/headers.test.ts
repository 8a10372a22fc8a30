import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/create-app.ts';
import { log, startTestPlatform } from '../../support/platform.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { PASSWORD, addUser } from '../support/accounts.ts';
import { addTarget } from '../support/definitions.ts';
import { operationsOf, parametersOf } from '../support/operations.ts';

const ORIGIN = 'https://ops.example.org';
const PROXY = '10.1.2.3';

describe('headers of answers', () => {
  let platform: TestPlatform;
  let app: TestPlatform['app'];
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const { services, feed, hub, metrics } = platform;
    const edge = { trustedProxies: [PROXY], corsOrigins: [ORIGIN, 'http://localhost:3000'] };
    app = createApp({ services, feed, hub, metrics, readiness: async () => ({}), log, edge, version: 'test' });
    for (let index = 0; index < 20; index += 1) await addTarget(platform, `gzip-${index}.example.org`);
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const get = async (path: string, headers: Record<string, string> = {}, peer = '192.0.2.1') =>
    app.request(
      path,
      { headers: { authorization: `Bearer ${platform.token}`, ...headers } },
      { incoming: { socket: { remoteAddress: peer, remotePort: 1, remoteFamily: 'IPv4' } } },
    );

  test.each(['/api/v1/targets', '/api/v1/targets/T20990001', '/nothing', '/healthz', '/openapi.json'])(
    'the answer of %s is not sniffed, framed, kept or given away, and loads nothing',
    async (path) => {
      const { headers } = await get(path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
        'x-request-id': expect.any(String),
      });
    },
  );

  test('HTTPS is asked for from then on when a trusted proxy says that the caller came by it', async () => {
    const https = { 'x-forwarded-proto': 'https' };
    expect((await get('/healthz', https, PROXY)).headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect((await get('/healthz', { 'x-forwarded-proto': 'http' }, PROXY)).headers.has('strict-transport-security')).toBe(false);
    expect((await get('/healthz', https, '192.0.2.1')).headers.has('strict-transport-security')).toBe(false);
  });

  describe('pages of other origins', () => {
    test('one on the list may read answers and the headers that matter', async () => {
      const { status, headers } = await get('/api/v1/targets', { origin: ORIGIN });
      expect([status, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([
        200,
        ORIGIN,
        expect.stringContaining('Origin'),
      ]);
      for (const name of ['ETag', 'Retry-After', 'X-Request-Id', 'RateLimit-Remaining', 'Idempotent-Replayed'])
        expect(headers.get('access-control-expose-headers')?.split(', ')).toContain(name);
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    });

    const namesIn = (headers: Headers, list: string): string[] => headers.get(list)?.toLowerCase().split(', ') ?? [];

    test('whatever header an operation declares may be sent, and read of its answers', async () => {
      const operations = operationsOf(platform);
      const sent = operations.flatMap((operation) => parametersOf(operation, 'header').map(({ name }) => name.toLowerCase()));
      const answers = operations.flatMap(({ spec }) => Object.values(spec['responses'] as Record<string, { headers?: object }>));
      const read = answers.flatMap(({ headers = {} }) => Object.keys(headers).map((name) => name.toLowerCase()));
      const method = { 'access-control-request-method': 'GET' };
      const asked = await app.request('/api/v1/targets', { method: 'OPTIONS', headers: { origin: ORIGIN, ...method } });
      const allowed = namesIn(asked.headers, 'access-control-allow-headers');
      expect(allowed).toEqual(expect.arrayContaining([...sent, 'authorization', 'content-type', 'x-request-id', 'traceparent']));
      expect(allowed).toEqual(expect.arrayContaining(['if-range', 'range', 'content-digest', 'repr-digest', 'prefer', 'x-passphrase']));
      const exposed = namesIn((await get('/api/v1/targets', { origin: ORIGIN })).headers, 'access-control-expose-headers');
      expect(exposed).toEqual(expect.arrayContaining([...read, 'allow', 'x-request-id', 'www-authenticate']));
      expect(exposed).toEqual(
        expect.arrayContaining(['location', 'content-range', 'accept-ranges', 'repr-digest', 'content-disposition', 'preference-applied']),
      );
      for (const names of [allowed, exposed]) expect(names).toEqual([...new Set(names)]);
    });

    test('a problem may be read as well', async () => {
      const { status, headers } = await get('/api/v1/targets', { origin: ORIGIN, authorization: 'Bearer x' });
      expect([status, headers.get('access-control-allow-origin')]).toEqual([401, ORIGIN]);
    });

    test.each(['https://evil.example.org', 'null', `${ORIGIN}.evil.org`, 'http://ops.example.org', `${ORIGIN}:444`, '*'])(
      '%s may not',
      async (origin) => {
        const { headers } = await get('/api/v1/targets', { origin });
        expect([headers.has('access-control-allow-origin'), headers.get('vary')]).toEqual([false, expect.stringContaining('Origin')]);
        const preflight = await app.request('/api/v1/targets', {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        });
        expect([preflight.headers.has('access-control-allow-origin'), preflight.headers.has('access-control-allow-methods')]).toEqual([
          false,
          false,
        ]);
      },
    );

    test('a question beforehand is answered without a login, with the methods of the address', async () => {
      const ask = (path: string) =>
        app.request(path, {
          method: 'OPTIONS',
          headers: { origin: ORIGIN, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization,if-match' },
        });
      const { status, headers } = await ask('/api/v1/targets/T20250001');
      expect([status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-methods')]).toEqual([
        204,
        ORIGIN,
        'DELETE, GET, HEAD, OPTIONS, PATCH',
      ]);
      expect(headers.get('access-control-allow-headers')?.toLowerCase().split(', ')).toEqual(
        expect.arrayContaining(['authorization', 'if-match', 'idempotency-key']),
      );
      expect((await ask('/api/v1/nothing')).status).toBe(404);
    });

    test('without a list there are no such headers', async () => {
      const { headers } = await platform.app.request('/healthz', { headers: { origin: ORIGIN } });
      expect([headers.has('access-control-allow-origin'), headers.get('vary')]).toEqual([false, 'Accept-Encoding']);
    });
  });

  describe('gzip', () => {
    const zip = { 'accept-encoding': 'br, gzip;q=0.8' };

    test('a long answer is sent compressed to those who take it, and is the same', async () => {
      const [plain, zipped] = await Promise.all([get('/api/v1/targets'), get('/api/v1/targets', zip)]);
      expect([plain.headers.has('content-encoding'), zipped.headers.get('content-encoding')]).toEqual([false, 'gzip']);
      for (const { headers } of [plain, zipped]) expect(headers.get('vary')).toContain('Accept-Encoding');
      const bytes = new Uint8Array(await zipped.arrayBuffer());
      const whole = await plain.text();
      expect(bytes.length).toBeLessThan(whole.length / 3);
      expect(gunzipSync(bytes).toString()).toBe(whole);
    });

    test('an ETag is the same, so that it can be sent back', async () => {
      const path = `/api/v1/targets/${((await (await get('/api/v1/targets?limit=1')).json()) as { data: [{ target_serial: string }] }).data[0].target_serial}`;
      const [plain, zipped] = await Promise.all([get(path), get(path, zip)]);
      expect(zipped.headers.get('etag')).toBe(plain.headers.get('etag'));
    });

    test.each(['', 'identity', 'br', 'gzip;q=0', 'gzip; q=0.000'])('who says Accept-Encoding: %s gets it as it is', async (accepted) => {
      expect((await get('/api/v1/targets', { 'accept-encoding': accepted })).headers.has('content-encoding')).toBe(false);
    });

    test('a short answer is not compressed', async () => {
      expect((await get('/healthz', zip)).headers.has('content-encoding')).toBe(false);
    });

    test('what holds a secret is not compressed, so that its length tells nothing', async () => {
      const { username } = await addUser('admin');
      const headers = { ...zip, 'content-type': 'application/json', authorization: `Bearer ${platform.token}` };
      const name = 'x'.repeat(200);
      const scopes = Array.from({ length: 1 }, () => 'jobs.read');
      const token = await app.request('/api/v1/auth/tokens', {
        method: 'POST',
        headers,
        body: JSON.stringify({ name: name.slice(0, 100), scopes }),
      });
      const login = await app.request('/api/v1/auth/login', {
        method: 'POST',
        headers,
        body: JSON.stringify({ username, password: PASSWORD }),
      });
      expect([token.status, login.status]).toEqual([201, 200]);
      for (const answer of [token, login])
        expect([answer.headers.has('content-encoding'), answer.headers.has('vary')]).toEqual([false, true]);
    });

    test('the bytes of an artifact and a stream of events are sent as they are', async () => {
      const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'application/octet-stream' };
      const uploaded = await app.request('/api/v1/artifacts?name=a', { method: 'POST', headers, body: 'a'.repeat(5_000) });
      const { artifact_uuid: uuid } = (await uploaded.json()) as { artifact_uuid: string };
      const content = await get(`/api/v1/artifacts/${uuid}/content`, zip);
      expect([content.headers.has('content-encoding'), (await content.text()).length]).toEqual([false, 5_000]);
    });
  });
});
