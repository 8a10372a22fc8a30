import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ConnectionAcquireTimeoutError, ConnectionRefusedError } from 'sequelize';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineRouteFor, json } from '../../src/api/define-route.ts';
import type { ApiEnv } from '../../src/api/env.ts';
import { createRateLimits } from '../../src/db/rate-limits.ts';
import { requestFacts } from '../../src/api/middleware/request-facts.ts';
import { respondWithProblem } from '../../src/api/problems.ts';
import { selectRows } from '../../src/db/query.ts';
import { log, startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { addUser } from './support/accounts.ts';
import { addJob, addTarget, jobNamed, methodOf } from './support/definitions.ts';
import { countRows } from './support/unchanged.ts';

let platform: TestPlatform;
let target: string;
let job: string;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  target = `/api/v1/targets/${await addTarget(platform, 'web1.example.org')}`;
  job = `/api/v1/jobs/${await addJob(platform, 'job', { targets: [target.split('/').at(-1)] })}`;
});
afterAll(() => platform[Symbol.asyncDispose]());

const etagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none';
const read = async (path: string): Promise<string> => etagOf(await platform.api('GET', path));
const change = (method: string, path: string, body: unknown, etag?: string): Promise<Answer> =>
  platform.api(method, path, body, etag === undefined ? {} : { 'if-match': etag });

