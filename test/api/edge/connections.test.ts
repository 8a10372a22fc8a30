import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Server } from 'node:http';
import type { ServerType } from '@hono/node-server';
import { pino } from 'pino';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/create-app.ts';
import type { ApiEnv } from '../../../src/api/env.ts';
import { limitBody } from '../../../src/api/middleware/limit-body.ts';
import { timeLimit } from '../../../src/api/middleware/time-limit.ts';
import { respondWithProblem } from '../../../src/api/problems.ts';
import { streamedBody } from '../../../src/api/streamed-body.ts';
import { listen } from '../../../src/cli/listen.ts';
import { connectDatabase } from '../../../src/db/connect.ts';
import { isDatabaseAway } from '../../../src/db/database-away.ts';
import { selectRow } from '../../../src/db/query.ts';
import { createTestDatabase } from '../../support/database.ts';
import { log, startTestPlatform } from '../../support/platform.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { jobNamed } from '../support/definitions.ts';
import { countRows } from '../support/unchanged.ts';

const TIMES = { headMs: 60_000, idleMs: 60_000, stallMs: 60_000 };
const SHORT = { ...TIMES, headMs: 500 };
const IDLE = 1_000;

/** A connection that keeps what it is sent. */
const openSocket = (port: number): Promise<{ socket: Socket; received: () => string; closed: Promise<string> }> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise<string>((done) => socket.once('close', () => done(text)));
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.on('error', () => {});
      resolve({ socket, received: () => text, closed });
    });
  });

const portOf = (url: string): number => Number(new URL(url).port);
const stop = (server: ServerType): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    (server as Server).closeAllConnections();
  });
const statusOf = (answer: string): number => Number(answer.split(' ')[1]);

