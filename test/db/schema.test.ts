import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENUMS } from '../../src/contracts/enums.ts';
import { selectRows } from '../../src/db/query.ts';
import { ENUM_COLUMNS } from './support/enum-columns.ts';
import { openTestDatabase } from './support/open-database.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
});
afterAll(() => database[Symbol.asyncDispose]());

// Month partitions are data.
const TABLES = `SELECT c.oid, c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`;

const namesOf = async (sql: string): Promise<string[]> => (await selectRows<{ name: string }>(db, sql)).map(({ name }) => name);

const constraintNames = (type: string): Promise<string[]> =>
  namesOf(`SELECT k.conname AS name FROM pg_constraint k JOIN (${TABLES}) t ON t.oid = k.conrelid WHERE k.contype = '${type}' ORDER BY 1`);

test('there are 45 tables, two views, and a default partition for each partitioned table', async () => {
  expect(await namesOf(`SELECT relname AS name FROM (${TABLES}) t`)).toHaveLength(45);
  expect(await namesOf(`SELECT viewname AS name FROM pg_views WHERE schemaname = 'public' ORDER BY 1`)).toEqual([
    'analytics_summary',
    'target_performance_summary',
  ]);
  const partitioned = await namesOf(`SELECT relname AS name FROM pg_class WHERE relkind = 'p' ORDER BY 1`);
  expect(partitioned).toEqual(['audit_events', 'job_execution_logs', 'performance_metrics']);
  const defaults = await namesOf(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' ORDER BY 1`,
  );
  expect(defaults).toEqual(partitioned.map((name) => `${name}_default`));
});

test.each([
  ['p', 'pk'],
  ['u', 'uq'],
  ['f', 'fk'],
  ['c', 'ck'],
  ['x', 'ex'],
])('constraints of type %s are named %s_<table>_…', async (type, prefix) => {
  const rows = await selectRows<{ relname: string; conname: string }>(
    db,
    `SELECT t.relname, k.conname FROM pg_constraint k JOIN (${TABLES}) t ON t.oid = k.conrelid WHERE k.contype = $1`,
    [type],
  );
  expect(rows.filter(({ relname, conname }) => conname !== `pk_${relname}` && !conname.startsWith(`${prefix}_${relname}_`))).toEqual([]);
  expect(rows.length).toBeGreaterThan(0);
});

/** Names of the seed that shorten a column or the table. */
const SHORTENED = [
  'idx_universal_targets_type_environment',
  'idx_job_execution_branches_execution_status',
  'idx_job_execution_logs_timestamp_level',
];

test('indexes and triggers are named by table and columns or purpose', async () => {
  const indexes = await selectRows<{ relname: string; name: string; columns: string[] }>(
    db,
    `SELECT t.relname, i.relname AS name, array(SELECT a.attname::text FROM unnest(x.indkey::int[]) WITH ORDINALITY u(key, n) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.key ORDER BY n) AS columns
     FROM pg_index x JOIN (${TABLES}) t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
     WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))`,
  );
  const wrong = indexes.filter(({ relname, name, columns }) => {
    // An index of an expression has no column to be named by.
    const stems = ['idx', 'uq'].map((prefix) => [prefix, relname, ...columns].join('_'));
    const fits = stems.some((stem) => name === stem || name.startsWith(`${stem}_`));
    return !fits && !SHORTENED.includes(name);
  });
  expect(wrong).toEqual([]);
  const triggers = await selectRows<{ relname: string; tgname: string }>(
    db,
    `SELECT t.relname, g.tgname FROM pg_trigger g JOIN (${TABLES}) t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal`,
  );
  expect(triggers.filter(({ relname, tgname }) => !tgname.startsWith(`trg_${relname}_`))).toEqual([]);
});

test('updated_at has its trigger wherever there is such a column', async () => {
  const without = await namesOf(
    `SELECT t.relname AS name FROM (${TABLES}) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'updated_at'
     WHERE NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'trg_' || t.relname || '_updated_at')`,
  );
  expect(without).toEqual([]);
});

