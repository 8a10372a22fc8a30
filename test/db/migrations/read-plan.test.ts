import { expect, test } from 'vitest';
import { readPlan } from '../../../src/db/migrations/read-plan.ts';
import { execute } from '../../../src/db/query.ts';
import { addTargetRows } from '../support/rows.ts';
import { openTestDatabase } from '../support/open-database.ts';
import { OUTSIDE, copyMigrations } from './support.ts';

test('a plan tells of each pending file its form, statements, locked tables with rows and size, and what removes data', async () => {
  await using database = await openTestDatabase();
  await using folder = await copyMigrations({
    '0900-change.sql': `-- comment
ALTER TABLE jobs ADD COLUMN added int;
CREATE TABLE new_table (job_id bigint REFERENCES jobs (id), target_id bigint REFERENCES universal_targets);
CREATE INDEX ON new_table (job_id);
DO $$ BEGIN NULL; END $$;
-- destructive: never read
DELETE FROM audit_events WHERE false;
TRUNCATE performance_metrics;`,
    '0901-index.sql': `${OUTSIDE}CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON universal_targets (name);\nDROP INDEX CONCURRENTLY IF EXISTS idx_users_none;`,
  });
  await addTargetRows(database.db, 50);
  await execute(database.db, 'ANALYZE universal_targets');
  const [change, index, ...more] = await readPlan(database.db, folder.path);
  expect(more).toEqual([]);
  expect(change).toMatchObject({ file: '0900-change.sql', form: 'transaction', destructive: true });
  expect(change?.statements.map(({ line, runs_code, destructive, reason }) => [line, runs_code, destructive, reason])).toEqual([
    [2, false, false, null],
    [3, false, false, null],
    [4, false, false, null],
    [5, true, false, null],
    [7, false, true, 'never read'],
    [8, false, true, null],
  ]);
  const locks = Object.fromEntries(change?.tables.map(({ table, lock }) => [table, lock]) ?? []);
  expect(locks).toEqual({
    jobs: 'ACCESS EXCLUSIVE',
    performance_metrics: 'ACCESS EXCLUSIVE',
    universal_targets: 'SHARE ROW EXCLUSIVE',
    audit_events: 'ROW EXCLUSIVE',
  });
  expect(index).toMatchObject({
    file: '0901-index.sql',
    form: 'outside',
    destructive: false,
    tables: [{ table: 'universal_targets', lock: 'SHARE UPDATE EXCLUSIVE', estimated_rows: 50 }],
  });
  expect(index?.tables[0]?.size_bytes).toBeGreaterThan(8_192);
});

test('rows and size of a partitioned table are those of its partitions; rows that nobody counted are unknown', async () => {
  await using database = await openTestDatabase();
  await using folder = await copyMigrations({
    '0900-change.sql': 'ALTER TABLE job_execution_logs ADD COLUMN added int; ALTER TABLE users ADD added int;',
  });
  await execute(database.db, `INSERT INTO jobs (job_serial, name, created_by) VALUES ('J20250001', 'j', 1)`);
  await execute(
    database.db,
    `INSERT INTO job_execution_logs (job_id, log_phase, log_category, log_message) SELECT 1, 'creation', 'system', repeat('x', 100) FROM generate_series(1, 1000)`,
  );
  const unknown = await readPlan(database.db, folder.path);
  expect(unknown[0]?.tables).toMatchObject([{ table: 'job_execution_logs', estimated_rows: null }, { table: 'users' }]);
  await execute(database.db, 'ANALYZE job_execution_logs');
  const [known] = await readPlan(database.db, folder.path);
  expect(known?.tables[0]).toMatchObject({ table: 'job_execution_logs', estimated_rows: 1_000 });
  expect(known?.tables[0]?.size_bytes).toBeGreaterThan(100_000);
});