describe('connections of hostile clients', () => {
  let platform: TestPlatform;
  let server: ServerType;
  let url: string;
  const logged: { level: number; msg: string; path?: string; err?: unknown }[] = [];
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const { services, feed, hub, metrics } = platform;
    const watched = pino({ level: 'trace' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
    const edge = { trustedProxies: [], corsOrigins: [] };
    const app = createApp({ services, feed, hub, metrics, readiness: async () => ({}), log: watched, edge, version: 'test' });
    ({ server, url } = await listen(app.fetch, { host: '127.0.0.1', port: 0 }, TIMES));
  });
  afterAll(async () => {
    await stop(server);
    await platform[Symbol.asyncDispose]();
  });

  const head = (first: string, ...headers: string[]): string =>
    [first, 'Host: x', `Authorization: Bearer ${platform.token}`, ...headers, '', ''].join('\r\n');
  const json = (length: number): string[] => ['Content-Type: application/json', `Content-Length: ${length}`];

  test('1,000 connections that say nothing more do not keep requests from being answered', async () => {
    const idle = await Promise.all(Array.from({ length: IDLE }, () => openSocket(portOf(url))));
    // Each has asked once, so that it is kept for its next request.
    for (const { socket } of idle) socket.write(head('GET /healthz HTTP/1.1'));
    const answer = await fetch(`${url}/api/v1/targets`, { headers: { authorization: `Bearer ${platform.token}` } });
    expect(answer.status).toBe(200);
    await answer.text();
    await Promise.all(
      idle.map(async ({ socket, received }) => {
        while (!received().includes('"ok"')) await new Promise((resolve) => socket.once('data', resolve));
      }),
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const open = await new Promise<number>((resolve, reject) =>
      (server as Server).getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    );
    expect(open).toBeGreaterThanOrEqual(IDLE);
    for (const { socket } of idle) socket.destroy();
  });

  test.each(['', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: '])(
    'a head that does not come whole (%j) is answered 408 and the connection closed',
    async (begun) => {
      const short = await listen(() => new Response('read'), { host: '127.0.0.1', port: 0 }, SHORT);
      const { socket, closed } = await openSocket(portOf(short.url));
      if (begun !== '') socket.write(begun);
      const answer = await closed;
      await stop(short.server);
      expect([statusOf(answer), answer.includes('"code":"REQUEST_TIMEOUT"'), answer.includes('Connection: close')]).toEqual([
        408,
        true,
        true,
      ]);
    },
  );

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['a head of 20 KB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['an address of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    ['a length that is none', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400, 'MALFORMED_REQUEST'],
  ])('%s is answered with a problem', async (_, text, status, code) => {
    const { socket, closed } = await openSocket(portOf(url));
    socket.write(text);
    const answer = await closed;
    expect([statusOf(answer), answer.includes(`"code":"${code}"`)]).toEqual([status, true]);
  });

  test('a connection that ends before its body does changes nothing, and is no error of ours', async () => {
    const before = await countRows(platform);
    const body = JSON.stringify(jobNamed('cut'));
    for (const path of ['/api/v1/jobs', '/api/v1/artifacts?name=cut.bin']) {
      const type = path.includes('artifacts') ? 'application/octet-stream' : 'application/json';
      const { socket, closed } = await openSocket(portOf(url));
      socket.end(`${head(`POST ${path} HTTP/1.1`, `Content-Type: ${type}`, `Content-Length: ${body.length + 5}`)}${body}`);
      await closed;
    }
    const kept = () => selectRow(platform.db, `SELECT count(*)::int AS count FROM artifacts`);
    while (((await kept()) as { count: number }).count > 0);
    expect(await countRows(platform)).toEqual(before);
    expect(logged.filter(({ level }) => level >= 50)).toEqual([]);
  });

  test('a server that ends lets go at once of who asks nothing, and after its limit of who is still being answered', async () => {
    const begun = Promise.withResolvers<void>();
    const answer = (): Promise<Response> => {
      begun.resolve();
      return new Promise(() => {});
    };
    const ending = await listen(answer, { host: '127.0.0.1', port: 0 }, TIMES);
    const [idle, busy] = [await openSocket(portOf(ending.url)), await openSocket(portOf(ending.url))];
    busy.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await begun.promise;
    await ending.drain(1);
    expect([await idle.closed, await busy.closed]).toEqual(['', '']);
  });

  test('what comes after the declared length is no part of the body', async () => {
    const { socket, closed } = await openSocket(portOf(url));
    const body = JSON.stringify(jobNamed('longer'));
    socket.write(`${head('POST /api/v1/jobs HTTP/1.1', ...json(body.length))}${body}{"name":"evil"}\r\n\r\n`);
    const answer = await closed;
    expect([answer.includes('HTTP/1.1 400'), answer.includes('Connection: close')]).toEqual([true, true]);
    const rows = await selectRow(platform.db, `SELECT count(*)::int AS count FROM jobs WHERE name = 'evil'`);
    expect(rows).toEqual({ count: 0 });
  });

  test('an upload that says it is too large is refused before its first byte', async () => {
    await platform.db.query(`UPDATE system_settings SET setting_value = '2048' WHERE setting_key = 'max_artifact_bytes'`);
    platform.services.readSettings.forget?.();
    const { socket, closed } = await openSocket(portOf(url));
    socket.write(head('POST /api/v1/artifacts?name=big HTTP/1.1', 'Content-Type: application/octet-stream', 'Content-Length: 2049'));
    while (!socket.destroyed && socket.bytesRead === 0) await new Promise((resolve) => socket.once('data', resolve));
    socket.end();
    expect(statusOf(await closed)).toBe(413);
  });

  test('an upload in chunks that becomes too large is cut off, and nothing is kept', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('x'.repeat(1_000))),
    });
    const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'application/octet-stream' };
    const answer = await fetch(`${url}/api/v1/artifacts?name=endless`, { method: 'POST', headers, body, duplex: 'half' }).then(
      ({ status }) => status,
      () => 413, // the server may close before it has read what is still sent
    );
    expect(answer).toBe(413);
    expect(await selectRow(platform.db, `SELECT count(*)::int AS count FROM artifacts WHERE name = 'endless'`)).toEqual({ count: 0 });
  });

  /** The API with a log that is kept. */
  const loggedApp = (services = platform.services) => {
    const { feed, hub, metrics } = platform;
    const lines: string[] = [];
    const app = createApp({
      services,
      feed,
      hub,
      metrics,
      readiness: async () => ({}),
      log: pino({}, { write: (line: string) => void lines.push(line) }),
      edge: { trustedProxies: [], corsOrigins: [] },
      version: 'test',
    });
    return { app, lines };
  };

  test.each([
    ['as it is', (token: string) => token],
    ['percent-encoded', (token: string) => token.replaceAll('_', '%5F').replace('o', '%6f')],
    ['encoded twice', (token: string) => token.replaceAll('_', '%255f')],
  ])('a token in the address is refused and in no line of the log: %s', async (_, written) => {
    const { app, lines } = loggedApp();
    const at = `/api/v1/auth/tokens/${written(`ops_t_${'A1b'.repeat(14)}`)}`;
    const headers = { authorization: `Bearer ${platform.token}` };
    const answer = await app.request(at, { method: 'DELETE', headers });
    expect([answer.status, JSON.parse(await answer.text()).code]).toEqual([400, 'TOKEN_IN_URL']);
    expect(lines.map((line) => JSON.parse(line).path)).toEqual(['/api/v1/auth/tokens/(a token)']);
  });

  test('line breaks that a client sends break no line of the log', async () => {
    const { app, lines } = loggedApp({ ...platform.services, db: {} as never });
    const answer = await app.request('/api/v1/jobs/J20250001%0A%7B%22level%22%3A50%7D%1B%5B2J', {
      headers: { authorization: `Bearer ${platform.token}`, 'x-request-id': 'a"b', 'user-agent': 'x{"level":50}' },
    });
    expect(answer.status).toBe(500);
    for (const line of lines) expect(line.match(/\p{Cc}/gu)).toEqual(['\n']);
    expect(lines.map((line) => JSON.parse(line).msg)).toContain('request failed');
    expect(lines).toHaveLength(2);
  });
});

