import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/create-app.ts';
import { connectDatabase } from '../../../src/db/connect.ts';
import { createRateLimits } from '../../../src/db/rate-limits.ts';
import { selectRow } from '../../../src/db/query.ts';
import { LONG_WINDOW_MS, log, startTestPlatform } from '../../support/platform.ts';
import type { Answer, TestPlatform } from '../../support/platform.ts';
import { openClient } from '../../support/open-client.ts';
import { PASSWORD, addApiToken, addSession, addUser } from '../support/accounts.ts';
import { jobNamed } from '../support/definitions.ts';

const TOKENS = 'rate_limit_token_per_minute';
const ADDRESSES = 'rate_limit_address_per_minute';
const LOGINS = 'rate_limit_login_per_minute';

/** The same pool. @param onAnswer called when whoever asked has read the answer to a statement */
const tellingQueries = (db: Sequelize, onAnswer: () => void): Sequelize => {
  const query = async (...asked: Parameters<Sequelize['query']>): Promise<unknown> => {
    const answer = await db.query(...asked);
    setImmediate(onAnswer);
    return answer;
  };
  return new Proxy(db, { get: (target, key): unknown => (key === 'query' ? query : Reflect.get(target, key)) });
};

describe('limits of requests', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false, isLimited: true });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const set = async (limits: Partial<Record<typeof TOKENS | typeof ADDRESSES | typeof LOGINS, number>>): Promise<void> => {
    const all = { [TOKENS]: 0, [ADDRESSES]: 0, [LOGINS]: 0, ...limits };
    for (const [key, value] of Object.entries(all))
      await platform.db.query('UPDATE system_settings SET setting_value = to_jsonb($1::int) WHERE setting_key = $2', {
        bind: [value, key],
      });
    platform.services.readSettings.forget?.();
  };
  beforeEach(() => set({}));

  let lastHost = 0;
  const newAddress = (): string => `192.0.2.${(lastHost += 1)}`;

  /** A request as it comes from an address. */
  const from = async (remoteAddress: string, path: string, init: RequestInit = {}, app = platform.app) =>
    app.request(path, init, { incoming: { socket: { remoteAddress, remotePort: 1, remoteFamily: 'IPv4' } } });
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const statuses = async (count: number, send: () => Promise<Response>): Promise<number[]> => {
    const seen: number[] = [];
    while (seen.length < count) seen.push((await send()).status);
    return seen;
  };
  const hitsOf = async (bucket: string): Promise<number | undefined> =>
    (await selectRow<{ hits: number }>(platform.db, 'SELECT hits FROM rate_limits WHERE bucket = $1', [bucket]))?.hits;

  const untilShared = async (bucket: string, hits: number): Promise<void> => {
    while ((await hitsOf(bucket)) !== hits);
  };

  test('a session may send as many as the setting says; the next is refused with when to come again', async () => {
    await set({ [TOKENS]: 3 });
    const token = await addSession(await addUser('viewer'));
    const left: unknown[] = [];
    for (let sent = 0; sent < 3; sent += 1) {
      const { status, headers } = await platform.call(token, 'GET', '/api/v1/auth/me');
      left.push([status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]);
      expect(Number(headers.get('ratelimit-reset'))).toBeGreaterThan(0);
    }
    expect(left).toEqual([
      [200, '3', '2'],
      [200, '3', '1'],
      [200, '3', '0'],
    ]);
    const { status, body, headers } = await platform.call(token, 'GET', '/api/v1/auth/me');
    expect([status, body.code, headers.get('ratelimit-remaining')]).toEqual([429, 'RATE_LIMITED', '0']);
    expect(headers.get('retry-after')).toBe(headers.get('ratelimit-reset'));
    expect(body.detail).toContain(`setting ${TOKENS}`);
  });

  test('each session and each API token counts for itself, also of one user', async () => {
    await set({ [TOKENS]: 1 });
    const user = await addUser('admin');
    const tokens = await Promise.all([
      addSession(user),
      addSession(user),
      addApiToken(user, ['jobs.read']),
      addApiToken(user, ['jobs.read']),
    ]);
    for (const token of tokens) {
      const seen = await statuses(2, async () => platform.app.request('/api/v1/jobs', bearer(token)));
      expect(seen).toEqual([200, 429]);
    }
  });

  test('an address may send as many as the setting says, whoever it says it is', async () => {
    await set({ [ADDRESSES]: 4 });
    const address = newAddress();
    const token = await addSession(await addUser('viewer'));
    expect((await from(address, '/api/v1/auth/me', bearer(token))).status).toBe(200);
    expect((await from(address, '/api/v1/auth/me')).status).toBe(401);
    expect((await from(address, '/api/v1/auth/me', bearer(`ops_s_${'A'.repeat(43)}`))).status).toBe(401);
    expect((await from(address, '/nothing')).status).toBe(404);
    const refused = await from(address, '/api/v1/auth/me', bearer(token));
    expect([refused.status, refused.headers.get('content-type')]).toEqual([429, 'application/problem+json']);
    expect((await from(newAddress(), '/api/v1/auth/me', bearer(token))).status).toBe(200);
  });

  test('the addresses of one IPv6 network count as one', async () => {
    await set({ [ADDRESSES]: 1 });
    expect((await from('2001:db8:0:7::1', '/docs')).status).toBe(200);
    expect((await from('2001:0db8:0000:0007:ffff::2', '/docs')).status).toBe(429);
    expect((await from('2001:db8:0:8::1', '/docs')).status).toBe(200);
    expect((await from('::ffff:192.0.2.250', '/docs')).status).toBe(200);
    expect((await from('192.0.2.250', '/docs')).status).toBe(429);
  });

  test('an answer tells of the limit that ends first', async () => {
    await set({ [ADDRESSES]: 100, [TOKENS]: 10 });
    const token = await addSession(await addUser('viewer'));
    const { headers } = await from(newAddress(), '/api/v1/auth/me', bearer(token));
    expect([headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual(['10', '9']);
  });

  test('0 is no limit, and no header', async () => {
    const token = await addSession(await addUser('viewer'));
    const address = newAddress();
    for (let sent = 0; sent < 30; sent += 1) {
      const answer = await from(address, '/api/v1/auth/me', bearer(token));
      expect([answer.status, answer.headers.get('ratelimit-limit')]).toEqual([200, null]);
    }
  });

  test('those who watch over the server are not limited', async () => {
    await set({ [ADDRESSES]: 1 });
    const address = newAddress();
    expect(await statuses(5, () => from(address, '/healthz'))).toEqual([200, 200, 200, 200, 200]);
    expect((await from(address, '/readyz')).status).toBe(200);
  });

  test('logins are limited by address, right and wrong ones, and a refused one is not tried', async () => {
    await set({ [LOGINS]: 3 });
    const { username, id } = await addUser('viewer');
    const address = newAddress();
    const login = (password: string, at = address) =>
      from(at, '/api/v1/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password }),
      });
    expect((await login(PASSWORD)).status).toBe(200);
    expect(await statuses(2, () => login('wrong'))).toEqual([401, 401]);
    const refused = await login(PASSWORD);
    expect([refused.status, ((await refused.json()) as { code: string }).code, refused.headers.has('retry-after')]).toEqual([
      429,
      'RATE_LIMITED',
      true,
    ]);
    expect(await statuses(3, () => login('wrong'))).toEqual([429, 429, 429]);
    const user = await selectRow(platform.db, 'SELECT failed_login_count FROM users WHERE id = $1', [id]);
    expect(user).toEqual({ failed_login_count: 2 });
    expect((await login(PASSWORD, newAddress())).status).toBe(200);
  });

  test('coming back from the OIDC provider counts as a login', async () => {
    await set({ [LOGINS]: 2 });
    const address = newAddress();
    expect(await statuses(3, () => from(address, '/api/v1/auth/oidc/callback?code=x'))).toEqual([404, 404, 429]);
  });

  test('a refused request does nothing and keeps no Idempotency-Key', async () => {
    await set({ [TOKENS]: 1 });
    const token = await addSession(await addUser('admin'));
    expect((await platform.call(token, 'GET', '/api/v1/auth/me')).status).toBe(200);
    const headers = { 'idempotency-key': 'limited' };
    expect((await platform.call(token, 'POST', '/api/v1/jobs', jobNamed('limited'), headers)).status).toBe(429);
    await set({});
    const { status, headers: answered } = await platform.call(token, 'POST', '/api/v1/jobs', jobNamed('limited'), headers);
    expect([status, answered.get('idempotent-replayed')]).toEqual([201, null]);
  });

  test('what a caller says of its address is not believed', async () => {
    await set({ [ADDRESSES]: 1 });
    const address = newAddress();
    const said = (forwarded: string) =>
      from(address, '/docs', { headers: { 'x-forwarded-for': forwarded, forwarded: `for=${forwarded}` } });
    expect((await said('198.51.100.1')).status).toBe(200);
    expect((await said('198.51.100.2')).status).toBe(429);
  });

  test('behind a trusted proxy the caller is the last address that is no proxy', async () => {
    await set({ [ADDRESSES]: 1 });
    const { services, feed, hub, metrics } = platform;
    const edge = { trustedProxies: ['10.0.0.0/8', 'fd00::/8'], corsOrigins: [] };
    const app = createApp({
      services,
      feed,
      hub,
      metrics,
      readiness: async () => ({}),
      log,
      edge,
      version: 'test',
      limits: createRateLimits(services.db, LONG_WINDOW_MS),
    });
    const via = async (proxy: string, forwarded: string): Promise<number> =>
      (await from(proxy, '/docs', { headers: { 'x-forwarded-for': forwarded } }, app)).status;
    expect(await via('10.0.0.1', '203.0.113.1')).toBe(200);
    expect(await via('10.0.0.2', '203.0.113.1')).toBe(429);
    expect(await via('fd00::1', '203.0.113.2, 10.0.0.1')).toBe(200);
    expect(await via('::ffff:10.0.0.3', '198.51.100.7, 203.0.113.2')).toBe(429);
    expect(await via('10.0.0.1', 'garbage, 203.0.113.3')).toBe(200);
    expect(await via('10.0.0.1', '203.0.113.3, garbage')).toBe(200); // counted for the proxy
    expect(await via('10.0.0.1', 'unknown')).toBe(429);
    expect(await via('192.0.2.200', '203.0.113.4')).toBe(200);
    expect(await via('192.0.2.200', '203.0.113.5')).toBe(429);
  });

  test('several API processes agree as soon as they have told each other', async () => {
    await set({ [ADDRESSES]: 5 });
    const { services, feed, hub, metrics } = platform;
    const deps = {
      services,
      feed,
      hub,
      metrics,
      readiness: async () => ({}),
      log,
      edge: { trustedProxies: [], corsOrigins: [] },
      version: 'test',
    };
    const told = Promise.withResolvers<void>();
    const appOfProcess = (db: Sequelize) => createApp({ ...deps, limits: createRateLimits(db, LONG_WINDOW_MS) });
    const [one, other] = [appOfProcess(services.db), appOfProcess(tellingQueries(services.db, told.resolve))];
    const address = newAddress();
    const send = (app: typeof one) => () => from(address, '/docs', {}, app);
    expect(await statuses(4, send(one))).toEqual([200, 200, 200, 200]);
    await untilShared(`address/${address}`, 4);
    expect(await statuses(1, send(other))).toEqual([200]);
    // The row is there before the process has read the answer to its statement.
    await told.promise;
    expect(await statuses(1, send(other))).toEqual([429]);
  });

  test('few searches of logs are answered at once, fewer of one user, and the others are told when to come again', async () => {
    await using blocker = await openClient(platform.database.url);
    const [one, other] = [await addSession(await addUser('viewer')), await addSession(await addUser('viewer'))];
    const search = (token: string | undefined) =>
      platform.call(token, 'GET', `/api/v1/logs?from=${encodeURIComponent(new Date(Date.now() - 60_000).toISOString())}&regex=x`);
    const refusedOf = async (searches: readonly Promise<Answer>[]): Promise<unknown[]> => {
      const refused = await Promise.race(searches);
      return [refused.status, refused.body.code, refused.headers.get('retry-after')];
    };
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE job_execution_logs');
    const first = [search(one), search(one), search(one)];
    expect(await refusedOf(first)).toEqual([429, 'RATE_LIMITED', '2']);
    const second = [search(other), search(other)];
    expect(await refusedOf(second)).toEqual([503, 'UNAVAILABLE', '2']);
    expect((await platform.call(one, 'GET', '/api/v1/executions')).status).toBe(200);
    await blocker.query('ROLLBACK');
    const answers = await Promise.all([...first, ...second]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429, 503]);
    expect((await search(other)).status).toBe(200);
  });

  test('one user has at most 20 streamed answers open, whether or not he takes them; one that is broken off makes room', async () => {
    const token = await addSession(await addUser('admin'));
    const open = () => platform.app.request('/api/v1/audit/verification', bearer(token));
    const opened: Response[] = [];
    while (opened.length < 20) opened.push(await open());
    expect(opened.map(({ status }) => status)).toEqual(opened.map(() => 200));
    const refused = await open();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    await opened.pop()?.body?.cancel();
    const next = await open();
    expect([next.status, (await next.text()).includes('"verdict"')]).toEqual([200, true]);
    expect((await (await open()).text()).includes('"verdict"')).toBe(true);
    for (const { body } of opened) await body?.cancel();
  });

  test('requests are counted without a statement of their own', async () => {
    const seen: string[] = [];
    const { services } = platform;
    const { options } = services.db as unknown as { options: { logging: false | ((sql: string) => void) } };
    options.logging = (sql) => void seen.push(sql);
    const limits = createRateLimits(services.db, LONG_WINDOW_MS);
    for (let sent = 0; sent < 1_000; sent += 1) limits.take('address/192.0.2.251', 1_000_000);
    for (let sent = 0; sent < 1_000; sent += 1) limits.take('address/192.0.2.252', 1_000_000);
    await untilShared('address/192.0.2.252', 1_000);
    options.logging = false;
    expect(seen.filter((sql) => sql.includes('INSERT INTO rate_limits'))).toHaveLength(1);
    expect(await hitsOf('address/192.0.2.251')).toBe(1_000);
  });

  test('a window is a minute', () => {
    const { resetSeconds } = createRateLimits(platform.db).take('address/192.0.2.254', 1);
    expect(resetSeconds).toBeGreaterThan(0);
    expect(resetSeconds).toBeLessThanOrEqual(60);
  });

  test('while the database is away each process counts for itself', async () => {
    const db = connectDatabase({ url: platform.database.url, poolSize: 1, applicationName: 'test' });
    const limits = createRateLimits(db, LONG_WINDOW_MS);
    await db.close();
    const taken = [1, 2, 3].map(() => limits.take('address/192.0.2.253', 2).isRefused);
    expect(taken).toEqual([false, false, true]);
  });
});
