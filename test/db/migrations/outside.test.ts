import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Sequelize } from 'sequelize';
import { afterEach, expect, test } from 'vitest';
import { connectDatabase } from '../../../src/db/connect.ts';
import { migrate, readMigrations } from '../../../src/db/migrate.ts';
import { createTestDatabase } from '../../support/database.ts';
import { openClient } from '../../support/open-client.ts';
import { untilWaiting } from '../../support/until-waiting.ts';
import { OUTSIDE, copyMigrations } from './support.ts';

const OURS = (await readMigrations()).map(({ name }) => name);
const source = (path: string): string => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
/** A migrator that is a process. */
const MIGRATOR = `
const { connectDatabase } = await import(${source('db/connect.ts')});
const { migrate } = await import(${source('db/migrate.ts')});
const [url, folder] = process.argv.slice(1);
await migrate(connectDatabase({ url, poolSize: 1, applicationName: 'killed-migrator' }), 'test', folder);
`;
const INDEX = `${OUTSIDE}CREATE TABLE IF NOT EXISTS before_it (id int);
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Idx one" ON public.universal_targets (name);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS IDX_TWO ON universal_targets (lower(name), id);`;

const cleanUps: (() => PromiseLike<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const connect = (url: string): Sequelize => {
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'test' });
  cleanUps.push(() => db.close());
  return db;
};

const setUp = async (from: 'template' | 'empty', files: Record<string, string>) => {
  const database = await createTestDatabase(from);
  cleanUps.push(() => database[Symbol.asyncDispose]());
  const folder = await copyMigrations(files);
  cleanUps.push(() => folder[Symbol.asyncDispose]());
  const client = await openClient(database.url);
  cleanUps.push(() => client.end());
  return { url: database.url, folder: folder.path, client };
};

const indexesOf = async (client: pg.Client) => {
  const { rows } = await client.query(
    `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname ILIKE 'idx_one%' OR c.relname = 'idx_two' ORDER BY 1`,
  );
  return rows as { name: string; valid: boolean }[];
};
const BOTH_VALID = [
  { name: 'Idx one', valid: true },
  { name: 'idx_two', valid: true },
];

const recorded = async (client: pg.Client): Promise<string[]> =>
  (await client.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY name')).rows.map(({ name }) => name);

/** Holds what CREATE INDEX CONCURRENTLY waits for, until ROLLBACK. */
const blockIndexes = async (client: pg.Client): Promise<void> => {
  await client.query('BEGIN');
  await client.query('LOCK TABLE universal_targets IN ROW EXCLUSIVE MODE');
};

test('of 20 migrators at once each file is applied once, with an index that is built concurrently between them', async () => {
  const { url, folder, client } = await setUp('empty', { '0900-index.sql': INDEX, '0901-after.sql': 'CREATE TABLE after_it (id int);' });
  const applied = await Promise.all(Array.from({ length: 20 }, () => migrate(connect(url), 'test', folder)));
  expect(applied.flat()).toEqual([...OURS, '0900-index.sql', '0901-after.sql']);
  expect(await recorded(client)).toEqual([...OURS, '0900-index.sql', '0901-after.sql']);
  expect(await indexesOf(client)).toEqual(BOTH_VALID);
});

test('a migrator whose connection broke in the middle of an index leaves it invalid; the next one drops it and completes', async () => {
  const { url, folder, client } = await setUp('template', { '0900-index.sql': INDEX });
  await blockIndexes(client);
  const broken = migrate(connect(url), 'test', folder);
  const refused = expect(broken).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(
      /in migration 0900-index\.sql, line 3 .* The statements before it stay; the next migrate begins the file anew\./,
    ),
  });
  const pid = await untilWaiting(url, 'CREATE INDEX CONCURRENTLY');
  await client.query('SELECT pg_terminate_backend($1)', [pid]);
  await refused;
  await client.query('ROLLBACK');
  expect(await indexesOf(client)).toEqual([{ name: 'Idx one', valid: false }]);
  expect(await recorded(client)).toEqual(OURS);

  expect(await migrate(connect(url), 'test', folder)).toEqual(['0900-index.sql']);
  expect(await indexesOf(client)).toEqual(BOTH_VALID);
  expect(await recorded(client)).toEqual([...OURS, '0900-index.sql']);
});

