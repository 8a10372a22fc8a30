import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareCatalogs } from '../../../src/db/catalog/compare.ts';
import { readExpectedCatalog } from '../../../src/db/catalog/expected.ts';
import { introspect } from '../../../src/db/catalog/introspect.ts';
import { modelCatalog } from '../../../src/db/catalog/model-catalog.ts';
import { writeMigration } from '../../../src/db/catalog/write-migration.ts';
import { migrate } from '../../../src/db/migrations/migrate.ts';
import {
  bigint,
  boolean,
  identity,
  integer,
  jsonObject,
  oneOf,
  smallint,
  text,
  timestamptz,
  varchar,
} from '../../../src/db/models/columns.ts';
import { TABLES } from '../../../src/db/models/index.ts';
import { references } from '../../../src/db/models/table.ts';
import type { Table } from '../../../src/db/models/table.ts';
import { execute } from '../../../src/db/query.ts';
import { openTestDatabase } from '../support/open-database.ts';
import { z } from 'zod';

let scratch: Awaited<ReturnType<typeof openTestDatabase>>;
let live: Awaited<ReturnType<typeof openTestDatabase>>;
let folder: string;
beforeEach(async () => {
  [scratch, live] = await Promise.all([openTestDatabase(), openTestDatabase()]);
  folder = await mkdtemp(join(tmpdir(), 'opsconductor-diff-'));
  await cp('migrations', folder, { recursive: true });
});
afterEach(async () => {
  await Promise.all([scratch[Symbol.asyncDispose](), live[Symbol.asyncDispose](), rm(folder, { recursive: true })]);
});

const changed = (name: string, change: (table: Table) => Partial<Table>): Table[] =>
  TABLES.map((table) => (table.name === name ? { ...table, ...change(table) } : table));

const withColumn = (table: string, name: string, column: Table['columns'][string]): Table[] =>
  changed(table, ({ columns }) => ({ columns: { ...columns, [name]: column } }));

const without = <T extends object>(items: T, key: string): T =>
  Object.fromEntries(Object.entries(items).filter(([name]) => name !== key)) as T;

const diff = (tables: readonly Table[], allowDestructive = false, name = 'change') =>
  writeMigration(scratch.db, { name, folder, tables, allowDestructive, appVersion: 'test' });

const newFiles = async (): Promise<string[]> => (await readdir(folder)).filter((file) => file.endsWith('-change.sql'));

const differences = async (db: Sequelize, tables: readonly Table[]) => compareCatalogs(modelCatalog(tables), await introspect(db));

const NOTES: Table = {
  name: 'notes',
  meaning: 'Notes.',
  columns: {
    id: identity('Key.'),
    job_id: bigint('Job.'),
    body: text('Text.', { default: "''::text" }),
    updated_at: timestamptz('Change.', { default: 'now()' }),
  },
  primaryKey: ['id'],
  foreignKeys: [references('job_id', 'jobs', 'CASCADE')],
  indexes: [{ keys: 'job_id', why: 'FK' }],
  checks: { body_length: '(char_length(body) <= 1000)' },
};

