import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { finishRun } from '../../src/db/close-run.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { queueRetries } from '../../src/db/retry-branches.ts';
import { stopShard } from '../../src/db/stop-shard.ts';
import { openTestDatabase } from './support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addTargetRows } from './support/rows.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let targets: number[];
let jobId: number;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  targets = await addTargetRows(db, 4);
  jobId = await addJobRow(db, { actions: [{}, { isEnabled: false }] });
});
afterAll(() => database[Symbol.asyncDispose]());

const NOTHING = { cancelled: false, failureCategory: null, errorCode: null, message: null, closedBy: 'workflow' } as const;
const CANCELLED = { ...NOTHING, cancelled: true };
const DEAD = { ...NOTHING, failureCategory: 'lost', errorCode: 'OUTCOME_UNKNOWN', message: 'terminated', closedBy: 'reconciler' } as const;
const TIMED_OUT = { failure_category: 'timeout', error_code: 'RUN_TIMED_OUT', error_message: 'too long' };
const ASKED = { cancel_requested_at: new Date().toISOString() };

const addRun = async (branches: string[], fields: Record<string, unknown> = {}) => {
  const run = await addExecutionRow(db, jobId, { status: 'running', ...fields });
  return { ...run, branches: await addBranchRows(db, run, targets, branches) };
};

const readRun = (id: number) =>
  selectRow(
    db,
    `SELECT status, failure_category, error_code, closed_by, completed_branches AS completed, failed_branches AS failed, cancelled_branches AS cancelled,
       total_branches AS total FROM job_executions WHERE id = $1 AND completed_at IS NOT NULL`,
    [id],
  );

test.each([
  ['all completed', ['completed', 'completed'], {}, NOTHING, 'completed'],
  ['one failed', ['completed', 'failed'], {}, NOTHING, 'failed'],
  ['one cancelled by a person, the rest completed', ['completed', 'cancelled'], {}, NOTHING, 'completed'],
  ['one cancelled, one failed', ['cancelled', 'failed'], {}, NOTHING, 'failed'],
  ['all cancelled one by one', ['cancelled', 'cancelled'], {}, NOTHING, 'cancelled'],
  ['a cancel in Temporal', ['completed', 'cancelled'], {}, CANCELLED, 'cancelled'],
  ['a cancel asked of the API', ['completed', 'cancelled'], ASKED, NOTHING, 'cancelled'],
  ['a cancel after one had failed', ['failed', 'cancelled'], ASKED, CANCELLED, 'cancelled'],
  ['a cancel after all had completed', ['completed', 'completed'], ASKED, CANCELLED, 'completed'],
  ['a cancel before any branch', [], ASKED, CANCELLED, 'cancelled'],
  ['the time was up', ['completed', 'failed'], TIMED_OUT, NOTHING, 'failed'],
  ['the time was up and every branch was cancelled', ['cancelled', 'cancelled'], TIMED_OUT, NOTHING, 'failed'],
  ['the time was up and then a cancel was asked', ['completed', 'failed'], { ...TIMED_OUT, ...ASKED }, CANCELLED, 'failed'],
  ['the workflow is dead', ['completed', 'failed'], {}, DEAD, 'failed'],
  ['the workflow is dead, all branches had completed', ['completed'], {}, DEAD, 'failed'],
  ['no targets', [], {}, NOTHING, 'failed'],
  ['no slot yet', [], { status: 'scheduled' }, CANCELLED, 'cancelled'],
  ['dead before it had a slot', [], { status: 'scheduled' }, DEAD, 'failed'],
] as const)('%s: %j with %j ends as it must', async (_, branches, fields, ending, expected) => {
  const { id } = await addRun([...branches], fields);
  expect(await finishRun(db, id, ending)).toBe(expected);
  const count = (status: string): number => branches.filter((branch) => branch === status).length;
  const counts = { completed: count('completed'), failed: count('failed'), cancelled: count('cancelled'), total: branches.length };
  expect(await readRun(id)).toMatchObject({ status: expected, closed_by: ending.closedBy, ...counts });
});

test('a run without targets says so, a dead or late one why', async () => {
  const [empty, dead, late, cancelled] = [
    await addRun([]),
    await addRun(['failed']),
    await addRun(['failed'], TIMED_OUT),
    await addRun([]),
  ];
  await finishRun(db, empty.id, NOTHING);
  await finishRun(db, dead.id, DEAD);
  await finishRun(db, late.id, NOTHING);
  await finishRun(db, cancelled.id, CANCELLED);
  expect(await readRun(empty.id)).toMatchObject({ failure_category: 'configuration', error_code: 'NO_TARGETS' });
  expect(await readRun(dead.id)).toMatchObject({ failure_category: 'lost', error_code: 'OUTCOME_UNKNOWN' });
  expect(await readRun(late.id)).toMatchObject({ failure_category: 'timeout', error_code: 'RUN_TIMED_OUT' });
  expect(await readRun(cancelled.id)).toMatchObject({ failure_category: null, error_code: null });
});

