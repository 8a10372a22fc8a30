import type { Sequelize } from 'sequelize';
import { describe, expect, test } from 'vitest';
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

describe('selectors', () => {
  const label = (db: Sequelize, ids: readonly number[], labels: object) =>
    execute(db, 'UPDATE universal_targets SET labels = $2::jsonb WHERE id = ANY($1::bigint[])', [ids, JSON.stringify(labels)]);
  const targetsOf = async (db: Sequelize, id: number): Promise<number[]> =>
    (
      await selectRows<{ target_id: number }>(
        db,
        'SELECT target_id FROM job_execution_branches WHERE job_execution_id = $1 ORDER BY branch_number',
        [id],
      )
    ).map((row) => row.target_id);
  const notes = (db: Sequelize, id: number) =>
    selectRows(
      db,
      `SELECT log_level AS level, log_message AS text FROM job_execution_logs WHERE job_execution_id = $1 AND log_phase = 'target_selection' ORDER BY id`,
      [id],
    );
  const withSelector = async (db: Sequelize, jobId: number, selector: string): Promise<void> => {
    const sql = `UPDATE job_versions SET definition = definition || jsonb_build_object('target_selector', $2::text) WHERE job_id = $1`;
    await execute(db, sql, [jobId, selector]);
  };

  test('are resolved once, before the first branch: labels that change between two pages change nothing', async () => {
    await using database = await openTestDatabase();
    const { db } = database;
    const targets = await addTargetRows(db, 6_010);
    const chosen = targets.slice(0, 6_000);
    await label(db, chosen, { team: 'web' });
    const selection = JSON.stringify({ selector: 'team=web' });
    const { id } = await addExecutionRow(db, await addJobRow(db, {}), { status: 'running', target_selection: selection });
    expect(await planBranches(db, id)).toBe(6_000);
    await execute(db, 'DELETE FROM job_execution_branches WHERE branch_number > 5000');
    await label(db, chosen.slice(0, 3_000), { team: 'mail' });
    await label(db, targets.slice(6_000), { team: 'web' });
    await label(db, chosen.slice(5_500), {});
    expect(await planBranches(db, id)).toBe(6_000);
    expect(new Set(await targetsOf(db, id))).toEqual(new Set(chosen));
    const recorded = await selectRow(
      db,
      `SELECT target_selection->>'selector' AS selector, jsonb_array_length(target_selection->'target_uuids') AS count FROM job_executions WHERE id = $1`,
      [id],
    );
    expect(recorded).toEqual({ selector: 'team=web', count: 6_000 });
    expect(await notes(db, id)).toEqual([
      {
        level: 'info',
        text: '6000 target(s) are chosen by the selector of the run (team=web), within the list of the job if it has any, as the run starts.',
      },
    ]);
  });

  test('of the version that runs join its list; of the run narrow both', async () => {
    await using database = await openTestDatabase();
    const { db } = database;
    const [listed = 0, web = 0, both = 0, off = 0, gone = 0, other = 0] = await addTargetRows(db, 6);
    await label(db, [web, both, off, gone], { team: 'web' });
    await label(db, [both], { tier: 'gold', team: 'web' });
    await label(db, [listed], { tier: 'gold' });
    await execute(db, `UPDATE universal_targets SET status = 'maintenance' WHERE id = $1`, [off]);
    await execute(db, 'UPDATE universal_targets SET is_active = false, deleted_at = now() WHERE id = $1', [gone]);
    const jobId = await addJobRow(db, { targets: [listed] });
    await withSelector(db, jobId, 'team=web');
    const all = await addExecutionRow(db, jobId, { status: 'running' });
    expect(await planBranches(db, all.id)).toBe(3);
    expect(await targetsOf(db, all.id)).toEqual([listed, web, both]);
    expect(await notes(db, all.id)).toMatchObject([
      { level: 'info', text: '4 target(s) are chosen by the list and the selector (team=web) of the job as the run starts.' },
      { level: 'warning', text: expect.stringMatching(/^1 target\(s\) of the job are left out: they are switched off or deleted\./) },
    ]);
    const narrowed = await addExecutionRow(db, jobId, { status: 'running', target_selection: JSON.stringify({ selector: 'tier=gold' }) });
    expect(await planBranches(db, narrowed.id)).toBe(2);
    expect(await targetsOf(db, narrowed.id)).toEqual([listed, both]);
    const none = await addExecutionRow(db, jobId, { status: 'running', target_selection: JSON.stringify({ selector: 'tier=lead' }) });
    expect(await planBranches(db, none.id)).toBe(0);
    await label(db, [other, listed], { tier: 'lead' });
    expect(await planBranches(db, none.id)).toBe(0);
  });
});
