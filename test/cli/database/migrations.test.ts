import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readMigrations } from '../../../src/db/migrate.ts';
import { writeUpRecord } from '../../../src/embedded/up-record.ts';
import { openClient } from '../../support/open-client.ts';
import { createTestDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { newKeyRing } from '../../support/platform.ts';
import { runCommand } from './run-command.ts';
import type { Ended } from './run-command.ts';

const FILES = (await readMigrations()).map(({ name }) => name);

let database: TestDatabase;
let client: pg.Client;
let run: (...args: string[]) => Promise<Ended>;
beforeEach(async () => {
  database = await createTestDatabase('empty');
  client = await openClient(database.url);
  const env = { DATABASE_URL: database.url, OPSCONDUCTOR_KEYS: newKeyRing(), OPSCONDUCTOR_HOME: '/nonexistent' };
  run = (...args) => runCommand(args, env);
});
afterEach(async () => {
  await client.end();
  await database[Symbol.asyncDispose]();
});

test('plan and status of an empty database change nothing; migrate brings it to this version and makes the administrator, once', async () => {
  const plan = await run('db', 'plan', '--json');
  expect(plan.code).toBe(0);
  expect(JSON.parse(plan.stdout)).toMatchObject(FILES.map((file) => ({ file, destructive: false })));
  const before = await run('db', 'status');
  expect(before.code).toBe(1);
  expect(before.stdout).toMatch(new RegExp(`${FILES[0]} +pending`));
  expect(before.stdout).toContain(`${FILES.length} migration(s) are pending`);
  expect((await client.query(`SELECT FROM pg_class WHERE oid >= 16384`)).rowCount).toBe(0);

  const first = await run('migrate');
  expect(first).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^Applied 0001-.*\nFirst login: admin, password .*\n$/) });
  const second = await run('db', 'migrate');
  expect(second).toEqual({ code: 0, stderr: '', stdout: 'The database is at this version already.\n' });
  expect(await run('db', 'plan')).toMatchObject({ code: 0, stdout: 'Nothing is pending: the database is at this version.\n' });
  const { rows } = await client.query('SELECT action, actor_type, resource_id, details FROM audit_events ORDER BY id');
  expect(rows).toMatchObject([
    {
      action: 'migrate_database',
      actor_type: 'system',
      resource_id: FILES.at(-1),
      details: { applied: FILES, version: expect.any(String) },
    },
    { action: 'bootstrap_admin' },
  ]);
});

test('status tells what is applied, edited and unknown, by whom, and the months ahead', async () => {
  await run('migrate');
  const good = await run('db', 'status', '--json');
  expect(good.code).toBe(0);
  expect(JSON.parse(good.stdout)).toMatchObject({
    database: new URL(database.url).pathname.slice(1),
    server_version: expect.stringMatching(/^\d+\.\d+/),
    partitions_ahead: { audit_events: 3, job_execution_logs: 3, performance_metrics: 3 },
    migrations: (await readMigrations()).map(({ name, form }) => ({
      file: name,
      state: 'applied',
      form,
      applied_at: expect.stringMatching(/^\d{4}-.*Z$/),
      app_version: expect.any(String),
      duration_ms: expect.any(Number),
    })),
  });
  await client.query(`UPDATE schema_migrations SET checksum = repeat('0', 64) WHERE name = $1`, [FILES[0]]);
  const edited = await run('db', 'status');
  expect(edited).toMatchObject({ code: 1, stdout: expect.stringMatching(new RegExp(`${FILES[0]} +edited[^]*1 file\\(s\\) were edited`)) });
  const [original] = await readMigrations();
  await client.query('UPDATE schema_migrations SET checksum = $1 WHERE name = $2', [original?.checksum, FILES[0]]);
  await client.query(
    `INSERT INTO schema_migrations (name, checksum, duration_ms, app_version) VALUES ('9999-later.sql', repeat('0', 64), 1, '9.0')`,
  );
  const newer = await run('db', 'status');
  expect(newer).toMatchObject({ code: 1, stdout: expect.stringMatching(/9999-later\.sql +unknown [^]*newer than this version/) });
  expect(await run('db', 'plan')).toMatchObject({ code: 2, stderr: expect.stringContaining('9999-later.sql (applied by version 9.0)') });
  expect(await run('db', 'migrate')).toMatchObject({ code: 2, stderr: expect.stringContaining('newer than the code') });
});

test('without DATABASE_URL the database of the `up` that runs on the data folder is meant', async () => {
  const home = await mkdtemp(join(tmpdir(), 'opsc-home-'));
  try {
    const url = new URL(database.url);
    await writeFile(join(home, 'postgres-password'), `${url.password}\n`, { mode: 0o600 });
    await writeFile(join(home, 'keys.json'), newKeyRing());
    url.password = '';
    await writeUpRecord(home, { postgres: url.href });
    expect(await runCommand(['db', 'migrate'], { OPSCONDUCTOR_HOME: home })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Applied'),
    });
    expect(await runCommand(['db', 'status'], { OPSCONDUCTOR_HOME: home })).toMatchObject({ code: 0 });
    await rm(join(home, 'postgres-password'));
    expect(await runCommand(['db', 'status'], { OPSCONDUCTOR_HOME: home })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('run this as the user who runs `opsconductor up`'),
    });
  } finally {
    await rm(home, { recursive: true });
  }
});
