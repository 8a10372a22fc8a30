import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JSON_COLUMNS } from '../support/json-columns.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { addBranchRows, addExecutionRow, addJobRow, addResultRow, addTargetRows } from './support/rows.ts';
import { checkStoredJson } from './support/json-problems.ts';
import { openTestDatabase } from './support/open-database.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
});
afterAll(() => database[Symbol.asyncDispose]());

interface Column {
  name: string;
  default_sql: string | null;
  check: string | null;
}

const jsonColumns = (): Promise<Column[]> =>
  selectRows<Column>(
    db,
    `SELECT t.relname || '.' || a.attname AS name, pg_get_expr(d.adbin, d.adrelid) AS default_sql, pg_get_constraintdef(k.oid) AS check
     FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.atttypid = 'jsonb'::regtype AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
     LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.conname = 'ck_' || t.relname || '_' || a.attname || '_json'
     WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition`,
  );

const sorted = (record: Record<string, string>): [string, string][] => Object.entries(record).toSorted();

test('every JSON column has its schema, in the form that its CHECK demands, and no schema is without a column', async () => {
  const columns = await jsonColumns();
  const forms = columns.map(({ name, check }) => [name, /jsonb_typeof\(\w+\) = '(\w+)'/.exec(check ?? '')?.[1] ?? 'any']);
  const stated = Object.entries(JSON_COLUMNS).map(([name, { form }]) => [name, form]);
  expect(sorted(Object.fromEntries(stated))).toEqual(sorted(Object.fromEntries(forms)));
  expect(columns).toHaveLength(70);
});

test('the default of every column passes its schema', async () => {
  const columns = (await jsonColumns()).filter(({ default_sql: sql }) => sql !== null);
  for (const { name, default_sql: sql } of columns) {
    const row = await selectRow<{ value: unknown }>(db, `SELECT ${sql} AS value`);
    expect(JSON_COLUMNS[name]?.schema.safeParse(row?.value), name).toMatchObject({ success: true });
  }
  expect(columns.length).toBeGreaterThan(40);
});

test('what the seed migration inserts passes its schemas', async () => {
  await using seeded = await openTestDatabase();
  const { values, problems } = await checkStoredJson(seeded.db);
  expect(problems).toEqual([]);
  expect(values).toMatchObject({
    'device_types.discovery_ports': 72,
    'system_settings.setting_value': 39,
    'notification_templates.variables': 6,
    'alert_rules.condition_config': 8,
    'analytics_alert_rules.recipients': 2,
    'report_templates.data_sources': 4,
  });
});

test('the rows that other tests make pass their schemas', async () => {
  const targets = await addTargetRows(db, 1);
  const jobId = await addJobRow(db, { serial: 'J20250007', targets });
  const [branch = ''] = await addBranchRows(db, await addExecutionRow(db, jobId, { status: 'running' }), targets, ['running']);
  await addResultRow(db, branch, 1);
  expect((await checkStoredJson(db)).problems).toEqual([]);
});

test('a value of the wrong shape is found, with its column and path', async () => {
  await using spoiled = await openTestDatabase();
  await execute(spoiled.db, `UPDATE users SET permissions = '["targets.raed"]'`);
  const { problems } = await checkStoredJson(spoiled.db);
  expect(problems).toEqual([expect.stringMatching(/^users\.permissions 0: /)]);
});
