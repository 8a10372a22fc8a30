import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sequelize } from 'sequelize';
import { afterEach, expect, test } from 'vitest';
import { connectDatabase } from '../../src/db/connect.ts';
import { assertMigrated, migrate, readMigrations } from '../../src/db/migrate.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { createTestDatabase } from '../support/database.ts';
import { openTestDatabase } from './support/open-database.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const NAMES = (await readMigrations()).map(({ name }) => name);

const cleanUps: (() => PromiseLike<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const emptyDatabase = async (): Promise<string> => {
  const database = await createTestDatabase('empty');
  cleanUps.push(() => database[Symbol.asyncDispose]());
  return database.url;
};

const connect = (url: string): Sequelize => {
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'test' });
  cleanUps.push(() => db.close());
  return db;
};

/** A copy of the migrations that may be changed. */
const copiedMigrations = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'opsc-migrations-'));
  cleanUps.push(() => rm(folder, { recursive: true }));
  await cp(MIGRATIONS, folder, { recursive: true });
  return folder;
};

const tablesOf = (db: Sequelize) => selectRows(db, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`);

test('of 20 migrators at once each migration is applied by one, once', async () => {
  const url = await emptyDatabase();
  const applied = await Promise.all(Array.from({ length: 20 }, () => migrate(connect(url), 'test')));
  expect(applied.flat()).toEqual(NAMES);
  const ledger = await selectRows<{ name: string; checksum: string; app_version: string }>(
    connect(url),
    'SELECT name, checksum, app_version FROM schema_migrations ORDER BY name',
  );
  expect(ledger).toEqual((await readMigrations()).map(({ name, checksum }) => ({ name, checksum, app_version: 'test' })));
});

test('an applied migration that was edited afterwards is refused', async () => {
  await using database = await openTestDatabase();
  const folder = await copiedMigrations();
  await appendFile(join(folder, NAMES[0] ?? ''), '\n-- edited');
  await expect(migrate(database.db, 'test', folder)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining(NAMES[0] ?? ''),
  });
});

test('a database that is newer than the code is refused, by migrate and at start', async () => {
  await using database = await openTestDatabase();
  await execute(
    database.db,
    `INSERT INTO schema_migrations (name, checksum, duration_ms, app_version) VALUES ('9999-later.sql', repeat('0', 64), 1, '9')`,
  );
  const refusal = { code: 'CONFLICT', message: expect.stringContaining('9999-later.sql') };
  await expect(migrate(database.db, 'test')).rejects.toMatchObject(refusal);
  await expect(assertMigrated(database.db)).rejects.toMatchObject(refusal);
});

test('a migration that fails leaves nothing behind, neither of itself nor of those before it', async () => {
  const db = connect(await emptyDatabase());
  const folder = await copiedMigrations();
  await writeFile(join(folder, '0900-fails.sql'), 'CREATE TABLE half (id int); SELECT 1 / 0;');
  await expect(migrate(db, 'test', folder)).rejects.toThrow('division by zero');
  expect(await tablesOf(db)).toEqual([]);
  await rm(join(folder, '0900-fails.sql'));
  expect(await migrate(db, 'test', folder)).toEqual(NAMES);
});

test('a later migration is applied alone; other files in the folder are not', async () => {
  await using database = await openTestDatabase();
  const folder = await copiedMigrations();
  await writeFile(join(folder, '0900-adds.sql'), 'CREATE TABLE added (id int);');
  await writeFile(join(folder, 'notes.sql'), 'SELECT 1 / 0;');
  expect(await migrate(database.db, 'test', folder)).toEqual(['0900-adds.sql']);
  expect(await migrate(database.db, 'test', folder)).toEqual([]);
});

test('a database that lacks migrations is refused at start with what is missing; a migrated one is not', async () => {
  const db = connect(await emptyDatabase());
  await expect(assertMigrated(db)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(new RegExp(`lacks ${NAMES.length} migration.*${NAMES[0]}.*opsconductor migrate`)),
  });
  await migrate(db, 'test');
  await expect(assertMigrated(db)).resolves.toBeUndefined();
  await execute(db, 'DELETE FROM schema_migrations WHERE name = $1', [NAMES.at(-1)]);
  await expect(assertMigrated(db)).rejects.toMatchObject({
    message: expect.stringContaining(`lacks 1 migration(s), first ${NAMES.at(-1)}`),
  });
});

test('rows of the previous month to three months ahead each have a partition, for all three tables', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const now = new Date();
  // The template may have been made last month.
  await migrate(db, 'test');
  await execute(db, `INSERT INTO jobs (job_serial, name, created_by) VALUES ('J20250001', 'j', 1)`);
  for (let offset = -1; offset <= 3; offset += 1) {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
    const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset + 1, 1) - 1);
    const month = first.toISOString().slice(0, 7).replace('-', '');
    for (const at of [first, last]) {
      const row = await selectRow(
        db,
        `WITH log AS (INSERT INTO job_execution_logs (timestamp, job_id, log_phase, log_category, log_message) VALUES ($1, 1, 'creation', 'system', 'x') RETURNING tableoid),
         metric AS (INSERT INTO performance_metrics (timestamp, metric_type, aggregation_period) VALUES ($1, 'error_rate', 'minute') RETURNING tableoid),
         event AS (INSERT INTO audit_events (occurred_at, event_type, action, actor_type, resource_type, checksum)
           VALUES ($1, 'user_login', 'x', 'system', 'x', decode(repeat('00', 32), 'hex')) RETURNING tableoid)
         SELECT log.tableoid::regclass::text AS log, metric.tableoid::regclass::text AS metric, event.tableoid::regclass::text AS event FROM log, metric, event`,
        [at.toISOString()],
      );
      expect(row).toEqual({
        log: `job_execution_logs_p${month}`,
        metric: `performance_metrics_p${month}`,
        event: `audit_events_p${month}`,
      });
    }
  }
});