test('while the server still works for a migrator process that was killed the next one waits, says for whom, and then completes', async () => {
  const { url, folder, client } = await setUp('template', { '0900-index.sql': INDEX });
  await blockIndexes(client);
  const child = spawn(process.execPath, ['--input-type=module', '-e', MIGRATOR, url, folder], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  const pid = await untilWaiting(url, 'CREATE INDEX CONCURRENTLY');
  child.kill('SIGKILL');
  await exit;
  const waiting = Promise.withResolvers<number | undefined>();
  const next = migrate(connect(url), 'test', folder, { onWait: waiting.resolve });
  expect(await waiting.promise).toBe(pid);
  await client.query('ROLLBACK');
  expect(await next).toEqual(['0900-index.sql']);
  expect(await indexesOf(client)).toEqual(BOTH_VALID);
  expect(await recorded(client)).toEqual([...OURS, '0900-index.sql']);
});

test('a migrator process that is killed in the middle of its transaction leaves nothing; the next one applies all', async () => {
  const { url, folder, client } = await setUp('template', {
    '0900-first.sql': 'CREATE TABLE first (id int);',
    '0901-waits.sql': 'LOCK TABLE universal_targets;',
  });
  await blockIndexes(client);
  const child = spawn(process.execPath, ['--input-type=module', '-e', MIGRATOR, url, folder], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  await untilWaiting(url, 'LOCK TABLE');
  child.kill('SIGKILL');
  await exit;
  // Its session goes on until it notices; here it gets what it waits for, and has nobody to send COMMIT.
  const next = migrate(connect(url), 'test', folder);
  await client.query('ROLLBACK');
  expect(await next).toEqual(['0900-first.sql', '0901-waits.sql']);
});

test('an index of that name that is valid is left as it is', async () => {
  const { url, folder, client } = await setUp('template', {
    '0900-index.sql': `${OUTSIDE}CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_one ON universal_targets (name);`,
  });
  await client.query('CREATE INDEX idx_one ON universal_targets (id)');
  const oid = async () => (await client.query(`SELECT 'idx_one'::regclass::oid AS oid`)).rows;
  const before = await oid();
  await migrate(connect(url), 'test', folder);
  expect(await oid()).toEqual(before);
});

test('files before one that runs outside a transaction stay when a later one fails; of the failing group nothing does', async () => {
  const { url, folder, client } = await setUp('template', {
    '0900-before.sql': 'CREATE TABLE before (id int);',
    '0901-index.sql': `${OUTSIDE}CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_two ON universal_targets (name);`,
    '0902-same-group.sql': 'CREATE TABLE same_group (id int);',
    '0903-fails.sql': 'CREATE TABLE half (id int);\nSELECT nothing;',
  });
  await expect(migrate(connect(url), 'test', folder)).rejects.toMatchObject({
    code: 'INTERNAL',
    message:
      'Migration 0903-fails.sql, line 2 failed: column "nothing" does not exist. Nothing of the 2 files of its transaction was applied.',
  });
  expect(await recorded(client)).toEqual([...OURS, '0900-before.sql', '0901-index.sql']);
  const { rows } = await client.query(
    `SELECT to_regclass('before') IS NOT NULL AS before, to_regclass('same_group') AS group, to_regclass('half') AS half`,
  );
  expect(rows).toEqual([{ before: true, group: null, half: null }]);
});

test('what a migration sets does not reach the connections that others get', async () => {
  const { url, folder } = await setUp('template', {
    '0900-sets.sql': `SET search_path = 'pg_catalog'; SET work_mem = '1MB'; SET search_path = public;`,
  });
  const db = connect(url);
  await migrate(db, 'test', folder);
  const [rows] = await db.query('SHOW work_mem');
  expect(rows).not.toEqual([{ work_mem: '1MB' }]);
});

test('a file that removes data is refused before anything is done, unless that is allowed or the database is new', async () => {
  const files = {
    '0900-adds.sql': 'CREATE TABLE added (id int);',
    '0901-drops.sql': '-- destructive: nothing writes it\nALTER TABLE jobs DROP COLUMN description;',
  };
  const { url, folder, client } = await setUp('template', files);
  await expect(migrate(connect(url), 'test', folder)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/^0901-drops\.sql would remove data; nothing was applied\..*--allow-destructive/),
  });
  expect(await recorded(client)).toEqual(OURS);
  expect(await migrate(connect(url), 'test', folder, { allowDestructive: true })).toEqual(Object.keys(files));
  const fresh = await setUp('empty', files);
  expect(await migrate(connect(fresh.url), 'test', fresh.folder)).toEqual([...OURS, ...Object.keys(files)]);
});

test('one file that cannot be applied as it is written keeps all from being applied', async () => {
  const { url, folder, client } = await setUp('template', { '0900-good.sql': 'CREATE TABLE good (id int);' });
  await writeFile(join(folder, '0901-bad.sql'), 'CREATE INDEX CONCURRENTLY i ON jobs (name);');
  await expect(migrate(connect(url), 'test', folder)).rejects.toMatchObject({
    code: 'VALIDATION',
    message: expect.stringContaining('0901-bad.sql'),
  });
  expect(await recorded(client)).toEqual(OURS);
});