/** Each is a change of the models that loses nothing. */
const CHANGES: Record<string, () => Table[]> = {
  'a new table with keys, checks, an index and a trigger': () => [...TABLES, NOTES],
  'a new partitioned table': () => [
    ...TABLES,
    {
      ...NOTES,
      name: 'events',
      columns: { ...NOTES.columns, happened_at: timestamptz('Time.') },
      primaryKey: ['id', 'happened_at'],
      partitionBy: 'happened_at',
    },
  ],
  'a new nullable column': () => withColumn('jobs', 'owner', text('Owner.', { null: true })),
  'a new column with a default': () => withColumn('jobs', 'is_pinned', boolean('Pinned.', { default: 'false' })),
  'a new enum column': () => withColumn('jobs', 'mood', oneOf(z.enum(['good', "it's bad"]), 'Mood.', { default: 'good' })),
  'a new JSON column': () => withColumn('jobs', 'extras', jsonObject(z.object({}), 'Extras.', { default: "'{}'::jsonb" })),
  'a wider text': () => withColumn('jobs', 'name', varchar(300, 'Name.')),
  'a wider number': () => withColumn('jobs', 'priority', integer('Priority.', { default: '5' })),
  'another default': () => withColumn('jobs', 'priority', smallint('Priority.', { default: '7' })),
  'a default that goes': () => withColumn('jobs', 'priority', smallint('Priority.')),
  'a column that may be null': () => withColumn('jobs', 'name', varchar(255, 'Name.', { null: true })),
  'a column that may not be null': () => withColumn('jobs', 'description', text('Text.')),
  'a new value of an enum': () =>
    withColumn(
      'jobs',
      'status',
      oneOf(z.enum(['draft', 'scheduled', 'running', 'completed', 'failed', 'cancelled', 'archived']), 'State.', { default: 'draft' }),
    ),
  'a value of an enum that goes': () =>
    withColumn('jobs', 'status', oneOf(z.enum(['draft', 'scheduled', 'running', 'completed', 'failed']), 'State.', { default: 'draft' })),
  'a new unique key': () =>
    changed('jobs', ({ unique = [] }) => ({ unique: [...unique, { columns: ['name', 'created_by'], nullsNotDistinct: true }] })),
  'a unique key that goes': () => changed('job_targets', ({ unique = [] }) => ({ unique: unique.slice(1) })),
  'a new foreign key': () => withForeignKey(),
  'another rule of a foreign key': () =>
    changed('job_versions', ({ foreignKeys = [] }) => ({
      foreignKeys: foreignKeys.map((key) => ({ ...key, onDelete: 'RESTRICT' as const })),
    })),
  'a new check': () => changed('jobs', ({ checks = {} }) => ({ checks: { ...checks, name_length: '(char_length((name)::text) >= 1)' } })),
  'a check that goes': () => changed('users', ({ checks = {} }) => ({ checks: without(checks, 'username_length') })),
  'another check of the same name': () =>
    changed('users', ({ checks = {} }) => ({ checks: { ...checks, username_length: '(char_length((username)::text) >= 2)' } })),
  'a new index with order, predicate and method': () =>
    changed('jobs', ({ indexes = [] }) => ({
      indexes: [
        ...indexes,
        { keys: 'name, created_at DESC', name: 'idx_jobs_name_created_at', where: '(deleted_at IS NULL)', why: 'list' },
        { keys: 'settings', method: 'gin' as const, why: 'search' },
      ],
    })),
  'an index that goes': () => changed('jobs', ({ indexes = [] }) => ({ indexes: indexes.slice(1) })),
  'another predicate of an index': () =>
    changed('jobs', ({ indexes = [] }) => ({
      indexes: indexes.map((index) => (index.where === undefined ? index : { ...index, where: '(id > 0)' })),
    })),
  'an index of a partitioned table': () =>
    changed('job_execution_logs', ({ indexes = [] }) => ({ indexes: [...indexes, { keys: 'log_level', why: 'search' }] })),
};

const withForeignKey = (): Table[] =>
  changed('jobs', ({ columns, foreignKeys = [], indexes = [] }) => ({
    columns: { ...columns, reviewed_by: bigint('Reviewer.', { null: true }) },
    foreignKeys: [...foreignKeys, references('reviewed_by', 'users', 'SET NULL')],
    indexes: [...indexes, { keys: 'reviewed_by', where: '(reviewed_by IS NOT NULL)', why: 'FK' }],
  }));

describe('a change of the models, its migration, and nothing left', () => {
  test.each(Object.entries(CHANGES))('%s', async (_, change) => {
    const tables = change();
    expect(await differences(live.db, tables)).not.toEqual([]);
    const written = await diff(tables);
    expect(written?.remaining).toEqual([]);
    expect(written?.undecided).toEqual([]);
    expect(await migrate(live.db, 'test', folder)).toEqual([expect.stringMatching(/-change\.sql$/)]);
    expect(await differences(live.db, tables)).toEqual([]);
    expect(compareCatalogs(await readExpectedCatalog(join(folder, 'schema.json')), await introspect(live.db))).toEqual([]);
    expect(await diff(tables)).toBeUndefined();
  });
});

test('without a change there is nothing to write', async () => {
  expect(await diff(TABLES)).toBeUndefined();
  expect(await newFiles()).toEqual([]);
});

