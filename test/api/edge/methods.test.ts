import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform } from '../../support/platform.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { waitFor } from '../../support/wait-for.ts';
import { addJob, addTarget } from '../support/definitions.ts';
import { fillPath, operationsOf } from '../support/operations.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'PROPFIND', 'SEARCH'];

describe('methods', () => {
  let platform: TestPlatform;
  let methodsOfPath: Map<string, string[]>;
  let publicPaths: Set<string>;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const byPath = Map.groupBy(operationsOf(platform), (operation) => fillPath(operation));
    publicPaths = new Set(
      [...byPath].flatMap(([path, operations]) => (operations.some(({ access }) => access === 'public') ? [path] : [])),
    );
    methodsOfPath = new Map([...byPath].map(([path, operations]) => [path, operations.map(({ method }) => method)]));
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const allowed = (methods: readonly string[]): string =>
    [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted().join(', ');

  test('OPTIONS names the methods of every address, to anybody', async () => {
    for (const [path, methods] of methodsOfPath) {
      const answer = await platform.app.request(path, { method: 'OPTIONS' });
      expect([path, answer.status, answer.headers.get('allow'), await answer.text()]).toEqual([path, 204, allowed(methods), '']);
    }
  });

  test('every other method of every address is refused with those that there are', async () => {
    for (const [path, methods] of methodsOfPath) {
      const others = METHODS.filter((method) => !allowed(methods).split(', ').includes(method));
      for (const method of others) {
        const answer = await platform.app.request(path, { method, headers: { authorization: `Bearer ${platform.token}` } });
        expect([path, method, answer.status, answer.headers.get('allow')]).toEqual([path, method, 405, allowed(methods)]);
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        if (method !== 'HEAD') expect(((await answer.json()) as { code: string }).code).toBe('METHOD_NOT_ALLOWED');
      }
    }
  });

  test('where there is nothing, there are no methods', async () => {
    for (const method of ['GET', 'OPTIONS', 'POST']) {
      const answer = await platform.app.request('/api/v1/nothing', { method });
      expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 404, null]);
    }
  });

  test('HEAD answers as GET would, without a body', async () => {
    for (const path of [...methodsOfPath].filter(([, methods]) => methods.includes('GET')).map(([path]) => path)) {
      const headers = { authorization: `Bearer ${platform.token}` };
      const [get, head] = await Promise.all([
        platform.app.request(path, { headers }),
        platform.app.request(path, { method: 'HEAD', headers }),
      ]);
      await get.body?.cancel();
      expect([path, head.status, head.headers.get('content-type'), await head.text()]).toEqual([
        path,
        get.status,
        get.headers.get('content-type'),
        '',
      ]);
      expect([path, (await platform.app.request(path, { method: 'HEAD' })).status]).toEqual([
        path,
        publicPaths.has(path) ? get.status : 401,
      ]);
    }
  });

  test('HEAD leaves no audit event: nothing is exported or verified by it', async () => {
    const events = async () => {
      const [[row]] = await platform.db.query(`SELECT count(*)::int AS count FROM audit_events`);
      return row;
    };
    const before = await events();
    const paths = [...methodsOfPath].flatMap(([path, methods]) => (methods.includes('GET') ? [path] : []));
    const ask = (path: string) => platform.app.request(path, { method: 'HEAD', headers: { authorization: `Bearer ${platform.token}` } });
    const answers = await Promise.all(paths.map(async (path) => [path, (await ask(path)).status] as const));
    expect(Object.fromEntries(answers)).toMatchObject({ '/api/v1/audit/export': 200, '/api/v1/audit/verification': 200 });
    expect((await ask('/api/v1/audit/export?search=x')).status).toBe(422);
    expect(await events()).toEqual(before);
  });

  test('HEAD of a stream of events follows nothing', async () => {
    const target = await addTarget(platform, 'head.example.org');
    const job = await addJob(platform, 'head', { targets: [target] });
    const run = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
    const path = `/api/v1/executions/${run.body.execution_serial}/events`;
    const followed: string[] = [];
    const { feed } = platform;
    const subscribe = feed.subscribe.bind(feed);
    let open = 0;
    feed.subscribe = (serial, wake) => {
      followed.push(serial);
      open += 1;
      const unsubscribe = subscribe(serial, wake);
      return () => {
        open -= 1;
        unsubscribe();
      };
    };
    const head = await platform.app.request(path, { method: 'HEAD', headers: { authorization: `Bearer ${platform.token}` } });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    feed.subscribe = subscribe;
    await waitFor(() => open === 0);
  });

  test('HEAD of an artifact tells its size, and is no download', async () => {
    const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'application/octet-stream' };
    const uploaded = await platform.app.request('/api/v1/artifacts?name=a.bin', { method: 'POST', headers, body: 'twelve bytes' });
    const { artifact_uuid: uuid } = (await uploaded.json()) as { artifact_uuid: string };
    const downloads = async () => {
      const [[row]] = await platform.db.query(`SELECT count(*)::int AS count FROM audit_events WHERE event_type = 'data_export'`);
      return row;
    };
    const before = await downloads();
    const head = await platform.app.request(`/api/v1/artifacts/${uuid}/content`, { method: 'HEAD', headers });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '12']);
    expect(await downloads()).toEqual(before);
  });
});