describe('answers that are not taken', () => {
  const STALLED = { ...TIMES, stallMs: 200 };
  const chunk = new Uint8Array(65_536);

  test('a client that takes nothing more of an answer is let go, and what makes the answer stops', async () => {
    const stopped = Promise.withResolvers<void>();
    const endless = () =>
      new ReadableStream({ pull: (controller) => controller.enqueue(chunk), cancel: () => stopped.resolve() }, { highWaterMark: 0 });
    const { server, url } = await listen(() => new Response(endless()), { host: '127.0.0.1', port: 0 }, STALLED);
    const { socket } = await openSocket(portOf(url));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await stopped.promise;
    socket.destroy();
    await stop(server);
  });

  test('one that waits for an answer, or for more of it, is not', async () => {
    const quiet = Promise.withResolvers<void>();
    const { server, url } = await listen(() => quiet.promise.then(() => new Response('late')), { host: '127.0.0.1', port: 0 }, STALLED);
    const passed = new Promise<Socket>((resolve) => (server as Server).on('timeout', resolve));
    const answer = fetch(url);
    expect((await passed).destroyed).toBe(false);
    quiet.resolve();
    expect(await (await answer).text()).toBe('late');
    await stop(server);
  });
});

test('a statement that takes longer than it may is ended; a read is not to be repeated as it is, a change may be', async () => {
  await using database = await createTestDatabase();
  const db = connectDatabase({ url: database.url, poolSize: 1, applicationName: 'test', statementTimeoutMs: 100 });
  const error: unknown = await selectRow(db, 'SELECT pg_sleep(600)').catch((reason: unknown) => reason);
  expect(isDatabaseAway(error)).toBe(true);
  const wait = async (): Promise<Response> => Response.json(await selectRow(db, 'SELECT pg_sleep(600)'));
  const app = new Hono<ApiEnv>().get('/', wait).post('/', wait);
  app.onError(respondWithProblem(log));
  const answerTo = async (method: string) => {
    const answer = await app.request('/', { method });
    return [answer.status, ((await answer.json()) as { code: string }).code, answer.headers.get('retry-after')];
  };
  expect(await answerTo('GET')).toEqual([422, 'SCOPE_TOO_WIDE', null]);
  expect(await answerTo('POST')).toEqual([503, 'UNAVAILABLE', '1']);
  await db.close();
});

describe('bodies that do not come', () => {
  /** A server whose limits are short. */
  const serveShort = (app: Hono<ApiEnv>) => {
    app.onError(respondWithProblem(log));
    return listen(app.fetch, { host: '127.0.0.1', port: 0 }, TIMES);
  };

  test('a body that trickles is answered 408', async () => {
    const app = new Hono<ApiEnv>().post('/', limitBody({ bytes: 1_000, seconds: 0.2 }), (c) => c.text('read'));
    const { server, url } = await serveShort(app);
    const { socket, closed } = await openSocket(portOf(url));
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a"');
    const answer = await closed;
    expect([statusOf(answer), answer.includes('REQUEST_TIMEOUT')]).toEqual([408, true]);
    await stop(server);
  });

  test('a body in chunks that trickles is answered 408', async () => {
    const app = new Hono<ApiEnv>().post('/', limitBody({ bytes: 1_000, seconds: 0.2 }), (c) => c.text('read'));
    const { server, url } = await serveShort(app);
    const { socket, closed } = await openSocket(portOf(url));
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n');
    expect(statusOf(await closed)).toBe(408);
    await stop(server);
  });

  test('an upload that is slower than the least pace is answered 408, one that is fast enough is read whole', async () => {
    const pace = { windowSeconds: 0.2, leastBytesASecond: 50 };
    const app = new Hono<ApiEnv>().post('/', async (c) => {
      let bytes = 0;
      for await (const chunk of streamedBody(c.req.raw, pace)) bytes += chunk.length;
      return c.text(`${bytes} bytes`);
    });
    const { server, url } = await serveShort(app);
    const slow = await openSocket(portOf(url));
    slow.socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(20)}`);
    expect(statusOf(await slow.closed)).toBe(408);
    const whole = await fetch(url, { method: 'POST', body: 'y'.repeat(200_000) });
    expect([whole.status, await whole.text()]).toEqual([200, '200000 bytes']);
    await stop(server);
  });

  test('an answer that takes too long is given up with when to come again, and what was begun goes on', async () => {
    let end: () => void = () => {};
    let isDone = false;
    const app = new Hono<ApiEnv>().post('/', timeLimit(0.1), async (c) => {
      await new Promise<void>((resolve) => (end = resolve));
      isDone = true;
      return c.text('late');
    });
    app.onError(respondWithProblem(log));
    const answer = await app.request('/', { method: 'POST' });
    expect([answer.status, answer.headers.get('retry-after'), ((await answer.json()) as { code: string }).code]).toEqual([
      503,
      '5',
      'UNAVAILABLE',
    ]);
    end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(true);
  });
});
