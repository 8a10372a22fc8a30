import type { Sequelize } from 'sequelize';
import { expect, test } from 'vitest';
import { closeBranchRow } from '../../src/db/close-branch.ts';
import { openBranchRow } from '../../src/db/open-branch.ts';
import { execute, selectRows } from '../../src/db/query.ts';
import { openTestDatabase } from './support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addTargetRows } from './support/rows.ts';

const RUNS = 12;

/** So many running runs, each with one branch that has not begun, all on one target. @returns the branches. */
const addRivals = async (db: Sequelize, count: number): Promise<string[]> => {
  const jobId = await addJobRow(db, {});
  const targets = await addTargetRows(db, 1);
  const branches: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const run = await addExecutionRow(db, jobId, { status: 'running' });
    branches.push(...(await addBranchRows(db, run, targets, ['scheduled'])));
  }
  await execute(db, `UPDATE job_execution_branches SET workflow_id = branch_serial`);
  return branches;
};

/** As its own workflow does. */
const open = (db: Sequelize, branch: string, runId: string) => openBranchRow(db, branch, { workflowId: branch, runId });
const close = (db: Sequelize, branch: string) =>
  closeBranchRow(
    db,
    { branch, status: 'completed', failureCategory: null, errorCode: null, message: null, skipReason: 'branch_stopped' },
    'workflow',
  );
const holders = async (db: Sequelize): Promise<string[]> =>
  (
    await selectRows<{ branch_serial: string }>(
      db,
      'SELECT branch_serial FROM job_execution_branches WHERE lock_acquired_at IS NOT NULL AND completed_at IS NULL',
    )
  ).map((row) => row.branch_serial);

test('of branches that ask for a target at once one gets it; the others follow one by one, each told by the one before', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const branches = await addRivals(db, RUNS);
  const answers = await Promise.all(branches.map((branch) => open(db, branch, branch)));
  expect(answers.filter((answer) => answer?.waits === false).length).toBeLessThanOrEqual(1);
  expect(answers.every((answer) => answer !== undefined)).toBe(true);

  let next: string | null | undefined = (await holders(db))[0] ?? branches[0];
  const turns: string[] = [];
  while (next !== null && next !== undefined) {
    expect(await open(db, next, next)).toMatchObject({ waits: false });
    expect(await holders(db)).toEqual([next]);
    turns.push(next);
    next = (await close(db, next))?.waiter;
  }
  expect(turns.toSorted()).toEqual(branches.toSorted());
  expect(await holders(db)).toEqual([]);
});

test('a branch that waits keeps its place: one that comes later does not overtake it', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const [first = '', second = '', third = ''] = await addRivals(db, 3);
  expect(await open(db, first, 'a')).toMatchObject({ waits: false });
  expect(await open(db, second, 'b')).toMatchObject({ waits: true });
  expect((await close(db, first))?.waiter).toBe(second);
  expect(await open(db, third, 'c')).toMatchObject({ waits: true });
  expect(await open(db, second, 'b')).toMatchObject({ waits: false });
  // Asked again, as after a lost answer, it still holds what it holds.
  expect(await open(db, second, 'b')).toMatchObject({ waits: false });
});

test('a branch that waited and was closed leaves the queue to the next one', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const [first = '', second = '', third = ''] = await addRivals(db, 3);
  for (const branch of [first, second, third]) await open(db, branch, branch);
  await close(db, first);
  expect((await close(db, second))?.waiter).toBe(third);
  expect(await open(db, third, third)).toMatchObject({ waits: false });
});

test('a branch of a run that has ended, or that another workflow opened, is not opened', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const [first = '', second = ''] = await addRivals(db, 2);
  await open(db, first, 'a');
  expect(await open(db, first, 'another')).toBeUndefined();
  await execute(db, `UPDATE job_executions SET status = 'cancelled', completed_at = now()`);
  expect(await open(db, second, 'b')).toBeUndefined();
});

test('a branch that waits to be run again is opened by the workflow that it has now, not by the one before', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const [branch = ''] = await addRivals(db, 1);
  await execute(db, `UPDATE job_execution_branches SET status = 'running', retry_number = 1, workflow_id = branch_serial || '/r1'`);
  expect(await open(db, branch, 'a')).toBeUndefined();
  expect(await openBranchRow(db, branch, { workflowId: `${branch}/r1`, runId: 'b' })).toMatchObject({ retry_number: 1, waits: false });
});
