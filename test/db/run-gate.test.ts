import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Rollout } from '../../src/contracts/rollout.ts';
import { assignBatches } from '../../src/db/assign-batches.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { beginBatch, enterGate, leaveGate } from '../../src/db/run-gate.ts';
import { openTestDatabase } from './support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addTargetRows } from './support/rows.ts';

const TARGETS = 6;
const DELAY: Rollout = { batches: [{ count: 2 }], between_batches: { seconds: 3_600 } };
const APPROVAL: Rollout = { ...DELAY, between_batches: { approvers: [{ type: 'role', value: 'admin' }] } };

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let targets: number[];
let jobId: number;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  targets = await addTargetRows(db, TARGETS);
  jobId = await addJobRow(db);
});
afterAll(() => database[Symbol.asyncDispose]());

/** A run whose first batch, of two branches, has ended. */
const addRun = async (rollout: Rollout) => {
  const run = await addExecutionRow(db, jobId, { status: 'running', rollout: JSON.stringify(rollout) });
  const states = targets.map(() => 'scheduled');
  await addBranchRows(db, run, targets, states);
  await assignBatches(db, run.id, rollout);
  await beginBatch(db, run.serial, 0);
  return run;
};
const change = (id: number, fields: string) => execute(db, `UPDATE job_executions SET ${fields} WHERE id = $1`, [id]);
const letGo = (id: number) => change(id, `paused_at = NULL, hold_reason = NULL, resumes_at = NULL, gate_until = NULL`);
const pause = (id: number) => change(id, `paused_at = coalesce(paused_at, now()), hold_reason = 'user', resumes_at = NULL`);
const held = (id: number) => selectRow(db, 'SELECT hold_reason, paused_at, resumes_at FROM job_executions WHERE id = $1', [id]);
const notes = (id: number) => selectRows(db, 'SELECT log_message AS text FROM job_execution_logs WHERE job_execution_id = $1', [id]);
const sizes = async (id: number): Promise<number[]> => {
  const rows = await selectRows<{ size: number }>(
    db,
    'SELECT count(*)::int AS size FROM job_execution_branches WHERE job_execution_id = $1 GROUP BY batch_number ORDER BY batch_number',
    [id],
  );
  return rows.map(({ size }) => size);
};

test.each([
  ['a time', DELAY, 'Batch 2 waits 3600 s.'],
  ['an approval', APPROVAL, 'Batch 2 waits for an approval.'],
])(
  'a gate that waits for %s is entered once: who asks again learns that it is held, and the log says it once',
  async (_, rollout, text) => {
    const { id, serial } = await addRun(rollout);
    expect(await enterGate(db, serial, 2)).toBe('held');
    const before = await held(id);
    expect(await enterGate(db, serial, 2)).toBe('held');
    expect(await held(id)).toEqual(before);
    expect(await notes(id)).toEqual([{ text }]);
  },
);

test.each([
  ['a time', DELAY],
  ['an approval', APPROVAL],
])('a gate of %s that was let go before its worker could tell is open, and the next one is held again', async (_, rollout) => {
  const { id, serial } = await addRun(rollout);
  await enterGate(db, serial, 2);
  await letGo(id);
  expect(await enterGate(db, serial, 2)).toBe('open');
  expect(await beginBatch(db, serial, 2)).toEqual({ number: 2, from: 3, to: 4 });
  expect(await enterGate(db, serial, 4)).toBe('held');
});

test('a batch that was rejected before its worker could tell never begins', async () => {
  const { id, serial } = await addRun(APPROVAL);
  await enterGate(db, serial, 2);
  await letGo(id);
  await change(id, `error_code = 'ROLLOUT_REJECTED', failure_category = 'rejected'`);
  expect(await enterGate(db, serial, 2)).toBe('over');
});

test('a person who paused the run before its gate holds it, one who did so in the gate does not end the gate', async () => {
  const { id, serial } = await addRun(DELAY);
  await pause(id);
  expect(await enterGate(db, serial, 2)).toBe('paused');
  await letGo(id);
  expect(await enterGate(db, serial, 2)).toBe('held');
  await pause(id);
  expect(await enterGate(db, serial, 2)).toBe('held');
});

test('a time that is over opens its gate once; without one there is no gate, and behind the last batch nothing', async () => {
  const { id, serial } = await addRun(DELAY);
  await enterGate(db, serial, 2);
  await leaveGate(db, serial);
  expect(await held(id)).toMatchObject({ hold_reason: 'delay' });
  await change(id, `resumes_at = now(), gate_until = now()`);
  await leaveGate(db, serial);
  expect(await held(id)).toEqual({ hold_reason: null, paused_at: null, resumes_at: null });
  expect(await enterGate(db, serial, 2)).toBe('open');
  const free = await addRun({ batches: [{ count: 2 }] });
  expect(await enterGate(db, free.serial, 2)).toBe('open');
  expect(await enterGate(db, free.serial, TARGETS)).toBe('over');
});

test('a batch that has begun, though none of its branches has, is not divided anew', async () => {
  const { id, serial } = await addRun({ batches: [{ count: 4 }] });
  await assignBatches(db, id, { batches: [{ count: 1 }] });
  expect(await sizes(id)).toEqual([4, 1, 1]);
  expect(await beginBatch(db, serial, 0)).toEqual({ number: 1, from: 1, to: 4 });
});
