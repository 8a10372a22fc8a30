import { expect, test } from 'vitest';
import { ApiError, createClient } from '../../src/client/index.ts';
import type { Client } from '../../src/client/index.ts';
import { readLines } from '../../src/client/read-lines.ts';
import { answerJson, answerProblem, sse, startFakeApi } from '../cli/fake-api.ts';

const NOW = { 'retry-after': '0' };

const clientOf = (url: string): Client => createClient({ url, token: 'secret' });
const errorOf = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => (error instanceof ApiError ? error : Promise.reject(error as Error)),
  );

type Call = (client: Client) => Promise<unknown>;
const read: Call = (client) => client.getTarget('T20250001');
const change: Call = (client) => client.updateTarget('T20250001', { name: 'b' });
const start: Call = (client) => client.startExecution('J20250001', {});
const logIn: Call = (client) => client.login({ username: 'a', password: 'b' });

test.each<[string, Call]>([
  ['read', read],
  ['change', change],
  ['start', start],
  ['login', logIn],
])('a %s that the rate limit turned away is sent again when the server says so', async (_name, call) => {
  await using api = await startFakeApi((response, _request, index) =>
    index < 2 ? answerProblem(response, 429, 'RATE_LIMITED', {}, NOW) : answerJson(response, 200, {}),
  );
  await call(clientOf(api.url));
  expect(api.seen).toHaveLength(3);
  expect(new Set(api.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test.each<[string, Call, number]>([
  ['read', read, 3],
  ['change without a key', change, 1],
  ['start', start, 3],
  ['login', logIn, 1],
])('a %s is sent again while the server is away only if that does nothing twice', async (_name, call, sent) => {
  await using api = await startFakeApi((response, _request, index) =>
    index < 2 ? response.writeHead(503, NOW).end('a proxy') : answerJson(response, 200, {}),
  );
  await call(clientOf(api.url)).catch((error: unknown) => expect(error).toMatchObject({ code: 'UNAVAILABLE', status: 503 }));
  expect(api.seen).toHaveLength(sent);
  expect(new Set(api.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test('maintenance, a long wait that the server asks for, and a last try are told, not waited for', async () => {
  await using api = await startFakeApi((response, { url }) => {
    if (url.includes('/jobs/')) return answerProblem(response, 503, 'MAINTENANCE', {}, NOW);
    if (url.endsWith('/me')) return answerProblem(response, 429, 'RATE_LIMITED', {}, { 'retry-after': '61' });
    return answerProblem(response, 429, 'RATE_LIMITED', {}, { 'retry-after': new Date(Date.now() - 1_000).toUTCString() });
  });
  expect((await errorOf(start(clientOf(api.url)))).code).toBe('MAINTENANCE');
  expect((await errorOf(clientOf(api.url).getProfile())).retryAfterSeconds).toBe(61);
  expect(api.seen).toHaveLength(2);
  await errorOf(createClient({ url: api.url, tries: 2 }).listTargets());
  expect(api.seen).toHaveLength(4);
});

test('who wants to know is told why a call is sent again, and when', async () => {
  await using api = await startFakeApi((response, _request, index) =>
    index === 0 ? answerProblem(response, 429, 'RATE_LIMITED', {}, NOW) : answerJson(response, 200, {}),
  );
  const told: [string, number][] = [];
  await createClient({ url: api.url, onRepeat: ({ code }, pauseMs) => told.push([code, pauseMs]) }).getProfile();
  expect(told).toEqual([['RATE_LIMITED', 0]]);
});

test('a call that waits for its next try ends with its signal', async () => {
  const stop = new AbortController();
  await using api = await startFakeApi((response) => {
    answerProblem(response, 429, 'RATE_LIMITED', {}, { 'retry-after': '60' });
    response.on('close', () => setImmediate(() => stop.abort(new Error('enough'))));
  });
  await expect(clientOf(api.url).getTarget('T20250001', { signal: stop.signal })).rejects.toThrow('enough');
  expect(api.seen).toHaveLength(1);
});

test('paths, queries, bodies and headers are sent as each operation wants them', async () => {
  await using api = await startFakeApi((response, { url }) => answerJson(response, url.endsWith('/T1') ? 204 : 200, {}, { etag: '"r1"' }));
  const client = clientOf(api.url);
  const etags: (string | null)[] = [];
  const onAnswer = ({ headers }: { headers: Headers }): void => void etags.push(headers.get('etag'));
  await client.getTarget('a/b?c', { onAnswer });
  await client.deleteTarget('T1', { ifMatch: '"r1"' });
  await client.acceptHostKey('T1', {}, { method: 'ssh_1', idempotencyKey: 'mine' });
  await client.cancelExecution('J20250001.0001');
  await client.uploadArtifact(new Blob(['content']), { name: 'a b.txt' });
  await client.listLogs('J20250001.0001', { limit: 5, cursor: undefined, fields: ['log_message', 'stream'] });
  const named: { name: string } = await client.getJob('J20250001', { version: 2, fields: ['name'] });
  expect(named).not.toHaveProperty('job_serial');
  expect(etags).toEqual(['"r1"']);
  expect(api.seen.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
    'GET /api/v1/targets/a%2Fb%3Fc ',
    'DELETE /api/v1/targets/T1 ',
    'POST /api/v1/targets/T1/host-key?method=ssh_1 {}',
    'POST /api/v1/executions/J20250001.0001/cancel ',
    'POST /api/v1/artifacts?name=a+b.txt content',
    'GET /api/v1/executions/J20250001.0001/logs?limit=5&fields=log_message%2Cstream ',
    'GET /api/v1/jobs/J20250001?version=2&fields=name ',
  ]);
  const headers = api.seen.map((request) => request.headers);
  expect(headers[1]).toMatchObject({ 'if-match': '"r1"', authorization: 'Bearer secret' });
  expect(headers[2]).toMatchObject({ 'idempotency-key': 'mine', 'content-type': 'application/json' });
  expect(headers[3]).not.toHaveProperty('content-type');
  expect(headers[4]).toMatchObject({
    'content-type': 'application/octet-stream',
    'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test('a problem is told whole, also with a code that this version does not know', async () => {
  const extra = { instance: 'request-1', errors: [{ path: 'name', message: 'is taken' }] };
  await using api = await startFakeApi((response) => answerProblem(response, 409, 'NEW_CODE', extra));
  expect(await errorOf(clientOf(api.url).createTarget({ name: 'a', methods: [] }))).toMatchObject({
    code: 'NEW_CODE',
    status: 409,
    message: 'It is NEW_CODE.',
    requestId: 'request-1',
    fields: extra.errors,
  });
});

test('a token that can be none is told as such, and is not repeated in the message', async () => {
  for (const token of ['ops_…', 'a b', 'line\n', '']) {
    const error = await errorOf(createClient({ url: 'http://127.0.0.1:9', token }).getProfile());
    expect([error.code, error.message]).toEqual(['UNAUTHENTICATED', expect.not.stringContaining('ops_')]);
  }
});

test('a server that stops says when to come again, and is not among the events', async () => {
  const line = (number: number): string => sse('line', 'a', { branch_serial: 'b', line_number: number });
  await using api = await startFakeApi((response, _request, index) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (index === 0) response.end(`${line(1)}retry: 0\nevent: closed\ndata: {"reason":"server_stops"}\n\n`);
    else response.end(`${line(1)}${line(2)}${sse('end', 'b', { status: 'completed' })}`);
  });
  const events = await Array.fromAsync(clientOf(api.url).followExecution('J20250001.0001'));
  expect(events.map(({ type }) => type)).toEqual(['line', 'line', 'end']);
  expect(api.seen[1]?.headers['last-event-id']).toBe('a');
});

test('a download that breaks off is an error, not a short file', async () => {
  await using api = await startFakeApi((response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('ten bytes.', () => response.destroy());
  });
  const content = await clientOf(api.url).downloadArtifact('7c9e6679-7425-40de-944b-e07fc1f90ae7');
  expect(await errorOf(Array.fromAsync(content))).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('broke before') });
});

test('JSON lines are read however they are cut', async () => {
  const bytes = new TextEncoder().encode('{"a":"ä"}\n\n{"b":2}\n{"c":3}');
  const chunks = async function* (size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  for (const size of [1, 2, 7, 100]) expect(await Array.fromAsync(readLines(chunks(size)))).toEqual([{ a: 'ä' }, { b: 2 }, { c: 3 }]);
});
