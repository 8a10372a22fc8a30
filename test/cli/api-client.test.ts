import { expect, test } from 'vitest';
import { createApiClient } from '../../src/cli/api-client.ts';
import { allPages } from '../../src/cli/http/all-pages.ts';
import { targetSerial } from '../../src/cli/target-serial.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import type { RunEvent } from '../../src/services/executions/follow-execution.ts';
import { answerJson, answerProblem, sse, startFakeApi } from './fake-api.ts';

const clientOf = (url: string) => createApiClient({ url, token: 'secret' });
const refusalOf = (promise: Promise<unknown>): Promise<OpsError> =>
  promise.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => (error instanceof OpsError ? error : Promise.reject(error as Error)),
  );

test('a problem document becomes an OpsError with code, detail and fields', async () => {
  const errors = [{ path: 'name', message: 'is empty' }];
  await using api = await startFakeApi((response) => answerProblem(response, 400, 'VALIDATION', { errors }));
  const error = await refusalOf(clientOf(api.url).createJob({ name: '', actions: [] }));
  expect(error).toMatchObject({ code: 'VALIDATION', message: 'It is VALIDATION.', fields: errors });
  expect(api.seen[0]?.headers.authorization).toBe('Bearer secret');
});

test('a POST is repeated with the same key while the first is answered, the server is away or the connection breaks', async () => {
  await using api = await startFakeApi((response, _request, index) => {
    if (index === 0) answerProblem(response, 409, 'IN_PROGRESS', {}, { 'retry-after': '0' });
    else if (index === 1) answerProblem(response, 503, 'UNAVAILABLE', {}, { 'retry-after': '0' });
    else if (index === 2) response.destroy();
    else answerJson(response, 202, { execution_serial: 'J20250001.0001' });
  });
  const execution = await clientOf(api.url).startExecution('J20250001', {}, { idempotencyKey: 'my-key' });
  expect(execution.execution_serial).toBe('J20250001.0001');
  expect(api.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['my-key', 'my-key', 'my-key', 'my-key']);
});

