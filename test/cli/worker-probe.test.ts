import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startWorkerProbe } from '../../src/cli/worker-probe.ts';
import { addProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { createRegistry } from '../../src/metrics/registry.ts';
import { startCli } from '../support/cli-process.ts';
import { createTestDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { newKeyRing } from '../support/platform.ts';

let probe: Awaited<ReturnType<typeof startWorkerProbe>>;
const metrics = createRegistry();
beforeAll(async () => {
  addProcessMetrics(metrics, 'test');
  probe = await startWorkerProbe(metrics, { host: '127.0.0.1', port: 0 });
});
afterAll(() => probe.close());

const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${probe.port}${path}`, { method });

test('a worker alone says that it lives', async () => {
  const response = await ask('/healthz');
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

test('its metrics are those that Prometheus takes', async () => {
  const response = await ask('/metrics?x=1');
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const input = await response.text();
  expect(input).toContain('process_resident_memory_bytes');
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  expect([promtool.status, promtool.stderr, promtool.stdout]).toEqual([0, '', '']);
});

test('a worker process tells of its own connections to the database', async () => {
  await using database = await createTestDatabase();
  const port = await freePort();
  const worker = startCli(['worker'], {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    OPSCONDUCTOR_KEYS: newKeyRing(),
    OPSCONDUCTOR_TASK_QUEUE: `test-${randomUUID().slice(0, 8)}`,
    OPSCONDUCTOR_PROBE_PORT: String(port),
  });
  await worker.until('worker is up');
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(text).toContain('opsconductor_database_pool_connections{part="worker",state="used"}');
  expect(text).toContain('opsconductor_database_pool_waiting{part="worker"}');
  expect(text).not.toContain('part="api"');
  await worker.end('SIGTERM');
});

test.each([
  ['/api/v1/jobs', 'GET', 404],
  ['/', 'GET', 404],
  ['/metrics', 'POST', 405],
])('%s by %s is answered with %i', async (path, method, status) => {
  expect((await ask(path, method)).status).toBe(status);
});

test('a port that is taken is told with the variable that changes it', async () => {
  await expect(startWorkerProbe(metrics, { host: '127.0.0.1', port: probe.port })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('OPSCONDUCTOR_PROBE_PORT'),
  });
});