test('the first column of every foreign key is that of an index which the look-up can use', async () => {
  expect((await constraintNames('f')).length).toBeGreaterThan(70);
  const unindexed = await namesOf(
    `SELECT k.conname AS name FROM pg_constraint k JOIN (${TABLES}) t ON t.oid = k.conrelid WHERE k.contype = 'f' AND NOT EXISTS (
       SELECT 1 FROM pg_index x WHERE x.indrelid = k.conrelid AND x.indkey[0] = k.conkey[1]
         AND (x.indpred IS NULL OR pg_get_expr(x.indpred, x.indrelid) = '(' || (SELECT attname FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = k.conkey[1]) || ' IS NOT NULL)'))`,
  );
  expect(unindexed).toEqual([]);
});

test('time is timestamptz, JSON is jsonb, and there are neither arrays nor native enums', async () => {
  const columns = await selectRows<{ type: string }>(
    db,
    `SELECT DISTINCT format_type(a.atttypid, NULL) AS type FROM pg_attribute a JOIN (${TABLES}) t ON t.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped`,
  );
  const types = columns.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['timestamp with time zone', 'jsonb', 'bigint', 'text']));
  expect(types.filter((type) => /timestamp without|^json$|\[\]/.test(type))).toEqual([]);
  expect(await namesOf(`SELECT typname AS name FROM pg_type WHERE typtype = 'e'`)).toEqual([]);
});

test('the 18 indexes that the seed names exist', async () => {
  const named = [
    'idx_alert_logs_alert_rule_id',
    'idx_device_type_templates_created_by',
    'idx_device_type_usage_user_id',
    'idx_device_types_created_by',
    'idx_discovery_schedules_created_by',
    'idx_discovery_templates_created_by',
    'idx_generated_reports_generated_by',
    'idx_job_action_results_action_id',
    'idx_job_action_results_branch_id',
    'idx_target_credentials_communication_method_id',
    'idx_jobs_status_created_by',
    'idx_job_executions_job_id_status',
    'idx_universal_targets_type_environment',
    'idx_job_execution_branches_execution_status',
    'idx_job_executions_created_at',
    'idx_job_execution_logs_timestamp_level',
    'idx_performance_metrics_timestamp',
    'idx_system_health_snapshots_timestamp',
  ];
  const existing = await namesOf(`SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'`);
  expect(named.filter((name) => !existing.includes(name))).toEqual([]);
  expect(named).toHaveLength(18);
});

/** The values of each CHECK that lists the values of one column, by table and column. */
const listedValues = async (): Promise<Map<string, string[]>> => {
  const rows = await selectRows<{ name: string; column: string; definition: string }>(
    db,
    `SELECT t.relname || '.' || a.attname AS column, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
     FROM pg_constraint k JOIN (${TABLES}) t ON t.oid = k.conrelid JOIN pg_attribute a ON a.attrelid = t.oid AND ARRAY[a.attnum] = k.conkey
     WHERE k.contype = 'c' AND k.conname = 'ck_' || t.relname || '_' || a.attname`,
  );
  const listing = rows.filter(({ definition }) => /^CHECK \(\(\(?\w+\)?(::text)? = (ANY \()?(\(?ARRAY\[)?'/.test(definition));
  return new Map(
    listing.map(({ column, definition }) => [column, [...definition.matchAll(/'([^']+)'::/g)].map(([, value]) => value ?? '')]),
  );
};

test.each(Object.entries(ENUMS))('the columns that hold %s take its values and no others', async (name, { options }) => {
  const columns = ENUM_COLUMNS[name as keyof typeof ENUMS];
  const listed = await listedValues();
  expect(columns.map((column) => [column, listed.get(column)])).toEqual(columns.map((column) => [column, options]));
  expect(columns.length).toBeGreaterThan(0);
});

/** Words of one table only, which the data model does not count as an enum. */
const NOT_ENUMS = ['serial_counters.scope'];

test('every CHECK that lists the values of a column is that of an enum', async () => {
  const known = new Set([...Object.values(ENUM_COLUMNS).flat(), ...NOT_ENUMS]);
  const listed = await listedValues();
  expect([...listed.keys()].filter((column) => !known.has(column))).toEqual([]);
  expect(listed.size).toBe(known.size);
});

test('well over 60 CHECK constraints guard the values', async () => {
  expect((await constraintNames('c')).length).toBeGreaterThan(60);
});
