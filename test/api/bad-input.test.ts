import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addSession, addUser } from './support/accounts.ts';
import { addJob, addTarget, jobNamed, targetAt } from './support/definitions.ts';
import { countRows } from './support/unchanged.ts';
import { ACCOUNTS } from './wrong-requests/accounts.ts';
import { FILES } from './wrong-requests/files.ts';
import { HTTP } from './wrong-requests/http.ts';
import { HTTP_METHODS } from './wrong-requests/http-methods.ts';
import { JOBS } from './wrong-requests/jobs.ts';
import { LISTS } from './wrong-requests/lists.ts';
import { RUNS } from './wrong-requests/runs.ts';
import { TARGETS } from './wrong-requests/targets.ts';
import type { World } from './wrong-requests/wrong-request.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('wrong requests', () => {
  let platform: TestPlatform;
  let world: World;
  /** An operator who may have everything that is tried here, with a password that is known. */
  let operator: string;

  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const user = await addUser('operator');
    operator = await addSession(user);
    const target = await addTarget(platform, 'taken.example.org');
    const otherTarget = await addTarget(platform, 'other.example.org');
    const offTarget = await addTarget(platform, 'off.example.org', { status: 'maintenance' });
    const job = await addJob(platform, 'job', { targets: [target] });
    const variables = [
      { key: 'MUST', is_required: true },
      { key: 'COUNT', type: 'number', value: 3 },
      { key: 'DATA', type: 'json' },
    ];
    const started = await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
    world = {
      target,
      otherTarget,
      offTarget,
      job,
      jobWithoutTargets: await addJob(platform, 'no targets'),
      jobAllOff: await addJob(platform, 'all off', { targets: [offTarget] }),
      jobWithVariables: await addJob(platform, 'variables', { targets: [target], variables }),
      execution: started.body.execution_serial,
    };
    await platform.call(operator, 'POST', '/api/v1/auth/tokens', { name: 'taken', scopes: ['jobs.read'] });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const all = [...TARGETS, ...JOBS, ...FILES, ...RUNS, ...LISTS, ...ACCOUNTS, ...HTTP, ...HTTP_METHODS];

  test.each(all)('$title', async ({ method = 'GET', path, body, headers = {}, status = 400, code = 'VALIDATION', field, says }) => {
    const before = await countRows(platform);
    const sent = typeof body === 'function' ? body(world) : body;
    const answer = await platform.call(operator, method, typeof path === 'string' ? path : path(world), sent, headers);
    expect([answer.status, answer.body.code, answer.headers.get('content-type')]).toEqual([status, code, 'application/problem+json']);
    expect(answer.body).toEqual({
      type: `urn:opsconductor:problem:${code}`,
      title: expect.any(String),
      status,
      code,
      detail: expect.stringMatching(/./),
      instance: expect.stringMatching(/^urn:opsconductor:request:/),
      ...(field !== undefined && { errors: expect.any(Array) }),
    });
    if (field !== undefined) expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(field);
    for (const { message } of answer.body.errors ?? []) expect(message).toMatch(/\w+ \w+/);
    if (says !== undefined) expect(answer.body.errors).toContainEqual({ path: field, message: expect.stringMatching(says) });
    expect(JSON.stringify(answer.body).length).toBeLessThan(5_000);
    expect(JSON.stringify(answer.body)).not.toMatch(/SECRET|PRIVATE KEY|hunter2|correct horse/);
    expect(await countRows(platform)).toEqual(before);
  });

  test('a body over 1 MB is refused, with and without its length', async () => {
    const before = await countRows(platform);
    const bytes = new TextEncoder().encode(JSON.stringify({ name: 'x'.repeat(1_048_576) }));
    const headers = { ...JSON_TYPE, authorization: `Bearer ${operator}`, 'idempotency-key': 'too-large' };
    const stated = await platform.app.request('/api/v1/targets', {
      method: 'POST',
      headers: { ...headers, 'content-length': String(bytes.length) },
      body: bytes,
    });
    const body = new Blob([bytes]).stream();
    const streamed = await platform.app.request('/api/v1/targets', { method: 'POST', headers, body, duplex: 'half' });
    for (const response of [stated, streamed]) {
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
    }
    expect(await countRows(platform)).toEqual(before);
  });

  test('a body of exactly 1 MB is read', async () => {
    const text = JSON.stringify(jobNamed('x', { description: '' }));
    const body = text.replace('"description":""', `"description":"${'x'.repeat(1_048_576 - text.length)}"`);
    expect(body.length).toBe(1_048_576);
    const { status, body: answer } = await platform.call(operator, 'POST', '/api/v1/jobs', body);
    expect([status, answer.errors[0].path]).toEqual([400, 'description']);
  });

  test('a body that is not UTF-8 is refused, not repaired', async () => {
    const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const response = await platform.app.request('/api/v1/jobs', {
      method: 'POST',
      headers: { ...JSON_TYPE, authorization: `Bearer ${operator}` },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'MALFORMED_REQUEST' });
  });

  test('a token cannot get a scope that its maker lacks', async () => {
    const { status, body } = await platform.call(operator, 'POST', '/api/v1/auth/tokens', {
      name: 'more',
      scopes: ['jobs.read', 'users.write'],
    });
    expect([status, body.errors]).toEqual([400, [{ path: 'scopes.1', message: 'you lack users.write yourself' }]]);
  });

  test('nobody revokes a token of another', async () => {
    const made = await platform.api('POST', '/api/v1/auth/tokens', { name: 'of admin', scopes: ['jobs.read'] });
    expect((await platform.call(operator, 'DELETE', `/api/v1/auth/tokens/${made.body.token_uuid}`)).status).toBe(404);
    expect((await platform.call(made.body.token, 'GET', '/api/v1/jobs')).status).toBe(200);
  });

  test.each([
    '::1',
    'fe80::1%eth0',
    '2001:db8::2:1',
    '::ffff:10.1.2.3',
    '10.9.8.7',
    'under_score.example.org',
    'a',
    'xn--bcher-kva.example',
    'ends.in.dot.',
    '  Padded.Example.org ',
  ])('the host %j is accepted', async (host) => {
    const { status, body } = await platform.call(operator, 'POST', '/api/v1/targets', targetAt(host));
    expect([status, body.methods?.[0].host]).toEqual([201, host.trim().toLowerCase()]);
  });

  test('text that only looks like an escaped NUL is kept', async () => {
    const value = { path: String.raw`C:\u0000` };
    const { status, body } = await platform.call(
      operator,
      'POST',
      '/api/v1/jobs',
      jobNamed('escaped', { variables: [{ key: 'A', type: 'json', value }] }),
    );
    expect([status, body.variables?.[0].value]).toEqual([201, value]);
  });

  test('a caller with a link-local address can log in', async () => {
    const socket = { remoteAddress: 'fe80::1%eth0', remotePort: 1, remoteFamily: 'IPv6' };
    const body = JSON.stringify(platform.admin);
    const response = await platform.app.request(
      '/api/v1/auth/login',
      { method: 'POST', headers: JSON_TYPE, body },
      { incoming: { socket } },
    );
    expect(response.status).toBe(200);
  });
});
