import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Settings } from '../../../src/contracts/settings.ts';
import { applyRetentionRule, retentionRuleNames } from '../../../src/db/retention/apply-rule.ts';
import { ensureMonthPartitions } from '../../../src/db/partitions.ts';
import { execute } from '../../../src/db/query.ts';
import { openTestDatabase } from '../support/open-database.ts';
import { addJobRow } from '../support/rows.ts';
import { PARTITION_CASES, ROW_CASES } from './cases.ts';
import { ago, changeSetting, countRows } from './support.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  await addJobRow(db);
  await execute(
    db,
    `INSERT INTO job_schedules (job_id, name, schedule_type, execute_at, definition_hash, temporal_schedule_id, created_by)
     SELECT id, 's', 'once', now(), repeat('0', 64), 's', 1 FROM jobs`,
  );
});
afterAll(() => database[Symbol.asyncDispose]());

test('every setting that says how long something is kept is looked at here, and every rule that has a setting', () => {
  const settings = Object.keys(Settings.shape).filter((key) => key.endsWith('_retention_days') || key === 'purge_after_days');
  const cases = [...ROW_CASES, ...PARTITION_CASES];
  expect([...new Set(cases.map(({ setting }) => setting))].toSorted()).toEqual(settings.toSorted());
  const ends = ['expired-sessions', 'overlong-sessions', 'inactive-sessions', 'idempotency-keys', 'rate-limits'];
  expect([...cases.map(({ rule }) => rule), ...ends].toSorted()).toEqual(retentionRuleNames().toSorted());
});

describe.each(ROW_CASES)('$setting: $rows', ({ rule, setting, rows, insert }) => {
  test('what is older goes, what is younger stays, until the setting is changed', async () => {
    const [table = ''] = rows.split(' ');
    await changeSetting(db, setting, 10);
    for (const time of [ago(10, 1), ago(10, -1), ago(6)]) await execute(db, insert, [time]);
    expect(await applyRetentionRule(db, rule)).toMatchObject({ [table]: 1 });
    expect(await countRows(db, rows)).toBe(2);
    expect(await applyRetentionRule(db, rule)).toMatchObject({ [table]: 0 });
    await changeSetting(db, setting, 7);
    expect(await applyRetentionRule(db, rule)).toMatchObject({ [table]: 1 });
    expect(await countRows(db, rows)).toBe(1);
  });

  test('a value that is not allowed removes nothing and is named', async () => {
    const before = await countRows(db, rows);
    await execute(db, insert, [ago(4_000)]);
    for (const value of [36_500, -1, '7', null, 1.5]) {
      await changeSetting(db, setting, value);
      await expect(applyRetentionRule(db, rule)).rejects.toMatchObject({ code: 'VALIDATION', message: expect.stringContaining(setting) });
    }
    expect(await countRows(db, rows)).toBe(before + 1);
  });
});

describe.each(PARTITION_CASES)('$setting: $table', ({ rule, setting, table, insert }) => {
  const monthsLeft = () =>
    countRows(db, `pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = '${table}'::regclass AND relname ~ '_p2024'`);
  const apply = (now: string) => applyRetentionRule(db, rule, undefined, new Date(now));

  test('a month goes when its last instant is older, whole and not earlier, until the setting is changed', async () => {
    await db.transaction((transaction) => ensureMonthPartitions(db, new Date('2024-02-15T00:00:00Z'), transaction));
    const edges = [
      '2024-01-01T00:00:00Z',
      '2024-01-31T23:59:59.999Z',
      '2024-02-01T00:00:00Z',
      '2024-02-29T23:59:59.999Z',
      '2024-03-01T00:00:00Z',
    ];
    for (const edge of edges) await execute(db, insert, [edge]);
    const linesLeft = () => countRows(db, table);
    const all = await linesLeft();
    await changeSetting(db, setting, 30);
    expect(await apply('2024-03-01T23:59:59.999Z')).toEqual({ partitions: 0 });
    expect(await linesLeft()).toBe(all);
    expect(await apply('2024-03-02T00:00:00Z')).toEqual({ partitions: 1 });
    expect(await linesLeft()).toBe(all - 2);
    expect(await monthsLeft()).toBe(4);
    await changeSetting(db, setting, 1);
    expect(await apply('2024-03-02T00:00:00Z')).toEqual({ partitions: 1 });
    expect(await linesLeft()).toBe(all - 4);
    expect(await countRows(db, `pg_class WHERE relname ~ '^${table}_p20240[12]' AND relkind = 'r'`)).toBe(0);
  });
});

test('runs are kept for ever unless the setting says otherwise', async () => {
  await execute(db, `DELETE FROM job_executions`);
  await execute(db, ROW_CASES.find(({ rule }) => rule === 'runs')?.insert ?? '', [ago(5_000)]);
  await changeSetting(db, 'execution_retention_days', 0);
  expect(await applyRetentionRule(db, 'runs')).toEqual({});
  expect(await countRows(db, 'job_executions')).toBe(1);
});

test('without its row a setting has its default', async () => {
  await execute(db, `DELETE FROM system_settings WHERE setting_key = 'health_snapshot_retention_days'`);
  await execute(db, 'DELETE FROM system_health_snapshots');
  await execute(db, 'INSERT INTO system_health_snapshots (timestamp) VALUES ($1), ($2)', [ago(90, 1), ago(90, -1)]);
  expect(await applyRetentionRule(db, 'health-snapshots')).toEqual({ system_health_snapshots: 1 });
});

test('a rule of another version is refused by name', async () => {
  await expect(applyRetentionRule(db, 'coffee')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
