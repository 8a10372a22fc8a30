import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runServer } from '../../src/cli/run-platform.ts';
import { parseConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { parseKeyRing } from '../../src/db/seal.ts';
import { bootstrapAdmin } from '../../src/services/auth/bootstrap-admin.ts';
import { startCli } from '../support/cli-process.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { log, newKeyRing } from '../support/platform.ts';

describe('an API server', () => {
  let database: TestDatabase;
  let admin: { username: string; password: string } | undefined;
  const keyRingText = newKeyRing();
  beforeAll(async () => {
    database = await createTestDatabase();
    const db = connectDatabase({ url: database.url, poolSize: 1, applicationName: 'test' });
    admin = await bootstrapAdmin(db, parseKeyRing(keyRingText), false);
    await db.close();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  const serverOf = (env: Record<string, string>) => {
    const config = parseConfig({ DATABASE_URL: database.url, TEMPORAL_ADDRESS: inject('temporalAddress'), OPSCONDUCTOR_PORT: '0', ...env });
    const { databaseUrl = '', temporal } = config;
    if (temporal === undefined) throw new Error('no Temporal is named');
    return runServer(config, { databaseUrl, temporal, keyRingText }, log);
  };
  const readinessOf = async (url: string) => {
    const answer = await fetch(`${url}/readyz`);
    return { code: answer.status, ...((await answer.json()) as { status: string; checks: Record<string, { ok: boolean }> }) };
  };
  /** An answer is kept for a second, and says that Temporal is away when that took longer than one. @returns the first that says that it is there */
  const untilReadiness = async (url: string, code: number) => {
    for (;;) {
      const found = await readinessOf(url);
      if (found.code === code && found.checks['temporal']?.ok === true) return found;
    }
  };
  const post = async (url: string, path: string, body: unknown, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };

  const addJob = async (url: string, token: string | undefined, name: string) => {
    const target = await post(url, '/targets', { name, methods: [{ method_type: 'ssh', host: `${name}.example.org` }] }, token);
    const action = { action_type: 'command', action_name: 'true', action_parameters: { command: 'true' } };
    const job = await post(url, '/jobs', { name, targets: [target.body['target_serial']], actions: [action] }, token);
    expect([target.status, job.status, job.body]).toMatchObject([201, 201, {}]);
    return job.body['job_serial'];
  };

  test('is ready while both stores answer, and not without its database', async () => {
    const to = new URL(database.url);
    const proxy = await startCuttingProxy(Number(to.port), []);
    to.port = String(proxy.port);
    const server = await serverOf({ DATABASE_URL: to.href });
    expect(await untilReadiness(server.url, 200)).toMatchObject({
      checks: { postgres: { ok: true, age_seconds: 0 }, temporal: { ok: true } },
    });
    await proxy[Symbol.asyncDispose]();
    expect(await untilReadiness(server.url, 503)).toMatchObject({
      code: 503,
      status: 'not_ready',
      checks: {
        postgres: { ok: false, required: true, last_ok_at: expect.stringMatching(/^\d{4}-.*Z$/), age_seconds: expect.any(Number) },
        temporal: { ok: true, age_seconds: 0 },
        workers: { ok: false, required: false, message: expect.stringContaining('runs are accepted'), last_ok_at: null, age_seconds: null },
      },
    });
    await server.stop();
  });

  test('stays ready while Temporal is away, says so, and accepts runs', async () => {
    const server = await serverOf({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(await readinessOf(server.url)).toMatchObject({
      code: 200,
      status: 'degraded',
      checks: { postgres: { ok: true }, temporal: { ok: false, required: false, message: expect.stringContaining('runs are accepted') } },
    });
    const { token } = (await post(server.url, '/auth/login', admin)).body;
    const job = await addJob(server.url, token, 'job');
    expect((await post(server.url, `/jobs/${job}/executions`, {}, token)).status).toBe(202);
    await server.stop();
  });

  test('told to stop it says so, gives who waits the run as it is, takes what is being sent, and ends', async () => {
    const process = startCli(['server'], {
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      OPSCONDUCTOR_KEYS: keyRingText,
      OPSCONDUCTOR_TASK_QUEUE: randomUUID(),
      OPSCONDUCTOR_PORT: '0',
    });
    await process.until('API is up');
    const [, url = ''] = /"url":"([^"]+)"/.exec(process.output()) ?? [];
    const token = (await post(url, '/auth/login', admin)).body['token'] ?? '';
    const authorization = `Bearer ${token}`;
    const job = await addJob(url, token, 'waited');
    const waiting = fetch(`${url}/api/v1/jobs/${job}/executions`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', prefer: 'wait=50' },
      body: '{}',
    });
    const ofFile = { 'content-type': 'application/octet-stream', 'content-length': 8, expect: '100-continue' };
    const upload = request(`${url}/api/v1/artifacts?name=late.bin`, { method: 'POST', headers: { authorization, ...ofFile } });
    const uploaded = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.flushHeaders();
    await once(upload, 'continue');
    upload.write('half');
    const runs = async () => {
      const answer = await fetch(`${url}/api/v1/executions?job=${job}`, { headers: { authorization } });
      return ((await answer.json()) as { data: unknown[] }).data;
    };
    while ((await runs()).length === 0);

    const ended = process.end('SIGTERM');
    const waited = await waiting;
    expect([waited.status, ((await waited.json()) as { status: string }).status]).toEqual([202, 'scheduled']);
    expect(Number(/^wait=(\d+)$/.exec(waited.headers.get('preference-applied') ?? '')?.[1])).toBeLessThan(50);
    expect(await readinessOf(url)).toMatchObject({ code: 503, status: 'stopping', checks: { postgres: { ok: true } } });
    upload.end('late');
    expect((await uploaded)[0].statusCode).toBe(201);
    expect(await ended).toBe(0);
  });

  test('answers on IPv6, with an address that can be used', async () => {
    const server = await serverOf({ OPSCONDUCTOR_HOST: '::1' });
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    await server.stop();
  });

  test('says why it cannot listen, and which variable to change', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const taken = String((squatter.address() as AddressInfo).port);
    for (const [env, code, message] of [
      [{ OPSCONDUCTOR_PORT: taken }, 'CONFLICT', `Port ${taken} for the API is taken by another program`],
      [
        { OPSCONDUCTOR_HOST: '192.0.2.1' },
        'VALIDATION',
        '192.0.2.1, for the API, is not an address of this machine: correct OPSCONDUCTOR_HOST',
      ],
      [{ OPSCONDUCTOR_HOST: 'no-such-host.invalid' }, 'VALIDATION', 'does not resolve: correct OPSCONDUCTOR_HOST'],
    ] as const) {
      await expect(serverOf(env)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    }
    squatter.close();
  });
});
