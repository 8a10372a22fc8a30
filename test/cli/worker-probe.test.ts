import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorkerProbe } from '../../src/cli/worker-probe.ts';
import { addProcessMetrics } from '../../src/metrics/process-metrics.ts';
import { createRegistry } from '../../src/metrics/registry.ts';

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
