import type { Sequelize } from 'sequelize';
import { expect, test } from 'vitest';
import { grantSlots } from '../../src/db/grant-slots.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { openTestDatabase } from './support/open-database.ts';
import { addExecutionRow, addJobRow } from './support/rows.ts';

const PRIORITIES = [5, 1, 9, 5, 1, 5, 10, 1, 9, 2];

/** Ten waiting runs of jobs with these priorities, oldest first. @returns workflow ids in the order in which they should begin. */
const addWaitingRuns = async (db: Sequelize): Promise<string[]> => {
  const runs: { priority: number; workflowId: string }[] = [];
  for (const [index, priority] of PRIORITIES.entries()) {
    const { serial } = await addExecutionRow(db, await addJobRow(db, { serial: `J2025000${index}`, priority }));
    runs.push({ priority, workflowId: `job/${serial}` });
  }
  return runs.toSorted((a, b) => a.priority - b.priority).map(({ workflowId }) => workflowId);
};

const endRun = (db: Sequelize, workflowId: string | undefined) =>
  execute(db, `UPDATE job_executions SET status = 'completed', completed_at = now() WHERE workflow_id = $1`, [workflowId]);

test('runs begin by priority and age, and never more than may', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const order = await addWaitingRuns(db);
  const begun = await grantSlots(db, 3);
  expect(begun.toSorted()).toEqual(order.slice(0, 3).toSorted());
  expect(await grantSlots(db, 3)).toEqual([]);
  for (const [index, ended] of order.slice(0, 7).entries()) {
    await endRun(db, ended);
    expect(await grantSlots(db, 3)).toEqual([order[index + 3]]);
  }
  expect(
    await selectRow(db, `SELECT count(*)::int AS open FROM job_executions WHERE status = 'running' AND started_at IS NOT NULL`),
  ).toEqual({ open: 3 });
});

test('calls at once grant no more than may run', async () => {
  await using database = await openTestDatabase(10);
  const { db } = database;
  const order = await addWaitingRuns(db);
  const granted = await Promise.all(Array.from({ length: 20 }, () => grantSlots(db, 3)));
  expect(granted.flat().toSorted()).toEqual(order.slice(0, 3).toSorted());
});

test('a paused run gives its slot to others; a lower limit ends nothing and grants nothing', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const order = await addWaitingRuns(db);
  await grantSlots(db, 3);
  await execute(db, `UPDATE job_executions SET paused_at = now(), hold_reason = 'user' WHERE workflow_id = $1`, [order[0]]);
  expect(await grantSlots(db, 1)).toEqual([]);
  expect(await grantSlots(db, 0)).toEqual([]);
  expect(await grantSlots(db, 3)).toEqual([order[3]]);
});

test('a run whose workflow has not begun, or that is to be cancelled, waits for no slot', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const order = await addWaitingRuns(db);
  await execute(db, 'UPDATE job_executions SET run_id = NULL WHERE workflow_id = $1', [order[0]]);
  await execute(db, 'UPDATE job_executions SET cancel_requested_at = now() WHERE workflow_id = $1', [order[1]]);
  expect((await grantSlots(db, 2)).toSorted()).toEqual(order.slice(2, 4).toSorted());
});

test('a job runs while one of its runs does', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  await addWaitingRuns(db);
  await grantSlots(db, 3);
  const jobs = await selectRows<{ status: string; job_serial: string }>(db, 'SELECT job_serial, status FROM jobs ORDER BY id');
  expect(jobs.filter(({ status }) => status === 'running').map(({ job_serial: serial }) => serial)).toEqual([
    'J20250001',
    'J20250004',
    'J20250007',
  ]);
});