describe('ETag and If-Match', () => {
  const addRun = async (): Promise<string> => {
    const { body } = await platform.api('POST', `${job}/executions`, {});
    return `/api/v1/executions/${body.execution_serial}`;
  };
  const patterns = '/api/v1/system/dangerous-patterns';

  /** Two changes of the same thing, as it was read. */
  const things: Record<string, () => Promise<{ method: string; path: string; changes: [unknown, unknown]; after?: unknown }>> = {
    target: async () => ({ method: 'PATCH', path: target, changes: [{ description: 'one' }, { description: 'two' }] }),
    method: async () => ({ method: 'PATCH', path: `${target}/methods/ssh_1`, changes: [{ priority: 2 }, { priority: 3 }] }),
    'credential, of which one changes the secret': async () => {
      const { body } = await platform.api('GET', `${target}/methods/ssh_1/credentials`);
      const secret = { credential_type: 'password', username: 'ops', password: 'another one' };
      return {
        method: 'PATCH',
        path: `${target}/methods/ssh_1/credentials/${body.data[0].credential_uuid}`,
        changes: [{ credential_name: 'renamed' }, { secret }],
      };
    },
    job: async () => ({ method: 'PUT', path: job, changes: [jobNamed('one'), jobNamed('two')] }),
    'run that goes on': async () => ({
      method: 'PATCH',
      path: await addRun(),
      changes: [{ max_concurrent_targets: 3 }, { max_concurrent_targets: 4 }],
    }),
    user: async () => ({
      method: 'PATCH',
      path: `/api/v1/users/${(await addUser('viewer')).userUuid}`,
      changes: [{ role: 'operator' }, { permissions: ['audit.read'] }],
    }),
    calendar: async () => {
      const { body } = await platform.api('POST', '/api/v1/calendars', { name: 'freeze' });
      const changes: [unknown, unknown] = [
        { name: 'freeze', holds_runs: true },
        { name: 'freeze', timezone: 'Europe/Berlin' },
      ];
      return { method: 'PUT', path: `/api/v1/calendars/${body.name}`, changes };
    },
    setting: async () => ({ method: 'PUT', path: patterns, changes: [{ patterns: ['one'] }, { patterns: ['two'] }] }),
    'list of settings, each another of them': async () => ({
      method: 'PATCH',
      path: '/api/v1/settings',
      changes: [{ values: { log_retention_days: 90 } }, { values: { login_lock_minutes: 16 } }],
    }),
    maintenance: async () => ({
      method: 'PUT',
      path: '/api/v1/system/maintenance',
      changes: [{ enabled: true }, { enabled: true, note: 'switches' }],
      after: { enabled: false },
    }),
    profile: async () => ({
      method: 'PATCH',
      path: '/api/v1/auth/me',
      changes: [{ email: 'one@example.org' }, { email: 'two@example.org' }],
    }),
  };

  test.each(Object.keys(things))('of two who change a %s as they read it, one is refused, and sees what the other wrote', async (name) => {
    const { method, path, changes, after } = (await things[name]?.()) ?? { method: '', path: '', changes: [{}, {}] };
    const etag = await read(path);
    expect(etag).toMatch(/^"[\w-]{1,22}"$/);
    const answers = await Promise.all(changes.map((body) => change(method, path, body, etag)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    const [won, lost] = [answers.find(({ status }) => status === 200), answers.find(({ status }) => status === 412)];
    expect(lost?.body).toMatchObject({
      code: 'REVISION_MISMATCH',
      status: 412,
      detail: expect.stringMatching(/was changed since you read it/),
    });
    const now = await platform.api('GET', path);
    expect(etagOf(now)).toBe(won === undefined ? '' : etagOf(won));
    expect(etagOf(now)).not.toBe(etag);
    expect((await change(method, path, changes[1], etagOf(now))).status).toBe(200);
    if (after !== undefined) expect((await change(method, path, after)).status).toBe(200);
  });

  test('what is refused changes nothing', async () => {
    const before = [await countRows(platform), (await platform.api('GET', target)).body, (await platform.api('GET', job)).body];
    const refused = [
      await change('PATCH', target, { name: 'x', methods: [methodOf('other.example.org')] }, '"old"'),
      await change('PUT', job, jobNamed('x', { targets: [] }), '"old"'),
      await change('PUT', job, jobNamed('x'), '"old"'),
      await change('DELETE', target, undefined, '"old"'),
      await change('DELETE', job, undefined, '"old"'),
      await change('PUT', patterns, { patterns: null }, '"0"'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([412, 400, 412, 412, 412, 412]);
    expect([await countRows(platform), (await platform.api('GET', target)).body, (await platform.api('GET', job)).body]).toEqual(before);
  });

  test('a run, a test and a look change no ETag; a new secret, a method and a version do', async () => {
    const serial = await addTarget(platform, 'moves.example.org', { methods: [methodOf('127.0.0.1', { port: 1 })] });
    const path = `/api/v1/targets/${serial}`;
    const ofJob = `/api/v1/jobs/${await addJob(platform, 'moves', { targets: [serial] })}`;
    const [first, firstOfJob] = [await read(path), await read(ofJob)];
    await platform.api('POST', `${path}/test`);
    await platform.api('POST', `${ofJob}/executions`, {});
    await platform.db.query(`UPDATE jobs SET status = 'running', started_at = now() WHERE job_serial = $1`, {
      bind: [ofJob.split('/').at(-1)],
    });
    expect([await read(path), await read(ofJob)]).toEqual([first, firstOfJob]);
    const seen = [first];
    for (const methods of [
      [methodOf('127.0.0.1', { port: 1 })],
      [methodOf('127.0.0.1', { port: 1, config: { timeout: 9 } })],
      [methodOf('127.0.0.1', { port: 2 })],
    ]) {
      await change('PATCH', path, { methods });
      seen.push(await read(path));
    }
    expect(new Set(seen).size).toBe(seen.length);
    await change('PUT', ofJob, jobNamed('moves'));
    expect(await read(ofJob)).toBe(firstOfJob);
    await change('PUT', ofJob, jobNamed('has moved'));
    const second = await read(ofJob);
    expect(second).not.toBe(firstOfJob);
    expect(await read(`${ofJob}?version=1`)).not.toBe(second);
    await change('PUT', ofJob, jobNamed('has moved', { targets: [target.split('/').at(-1)] }));
    expect(await read(ofJob)).not.toBe(second);
  });

  test('of a job with more targets than are shown the ETag knows the whole list', async () => {
    const rows = await selectRows<{ serial: string }>(
      platform.db,
      `INSERT INTO universal_targets (target_serial, name, os_type)
       SELECT 'T2099' || lpad(n::text, 4, '0'), 'one of many ' || n, 'linux' FROM generate_series(1, 1002) n RETURNING target_serial AS serial`,
    );
    const targets = rows.map(({ serial }) => serial);
    const wait = { action_type: 'wait', action_name: 'waits', action_parameters: { seconds: 1 } };
    const [left = '', added = ''] = targets.slice(-2);
    const path = `/api/v1/jobs/${await addJob(platform, 'large', { targets: targets.slice(0, -1), actions: [wait] })}`;
    const [etag, { body: before }] = [await read(path), await platform.api('GET', path)];
    const swapped = await platform.api('POST', `${path}/targets`, { add: [added], remove: [left] });
    expect([swapped.status, swapped.body.target_count, swapped.body.targets]).toEqual([200, 1_001, before.targets]);
    expect(await read(path)).not.toBe(etag);
    expect((await change('PUT', path, jobNamed('large', { targets, actions: [wait] }), etag)).status).toBe(412);
  });

  test('what is shown of a thing changes no ETag', async () => {
    const whole = await platform.api('GET', target);
    const part = await platform.api('GET', `${target}?fields=name,target_serial`);
    expect([part.body, etagOf(part)]).toEqual([{ target_serial: whole.body.target_serial, name: whole.body.name }, etagOf(whole)]);
  });

  test('one of several tags is enough, a weak one is none, and * takes whatever is there', async () => {
    const etag = await read(target);
    expect((await change('PATCH', target, {}, `"other" , ${etag}`)).status).toBe(200);
    expect((await change('PATCH', target, {}, `W/${etag}`)).status).toBe(412);
    expect((await change('PATCH', target, {}, '*')).status).toBe(200);
    expect((await change('PATCH', target, {})).status).toBe(200);
    const gone = `/api/v1/targets/${await addTarget(platform, 'gone.example.org')}`;
    expect((await change('DELETE', gone, undefined, await read(gone))).status).toBe(204);
    expect((await change('DELETE', gone, undefined, '*')).status).toBe(404);
  });

  test.each(['abc', '"abc', 'W/abc', '"a" "b"', '"a",', '', `"${'x'.repeat(1_000)}"`])('If-Match: %s is refused', async (header) => {
    const { status, body } = await change('PATCH', target, { name: 'x' }, header);
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'VALIDATION', 'If-Match']);
  });
});

describe('what a route may declare', () => {
  const Thing = z.object({ n: z.number() });
  const stopping = new AbortController();
  /** An app of its own around routes that no resource has yet. */
  const appOf = (waited: number[]) => {
    const route = defineRouteFor({ services: platform.services, limits: createRateLimits(platform.db), stopping: stopping.signal });
    let made = 0;
    const app = new OpenAPIHono<ApiEnv>()
      .openapi(
        route(
          { method: 'put', path: '/thing', operationId: 'changeThing', access: 'authenticated', etag: 'needs' },
          { 200: json(z.object({ expected: z.array(z.string()).nullable() }), 'Changed') },
        ),
        (c) => c.json({ expected: [...(c.get('expected') ?? [])] }, 200),
      )
      .openapi(
        route(
          {
            method: 'post',
            path: '/thing',
            operationId: 'startThing',
            access: 'authenticated',
            once: ['secret'],
            limits: { bodyBytes: 10 },
            waitFor: async (answer, seconds) => {
              waited.push(seconds);
              if (seconds === 13) throw new ConnectionRefusedError(new Error('away'));
              return { ...(answer as object), done: true };
            },
          },
          { 202: json(Thing, 'Begun') },
        ),
        (c) => c.json({ n: ++made, secret: 'SECRET' }, 202),
      )
      .openapi(
        route(
          {
            method: 'post',
            path: '/lost/{when}',
            operationId: 'loseThing',
            access: 'authenticated',
            request: { params: z.object({ when: z.enum(['before', 'after']) }) },
          },
          { 202: json(Thing, 'Begun') },
        ),
        async (c) => {
          if (c.req.valid('param').when === 'after') await platform.db.transaction(async () => ++made);
          throw new ConnectionAcquireTimeoutError(new Error('no connection'));
        },
      );
    return new OpenAPIHono<ApiEnv>()
      .use(requestFacts(() => false))
      .route('/', app)
      .onError(respondWithProblem(log));
  };
  const send = async (app: ReturnType<typeof appOf>, method: string, headers: Record<string, string>, body?: string, path = '/thing') => {
    const all = {
      authorization: `Bearer ${platform.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    };
    const response = await app.request(path, { method, headers: all, ...(body !== undefined && { body }) });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };

  test('that If-Match must be there', async () => {
    const app = appOf([]);
    const without = await send(app, 'PUT', {});
    expect([without.status, without.body.code]).toEqual([428, 'PRECONDITION_REQUIRED']);
    expect((await send(app, 'PUT', { 'if-match': '"a", "b"' })).body).toEqual({ expected: ['a', 'b'] });
    expect((await send(app, 'PUT', { 'if-match': '*' })).status).toBe(200);
  });

  test('its own limit of the body', async () => {
    const { status, body } = await send(appOf([]), 'POST', {}, '{"a":"0123456789"}');
    expect([status, body.code, body.detail]).toEqual([413, 'PAYLOAD_TOO_LARGE', expect.stringContaining('10 bytes')]);
  });

  test('that the answer stands when the database goes away while it is held back', async () => {
    const answer = await send(appOf([]), 'POST', { prefer: 'wait=13' });
    expect([answer.status, answer.body, answer.headers.get('preference-applied')]).toEqual([202, { n: 1, secret: 'SECRET' }, null]);
  });

  test('that a database which goes away after a COMMIT leaves a doubt, and one that goes before it leaves none', async () => {
    const app = appOf([]);
    const lose = async (when: string) => {
      const { status, body, headers } = await send(app, 'POST', { 'idempotency-key': when }, undefined, `/lost/${when}`);
      return [status, body.detail, headers.get('idempotent-replayed')];
    };
    const doubt = expect.stringContaining('it may have been');
    expect([await lose('after'), await lose('after')]).toEqual([
      [503, doubt, null],
      [503, doubt, 'true'],
    ]);
    const nothing = expect.stringContaining('Nothing was changed');
    expect([await lose('before'), await lose('before')]).toEqual([
      [503, nothing, null],
      [503, nothing, null],
    ]);
  });

  test('that Prefer: wait is obeyed, 50 seconds at most; the answer is kept before, without what is shown once, and a repeat waits again', async () => {
    const waited: number[] = [];
    const app = appOf(waited);
    const key = { 'idempotency-key': 'waits' };
    const first = await send(app, 'POST', { ...key, prefer: 'respond-async, wait=7' });
    expect([first.status, first.body, first.headers.get('preference-applied')]).toEqual([
      202,
      { n: 1, secret: 'SECRET', done: true },
      'wait=7',
    ]);
    const again = await send(app, 'POST', { ...key, prefer: 'wait=999' });
    expect([again.body, again.headers.get('idempotent-replayed')]).toEqual([{ n: 1, done: true }, 'true']);
    expect((await send(app, 'POST', key)).body).toEqual({ n: 1 });
    expect((await send(app, 'POST', { prefer: 'wait=0' })).body).toEqual({ n: 2, secret: 'SECRET' });
    expect(waited).toEqual([7, 50]);
    const wrong = await send(app, 'POST', { prefer: 'wait=soon' });
    expect([wrong.status, wrong.body.errors]).toEqual([400, [{ path: 'Prefer', message: 'must be wait=SECONDS' }]]);
    expect(JSON.stringify(await selectRows(platform.db, 'SELECT k::text AS text FROM idempotency_keys k'))).not.toContain('SECRET');
  });
});
