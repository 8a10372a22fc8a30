import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { DatabaseHealth } from '../../src/contracts/database-health.ts';
import { SystemInfo } from '../../src/contracts/system-info.ts';
import { execute } from '../../src/db/query.ts';
import { PERMISSIONS } from '../../src/domain/permissions.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addApiToken, addUser } from './support/accounts.ts';
import { addJob, addTarget } from './support/definitions.ts';

const PATH = '/api/v1/system/database';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
});
afterAll(() => platform[Symbol.asyncDispose]());

test('an administrator reads the health of the database', async () => {
  await execute(platform.db, 'CREATE INDEX doubled ON jobs (created_at)');
  const { status, body } = await platform.call(platform.token, 'GET', PATH);
  expect(status).toBe(200);
  expect(DatabaseHealth.strict().parse(body)).toEqual(body);
  expect(body.findings).toContainEqual(
    expect.objectContaining({ kind: 'duplicate_index', object: 'idx_jobs_created_at', severity: 'warning' }),
  );
});

test('an operator does not, and a token that was given the permission does', async () => {
  const operator = await addUser('operator');
  expect((await platform.call(await addApiToken(operator, ['jobs.read']), 'GET', PATH)).status).toBe(403);
  const token = await addApiToken(await addUser('admin'), ['database.read']);
  expect((await platform.call(token, 'GET', PATH)).status).toBe(200);
});

test('an administrator reads what runs here, and on what; nothing of it is a secret', async () => {
  const admin = await addApiToken(await addUser('admin'), ['database.read']);
  const job = await addJob(platform, 'counted', { targets: [await addTarget(platform, 'counted.example.org')] });
  await platform.api('POST', `/api/v1/jobs/${job}/executions`, {});
  const { status, body } = await platform.call(admin, 'GET', '/api/v1/system/info');
  expect([status, SystemInfo.strict().parse(body)]).toEqual([200, body]);
  expect(body).toMatchObject({
    version: 'test',
    node_version: process.versions.node,
    database: { version: expect.stringMatching(/^\d+\.\d+/), migration: expect.stringMatching(/^\d{4}-.*\.sql$/) },
    temporal: { address: inject('temporalAddress'), namespace: 'default', task_queue: platform.taskQueuePrefix },
    counts: { targets: 1, jobs: 1, templates: 0, schedules: 0, runs_scheduled: 1, runs_running: 0, runs_held: 0 },
  });
  const { password } = new URL(platform.database.url);
  expect(password === '' || !JSON.stringify(body).includes(password)).toBe(true);
  expect((await platform.call(await addApiToken(await addUser('operator'), PERMISSIONS), 'GET', '/api/v1/system/info')).status).toBe(403);
});
