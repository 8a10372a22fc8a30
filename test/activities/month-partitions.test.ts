import type { Sequelize } from 'sequelize';
import { expect, test } from 'vitest';
import { createPartitionActivities } from '../../src/activities/partitions.ts';
import { ensureMonthPartitions, findDefaultRows, makeMonthPartitions } from '../../src/db/partitions.ts';
import { execute, selectRows } from '../../src/db/query.ts';
import { parseKeyRing } from '../../src/db/seal.ts';
import { latestMonth } from '../db/support/latest-month.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { log, newKeyRing } from '../support/platform.ts';

const monthsOf = async (db: Sequelize, table: string): Promise<string[]> =>
  (
    await selectRows<{ name: string }>(db, `SELECT relname AS name FROM pg_class WHERE relname ~ $1 AND relispartition ORDER BY 1`, [
      `^${table}_p[0-9]{6}$`,
    ])
  ).map(({ name }) => name.slice(-6));

const addLine = (db: Sequelize, at: string): Promise<void> =>
  execute(
    db,
    `INSERT INTO job_execution_logs (timestamp, job_id, log_phase, log_category, log_message)
     SELECT $1::timestamptz, min(id), 'creation', 'system', 'x' FROM jobs`,
    [at],
  );

const addJob = (db: Sequelize): Promise<void> =>
  execute(db, `INSERT INTO jobs (job_serial, name, created_by) VALUES ('J20250001', 'j', 1)`);

test('the daily work makes the partitions of the months to come, so that a system that runs for long has them', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const latest = await latestMonth(db);
  await execute(db, `DROP TABLE job_execution_logs_p${latest}, audit_events_p${latest}, performance_metrics_p${latest}`);
  const { makeMonthPartitions: make } = createPartitionActivities({ db, keyRing: parseKeyRing(newKeyRing()), log });
  expect(await make()).toEqual({
    made: [`job_execution_logs_p${latest}`, `performance_metrics_p${latest}`, `audit_events_p${latest}`],
    blocked: [],
  });
  expect(await make()).toEqual({ made: [], blocked: [] });
});

test('a system that was off for a year gets this month and three more at once, and not the months that are over', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  await makeMonthPartitions(db, new Date('2032-02-29T23:59:59Z'));
  expect((await monthsOf(db, 'audit_events')).filter((month) => month > '2031')).toEqual(['203202', '203203', '203204', '203205']);
});

test('the months of any day can be made by a migration, also twice', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const days = ['2031-01-31T23:59:59Z', '2031-01-31T23:59:59Z', '2031-12-31T23:59:59Z'];
  for (const day of days) await db.transaction((transaction) => ensureMonthPartitions(db, new Date(day), transaction));
  expect((await monthsOf(db, 'audit_events')).filter((month) => month > '2030')).toEqual([
    '203012',
    '203101',
    '203102',
    '203103',
    '203104',
    '203111',
    '203112',
    '203201',
    '203202',
    '203203',
  ]);
});

test('a month whose rows lie in the default partition is reported and stops neither the other months nor a migration', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  await addJob(db);
  await addLine(db, '2033-05-01T00:00:00Z');
  await addLine(db, '2033-06-30T23:59:59.999Z');
  const blocked = ['job_execution_logs_p203305', 'job_execution_logs_p203306'];
  expect(await makeMonthPartitions(db, new Date('2033-04-15T00:00:00Z'))).toMatchObject({ blocked });
  await db.transaction((transaction) => ensureMonthPartitions(db, new Date('2033-04-15T00:00:00Z'), transaction));
  expect((await monthsOf(db, 'job_execution_logs')).filter((month) => month > '2033')).toEqual(['203303', '203304', '203307']);
  expect(await monthsOf(db, 'audit_events')).toContain('203305');
});

test('rows in a default partition are counted, warned of and recorded; without any nothing is', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const { watchDefaultPartitions } = createPartitionActivities({ db, keyRing: parseKeyRing(newKeyRing()), log });
  const recorded = () => selectRows(db, `SELECT event_type, severity, resource_id, details FROM audit_events`);
  expect(await watchDefaultPartitions()).toEqual([]);
  expect(await recorded()).toEqual([]);
  await addJob(db);
  await addLine(db, '2001-01-01T00:00:00Z');
  await addLine(db, '2002-02-02T00:00:00Z');
  const range = { rows: 2, from: '2001-01-01T00:00:00.000Z', to: '2002-02-02T00:00:00.000Z' };
  expect(await watchDefaultPartitions()).toEqual([{ table: 'job_execution_logs', ...range }]);
  expect(await recorded()).toEqual([
    { event_type: 'system_maintenance', severity: 'high', resource_id: 'job_execution_logs_default', details: range },
  ]);
  expect(await findDefaultRows(db)).toHaveLength(1);
});