test.each([
  ['a cancel', {}, CANCELLED, ['cancelled', null, null], ['cancelled', null]],
  ['a dead workflow', {}, DEAD, ['failed', 'not_started', 'NOT_STARTED'], ['skipped', 'branch_stopped']],
  ['a time that was up', TIMED_OUT, NOTHING, ['failed', 'not_started', 'NOT_STARTED'], ['skipped', 'branch_stopped']],
] as const)('%s closes branches that never began, and their actions', async (_, fields, ending, branch, action) => {
  const { id, branches } = await addRun(['completed', 'scheduled', 'scheduled'], fields);
  const counted: unknown[] = [];
  for (let time = 0; time < 2; time += 1) await finishRun(db, id, ending, (...ended) => void counted.push(ended));
  expect(counted).toEqual([[branch[0], 2]]);
  const waiting = await selectRows<Record<string, unknown>>(
    db,
    `SELECT status, failure_category, error_code, closed_by, started_at FROM job_execution_branches WHERE job_execution_id = $1 AND branch_number > 1`,
    [id],
  );
  const expected = { status: branch[0], failure_category: branch[1], error_code: branch[2], closed_by: ending.closedBy, started_at: null };
  expect(waiting).toEqual([expected, expected]);
  const actions = await selectRows(
    db,
    `SELECT action_serial, status, skip_reason, is_final FROM job_action_results WHERE action_serial LIKE $1 ORDER BY action_serial`,
    [`${branches[1]}.%`],
  );
  expect(actions).toEqual([
    { action_serial: `${branches[1]}.0001`, status: action[0], skip_reason: action[1], is_final: true },
    { action_serial: `${branches[1]}.0002`, status: 'skipped', skip_reason: 'disabled', is_final: true },
  ]);
});

test('a branch that never began, and was held, is held by nothing when it is closed', async () => {
  const { id, branches } = await addRun(['scheduled']);
  await execute(db, `UPDATE job_execution_branches SET hold_reason = 'blackout' WHERE branch_serial = '${branches[0]}'`);
  await finishRun(db, id, CANCELLED);
  const [row] = await selectRows(db, 'SELECT status, hold_reason FROM job_execution_branches WHERE job_execution_id = $1', [id]);
  expect(row).toEqual({ status: 'cancelled', hold_reason: null });
});

test('a run that has ended stays as it is, however often and by whomever it is closed again', async () => {
  const { id } = await addRun(['completed']);
  await finishRun(db, id, NOTHING);
  const first = await selectRow(db, 'SELECT * FROM job_executions WHERE id = $1', [id]);
  for (const ending of [NOTHING, CANCELLED, DEAD]) expect(await finishRun(db, id, ending)).toBe('completed');
  expect(await selectRow(db, 'SELECT * FROM job_executions WHERE id = $1', [id])).toEqual(first);
});

test('of closers at once one closes, and all learn the same end', async () => {
  const { id } = await addRun(['scheduled', 'completed']);
  const ends = await Promise.all([NOTHING, CANCELLED, DEAD, CANCELLED].map((ending) => finishRun(db, id, ending)));
  expect(new Set(ends).size).toBe(1);
});

test('a run that is held is held no more when it has ended', async () => {
  const { id } = await addRun(['cancelled'], { paused_at: new Date().toISOString(), hold_reason: 'user' });
  await finishRun(db, id, CANCELLED);
  expect(await selectRow(db, 'SELECT paused_at, hold_reason, resumes_at FROM job_executions WHERE id = $1', [id])).toEqual({
    paused_at: null,
    hold_reason: null,
    resumes_at: null,
  });
});

test('a shard that was ended takes what it had not begun with it, not what waits to be run again: that is for the run itself', async () => {
  const { id, serial, branches } = await addRun(['scheduled', 'failed', 'scheduled']);
  await db.transaction((transaction) => queueRetries(db, id, undefined, 'restart', false, transaction));
  await stopShard(db, { execution: serial, shard: 1, from: 1, to: 2, how: 'terminated' });
  const rows = await selectRows(db, 'SELECT branch_serial, status FROM job_execution_branches WHERE job_execution_id = $1 ORDER BY id', [
    id,
  ]);
  expect(rows).toEqual(['failed', 'running', 'scheduled'].map((status, at) => ({ branch_serial: branches[at], status })));
});
