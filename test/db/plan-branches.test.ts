import type { Sequelize } from 'sequelize';
import { expect, test } from 'vitest';
import { planBranches } from '../../src/db/plan-branches.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { openTestDatabase } from './support/open-database.ts';
import { addExecutionRow, addJobRow, addTargetRows } from './support/rows.ts';

const summary = (db: Sequelize, executionId: number) =>
  selectRow(
    db,
    `SELECT count(*)::int AS branches, min(branch_number) AS first, max(branch_number) AS last, count(DISTINCT branch_number)::int AS numbers,
       count(DISTINCT target_id)::int AS targets, bool_and(status = 'scheduled') AS waiting FROM job_execution_branches WHERE job_execution_id = $1`,
    [executionId],
  );

test('12,000 targets become branches 1 to 12,000, and a repeat adds none', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const targets = await addTargetRows(db, 12_000);
  const { id, serial } = await addExecutionRow(db, await addJobRow(db, { targets }), { status: 'running' });
  expect(await planBranches(db, id)).toBe(12_000);
  const planned = { branches: 12_000, first: 1, last: 12_000, numbers: 12_000, targets: 12_000, waiting: true };
  expect(await summary(db, id)).toEqual(planned);
  expect(
    await selectRows(
      db,
      `SELECT branch_serial, target_serial_ref, target_name_ref, workflow_id FROM job_execution_branches WHERE branch_number IN (1, 12000) ORDER BY id`,
    ),
  ).toEqual([
    { branch_serial: `${serial}.0001`, target_serial_ref: 'T20250001', target_name_ref: 'target 1', workflow_id: `${serial}/b/T20250001` },
    {
      branch_serial: `${serial}.12000`,
      target_serial_ref: 'T202512000',
      target_name_ref: 'target 12000',
      workflow_id: `${serial}/b/T202512000`,
    },
  ]);
  expect(await planBranches(db, id)).toBe(12_000);
  expect(await summary(db, id)).toEqual(planned);
  expect(await selectRow(db, 'SELECT total_branches FROM job_executions WHERE id = $1', [id])).toEqual({ total_branches: 12_000 });
});

test('a repeat after a crash goes on where it stopped', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const targets = await addTargetRows(db, 6_000);
  const { id } = await addExecutionRow(db, await addJobRow(db, { targets }), { status: 'running' });
  await planBranches(db, id);
  await execute(db, 'DELETE FROM job_execution_branches WHERE branch_number > 5000');
  expect(await planBranches(db, id)).toBe(6_000);
  expect(await summary(db, id)).toMatchObject({ branches: 6_000, first: 1, last: 6_000, numbers: 6_000, targets: 6_000 });
});

test('planners at once plan each target once', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const targets = await addTargetRows(db, 300);
  const { id } = await addExecutionRow(db, await addJobRow(db, { targets }), { status: 'running' });
  await Promise.all(Array.from({ length: 4 }, () => planBranches(db, id)));
  expect(await summary(db, id)).toMatchObject({ branches: 300, last: 300, numbers: 300, targets: 300 });
});

test.each(['scheduled', 'completed', 'failed', 'cancelled'])('a run that is %s gets no branch', async (status) => {
  await using database = await openTestDatabase();
  const { db } = database;
  const { id } = await addExecutionRow(db, await addJobRow(db, { targets: await addTargetRows(db, 3) }), { status });
  expect(await planBranches(db, id)).toBe(0);
});

test('targets that are switched off or removed are left out, and so are those the run does not name', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const targets = await addTargetRows(db, 6);
  const jobId = await addJobRow(db, { targets: targets.slice(0, 5) });
  await execute(db, `UPDATE universal_targets SET status = 'inactive' WHERE id = $1`, [targets[0]]);
  await execute(db, `UPDATE universal_targets SET status = 'maintenance' WHERE id = $1`, [targets[1]]);
  await execute(db, 'UPDATE universal_targets SET is_active = false, deleted_at = now() WHERE id = $1', [targets[2]]);
  const all = await addExecutionRow(db, jobId, { status: 'running' });
  expect(await planBranches(db, all.id)).toBe(2);

  const named = await selectRows<{ target_uuid: string }>(db, 'SELECT target_uuid FROM universal_targets WHERE id = ANY($1::bigint[])', [
    [targets[0], targets[4]],
  ]);
  const selection = { target_uuids: named.map((row) => row.target_uuid) };
  const some = await addExecutionRow(db, jobId, { status: 'running', target_selection: JSON.stringify(selection) });
  expect(await planBranches(db, some.id)).toBe(1);
  expect(await selectRows(db, 'SELECT target_id FROM job_execution_branches WHERE job_execution_id = $1', [some.id])).toEqual([
    { target_id: targets[4] },
  ]);
});
