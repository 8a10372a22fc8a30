import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, selectRow } from '../../src/db/query.ts';
import { beginRequest, completeRequest, forgetRequest } from '../../src/services/idempotency.ts';
import { openTestDatabase } from '../db/support/open-database.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let userId: number;
beforeAll(async () => {
  database = await openTestDatabase();
  userId = (await selectRow<{ id: number }>(database.db, `SELECT id FROM users WHERE username = 'system'`))?.id ?? 0;
});
afterAll(() => database[Symbol.asyncDispose]());

const claimTwice = async (key: string) => {
  const { db } = database;
  const request = { userId, key, method: 'POST', path: '/api/v1/targets', requestHash: Buffer.from(key) };
  const first = await beginRequest(db, request);
  await execute(db, `UPDATE idempotency_keys SET created_at = now() - interval '61 seconds' WHERE idempotency_key = $1`, [key]);
  const second = await beginRequest(db, request);
  if (first.state !== 'new' || second.state !== 'new') throw new Error('both were to own the key, one after the other');
  return { db, request, first: first.claim, second: second.claim };
};

test('the answer of a server that was slow, and lost its key to another, does not replace the answer of the other', async () => {
  const { db, request, first, second } = await claimTwice('slow');
  await completeRequest(db, request, first, 201, { made_by: 'first' });
  await expect(beginRequest(db, request)).rejects.toMatchObject({ code: 'IN_PROGRESS' });
  await completeRequest(db, request, second, 201, { made_by: 'second' });
  await completeRequest(db, request, first, 201, { made_by: 'first' });
  expect(await beginRequest(db, request)).toEqual({ state: 'completed', status: 201, body: { made_by: 'second' } });
});

test('a server that failed after it lost its key leaves the key to the other', async () => {
  const { db, request, first } = await claimTwice('failed');
  await forgetRequest(db, request, first);
  await expect(beginRequest(db, request)).rejects.toMatchObject({ code: 'IN_PROGRESS' });
});
