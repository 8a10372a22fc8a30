import { afterAll, beforeAll, expect, test } from 'vitest';
import { DatabaseHealth } from '../../src/contracts/database-health.ts';
import { execute } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addApiToken, addUser } from './support/accounts.ts';

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