test('it gives up after five tries and keeps what the server said last', async () => {
  await using api = await startFakeApi((response) => answerProblem(response, 503, 'UNAVAILABLE', {}, { 'retry-after': '0' }));
  const error = await refusalOf(clientOf(api.url).testTarget('T20250001'));
  expect(error).toMatchObject({ code: 'UNAVAILABLE', message: 'It is UNAVAILABLE.', retryAfterSeconds: 0 });
  expect(api.seen).toHaveLength(5);
  expect(new Set(api.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test('another conflict, and a login, are not repeated', async () => {
  await using api = await startFakeApi((response, { url }) =>
    url.endsWith('/login') ? answerProblem(response, 503, 'UNAVAILABLE') : answerProblem(response, 409, 'CONFLICT'),
  );
  expect((await refusalOf(clientOf(api.url).cancelExecution('J20250001.0001', {}))).code).toBe('CONFLICT');
  expect((await refusalOf(clientOf(api.url).login({ username: 'a', password: 'b' }))).code).toBe('UNAVAILABLE');
  expect(api.seen).toHaveLength(2);
});

test('when nothing answers, it says what to do', async () => {
  const api = await startFakeApi(() => undefined);
  await api[Symbol.asyncDispose]();
  const error = await refusalOf(clientOf(api.url).getProfile());
  expect(error.code).toBe('UNAVAILABLE');
  expect(error.message).toContain(`Nothing answers at ${api.url} (ECONNREFUSED); is \`opsconductor up\` running?`);
});

test.each([
  [200, 'UNAVAILABLE'],
  [302, 'INTERNAL'],
  [404, 'NOT_FOUND'],
  [502, 'UNAVAILABLE'],
])('a web page with status %i is not taken for OpsConductor', async (status, code) => {
  await using api = await startFakeApi((response) => response.writeHead(status, { location: 'http://127.0.0.1:9' }).end('<html>'));
  const error = await refusalOf(clientOf(api.url).login({ username: 'a', password: 'b' }));
  expect(error).toMatchObject({ code, message: expect.stringContaining('not as OpsConductor does') as unknown });
});

test('lists are read page after page, up to a limit', async () => {
  const pages = (cursor: string | undefined, limit: number) => {
    const from = Number(cursor ?? 0);
    return Promise.resolve({
      data: Array.from({ length: Math.min(limit, 3) }, (_, index) => from + index),
      next: from > 5 ? null : String(from + 3),
    });
  };
  const read = (limit?: number) =>
    Array.fromAsync(allPages(({ cursor, limit: size }) => pages(cursor, size), limit === undefined ? {} : { limit }));
  expect(await read()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await read(4)).toEqual([0, 1, 2, 3]);
});

const line = (number: number) => ({ branch_serial: 'J20250001.0001.0001', line_number: number, log_message: `line ${number}` });
const branch = (status: string, updated: string) => ({ branch_serial: 'J20250001.0001.0001', status, updated_at: updated });
const shown = (event: RunEvent): string => (event.type === 'line' ? `line ${event.data.line_number}` : event.type);

test('a broken stream is resumed after its last event, and what comes again is dropped', async () => {
  await using api = await startFakeApi((response, _request, index) => {
    if (index === 1) return answerProblem(response, 503, 'UNAVAILABLE');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (index === 0) {
      response.write(sse('branch', 'a', branch('running', '1')) + sse('line', 'a', line(1)) + sse('line', 'b', line(2)));
      setTimeout(() => response.destroy(), 50);
      return undefined;
    }
    const again = sse('branch', 'c', branch('running', '1')) + sse('line', 'c', line(2)) + sse('line', 'c', line(3));
    return response.end(
      `: still here\n\n${again}${sse('future', 'c', {})}${sse('branch', 'c', branch('completed', '2'))}${sse('end', 'c', { status: 'completed' })}`,
    );
  });
  const connection: boolean[] = [];
  const events = await Array.fromAsync(
    clientOf(api.url).followExecution('J20250001.0001', { onConnection: (isUp) => connection.push(isUp) }),
  );
  expect(events.map(shown)).toEqual(['branch', 'line 1', 'line 2', 'line 3', 'branch', 'end']);
  expect(api.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'b', 'b']);
  expect(connection).toEqual([false, false, true]);
});

test('a stream that falls silent is opened again', async () => {
  await using api = await startFakeApi((response, _request, index) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(sse('line', 'a', line(1)));
    if (index > 0) response.end(sse('end', 'b', { status: 'completed' }));
  });
  const events = await Array.fromAsync(clientOf(api.url).followExecution('J20250001.0001', { silenceMs: 100 }));
  expect(events.map(shown)).toEqual(['line 1', 'end']);
});

test('a stream that is refused, at first or later, is not tried for ever', async () => {
  await using api = await startFakeApi((response, _request, index) => {
    if (index === 0) return answerProblem(response, 503, 'UNAVAILABLE');
    if (index === 2) return answerProblem(response, 401, 'UNAUTHENTICATED');
    return response.writeHead(200, { 'content-type': 'text/event-stream' }).end(sse('line', 'a', line(1)));
  });
  const follow = () => Array.fromAsync(clientOf(api.url).followExecution('J20250001.0001'));
  expect((await refusalOf(follow())).code).toBe('UNAVAILABLE');
  expect((await refusalOf(follow())).code).toBe('UNAUTHENTICATED');
});

test('an aborted stream ends without an error, also while the server is away', async () => {
  await using api = await startFakeApi((response, _request, index) => {
    if (index > 0) return response.destroy();
    return response.writeHead(200, { 'content-type': 'text/event-stream' }).end(sse('line', 'a', line(1)));
  });
  const stop = new AbortController();
  const events = clientOf(api.url).followExecution('J20250001.0001', {
    signal: stop.signal,
    onConnection: () => setTimeout(() => stop.abort(), 20),
  });
  expect((await Array.fromAsync(events)).map(shown)).toEqual(['line 1']);
});

test('a target is found by its exact name on whatever page it stands, and two of the name are told apart', async () => {
  const names = (page: string | null): string[] => (page === null ? ['web10', 'web11'] : page === 'second' ? ['web1'] : ['old', 'old']);
  await using api = await startFakeApi((response, { url }) => {
    const query = new URL(url, 'http://x').searchParams;
    const page = query.get('search') === 'old' ? 'old' : query.get('cursor');
    const data = names(page).map((name, index) => ({ name, target_serial: `T2025000${index}` }));
    answerJson(response, 200, { data, next: page === null ? 'second' : null });
  });
  expect(await targetSerial(clientOf(api.url), 'web1')).toBe('T20250000');
  await expect(targetSerial(clientOf(api.url), 'web')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(targetSerial(clientOf(api.url), 'old')).rejects.toMatchObject({ code: 'VALIDATION' });
});