describe('what would lose values', () => {
  const LOSSES: Record<string, [Table[], RegExp]> = {
    'a column that goes': [changed('jobs', ({ columns }) => ({ columns: without(columns, 'settings') })), /Column jobs\.settings/],
    'a table that goes': [TABLES.filter(({ name }) => name !== 'rate_limits'), /rate_limits/],
    'a type that holds less': [
      withColumn('job_actions', 'timeout_seconds', smallint('Limit.', { default: '300' })),
      /timeout_seconds is integer/,
    ],
  };

  test.each(Object.entries(LOSSES))('%s is refused without the flag, and declared with it', async (_, [tables, said]) => {
    await expect(diff(tables)).rejects.toMatchObject({ code: 'CONFLICT', fields: [{ message: expect.stringMatching(said) }] });
    expect(await newFiles()).toEqual([]);
    const written = await diff(tables, true);
    expect(written?.remaining).toEqual([]);
    expect(await readFile(written?.path ?? '', 'utf8')).toMatch(/^-- destructive: /m);
    await expect(migrate(live.db, 'test', folder)).rejects.toThrow(/-change\.sql/);
    await migrate(live.db, 'test', folder, { allowDestructive: true });
    expect(await differences(live.db, tables)).toEqual([]);
  });
});

describe('what may be a rename', () => {
  const renamed = changed('jobs', ({ columns }) => ({
    columns: { ...without(columns, 'description'), summary: text('Text.', { null: true }) },
  }));

  test('of a column is not guessed: both readings are comments, and nothing is done', async () => {
    const written = await diff(renamed);
    expect(written?.undecided).toEqual(['jobs.description may have been renamed to summary.']);
    const file = await readFile(written?.path ?? '', 'utf8');
    expect(file).toContain('-- ALTER TABLE jobs RENAME COLUMN description TO summary;');
    expect(file).toContain('-- ALTER TABLE jobs ADD COLUMN summary text;');
    expect(file).toContain('-- ALTER TABLE jobs DROP COLUMN description;');
    expect(file.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([]);
    expect(written?.remaining).not.toEqual([]);
  });

  test('of a column, once decided, leaves nothing for the next diff', async () => {
    const written = await diff(renamed);
    await writeFile(written?.path ?? '', 'ALTER TABLE jobs RENAME COLUMN description TO summary;\n');
    const fresh = await openTestDatabase();
    try {
      expect(
        await writeMigration(fresh.db, { name: 'again', folder, tables: renamed, allowDestructive: false, appVersion: 'test' }),
      ).toBeUndefined();
    } finally {
      await fresh[Symbol.asyncDispose]();
    }
  });

  test('of a table is not guessed either', async () => {
    const tables = TABLES.map((table) => (table.name === 'rate_limits' ? { ...table, name: 'quotas' } : table));
    const written = await diff(tables);
    expect(written?.undecided).toEqual(['rate_limits may have been renamed to quotas.']);
    expect(await readFile(written?.path ?? '', 'utf8')).toContain('-- ALTER TABLE rate_limits RENAME TO quotas;');
  });
});

test('a file that does not work is not left behind', async () => {
  await execute(
    scratch.db,
    `INSERT INTO jobs (job_serial, name, created_by) SELECT 'J20260001', 'a job', id FROM users WHERE username = 'system'`,
  );
  await expect(diff(withColumn('jobs', 'owner', text('Owner.')))).rejects.toThrow(/owner/);
  expect(await newFiles()).toEqual([]);
});

test.each(['', 'Add Owner', '../up', 'add_owner', '0001-x.sql'])('the name %j is refused', async (name) => {
  await expect(diff([...TABLES, NOTES], false, name)).rejects.toMatchObject({ code: 'VALIDATION' });
});

test('an expression that Postgres prints otherwise is told, with its spelling', async () => {
  const written = await diff(changed('jobs', ({ checks = {} }) => ({ checks: { ...checks, low: '(priority<100)' } })));
  expect(written?.remaining).toMatchObject([{ object: 'ck_jobs_low', actual: expect.stringContaining('(priority < 100)') }]);
});
