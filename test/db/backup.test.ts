import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/db/backup/manifest.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { listJobs } from '../../src/services/jobs/read-jobs.ts';
import { listTargets } from '../../src/services/targets/read-targets.ts';
import { createTarget } from '../../src/services/targets/write-target.ts';
import { CreateTarget } from '../../src/contracts/target.ts';
import { createTestDatabase } from '../support/database.ts';
import { machineBinaries, ROLE_PASSWORD, startMachinePostgres, withoutMachinePostgres } from '../support/machine-postgres.ts';
import type { MachinePostgres } from '../support/machine-postgres.ts';
import {
  countObjects,
  countOf,
  migrateDatabase,
  openDatabase,
  pidOfTool,
  temporaryFolder,
  toolsWith,
  untilStopped,
} from './support/backup-fixture.ts';
import type { TemporaryFolder } from './support/backup-fixture.ts';
import { admin, depsOf, KEYS, openSecret, SECRET, startWriter } from './support/backup-platform.ts';
import { addJobRow } from './support/rows.ts';
import { runCli, startCliRun } from './support/run-cli.ts';

const manifestOf = async (file: string): Promise<Manifest> => {
  const [line = ''] = (await readFile(file)).toString('latin1').split('\n', 1);
  return JSON.parse(line) as Manifest;
};

describe.skipIf(withoutMachinePostgres)('a backup (PostgreSQL of the machine)', () => {
  let server: MachinePostgres;
  let folder: TemporaryFolder;
  let file: string;
  /** Migrated, with a job and a target. */
  let url: string;
  let jobId: number;

  beforeAll(async () => {
    server = await startMachinePostgres();
    url = await server.createDatabase();
    await migrateDatabase(url);
    await using opened = openDatabase(url);
    jobId = await addJobRow(opened.db);
    const credential = { credential_type: 'password', username: 'root', password: SECRET };
    const method = { method_type: 'ssh', host: 'one.example', credential };
    await createTarget(depsOf(opened.db), admin, CreateTarget.parse({ name: 'one', methods: [method] }));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await temporaryFolder();
    file = join(folder.path, 'backup');
    return () => folder[Symbol.asyncDispose]();
  });

  const backup = (...flags: string[]) => runCli(['db', 'backup', file, ...flags], { DATABASE_URL: url, OPSCONDUCTOR_KEYS: KEYS });
  const restoreInto = (target: string, env: Record<string, string> = {}) =>
    runCli(['db', 'restore', file], { DATABASE_URL: target, ...env });

  test('taken while runs are written is one moment of them; restored elsewhere it is that moment, readable, and its secrets open', async () => {
    await using source = openDatabase(url);
    const writer = startWriter(source.db, jobId);
    while (writer.written() === 0) await turn();
    const before = writer.written();
    const taken = await backup();
    const after = writer.written();
    await writer.stop();
    expect(taken).toMatchObject({ code: 0, stdout: expect.stringContaining(`Wrote ${file}`) });
    expect(taken.stderr).toContain('OPSCONDUCTOR_KEYS');
    expect(after).toBeGreaterThan(before);

    const manifest = await manifestOf(file);
    const target = await server.createDatabase();
    const restored = await restoreInto(target);
    expect(restored).toMatchObject({ code: 0, stderr: expect.not.stringContaining('migrate') });
    expect(restored.stderr).toContain('The audit trail does not tell of this restore: no key ring is at hand');

    await using opened = openDatabase(target);
    const runs = manifest.tables['job_executions'];
    expect(runs).toBeGreaterThanOrEqual(before);
    expect(runs).toBeLessThanOrEqual(after);
    expect(manifest.tables['job_execution_logs']).toBe(2 * (runs ?? 0));
    for (const [table, rows] of Object.entries(manifest.tables)) expect([table, await countOf(target, table)]).toEqual([table, rows]);
    const split = await selectRows(
      opened.db,
      'SELECT e.id FROM job_executions e LEFT JOIN job_execution_logs l ON l.job_execution_id = e.id GROUP BY e.id HAVING count(l.id) <> 2',
    );
    expect(split).toEqual([]);
    expect((await listJobs(depsOf(opened.db), admin, { limit: 10 })).data).toMatchObject([{ job_serial: 'J20250001' }]);
    expect((await listTargets(depsOf(opened.db), admin, { limit: 10 })).data).toMatchObject([{ name: 'one' }]);
    expect(JSON.parse(await openSecret(opened.db))).toMatchObject({ password: SECRET });
    // Counters and identities go on where they were.
    const second = await createTarget(
      depsOf(opened.db),
      admin,
      CreateTarget.parse({ name: 'two', methods: [{ method_type: 'ssh', host: 'two.example' }] }),
    );
    expect(second.target_serial).toMatch(/^T\d{4}0002$/);
  });

  test('restored has the same columns, constraints, indexes and triggers', async () => {
    expect((await backup()).code).toBe(0);
    const target = await server.createDatabase();
    expect(await restoreInto(target, { OPSCONDUCTOR_KEYS: 'no keys' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not JSON'),
    });
    expect(await restoreInto(target, { OPSCONDUCTOR_KEYS: KEYS })).toMatchObject({ code: 0, stderr: expect.not.stringContaining('audit') });
    // Not the text of checks: Postgres prints some of them another way once it has read back its own words.
    const describeSchema = async (one: string) => {
      await using opened = openDatabase(one);
      return await selectRows(
        opened.db,
        `SELECT 'column' AS kind, c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || a.attnotnull AS text
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'p')
         UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname || CASE contype WHEN 'c' THEN '' ELSE pg_get_constraintdef(oid) END FROM pg_constraint WHERE connamespace = 'public'::regnamespace
         UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
         UNION ALL SELECT 'trigger', pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
         ORDER BY 1, 2`,
      );
    };
    const restored = await describeSchema(target);
    expect(restored.length).toBeGreaterThan(500);
    expect(restored).toEqual(await describeSchema(url));
    await using opened = openDatabase(target);
    const newest = 'SELECT action, actor_type, details FROM audit_events ORDER BY id DESC LIMIT 1';
    const { taken_at: takenAt, app_version: version, tables } = await manifestOf(file);
    const rows = Object.values(tables).reduce((sum, count) => sum + count, 0);
    expect(await selectRow(opened.db, newest)).toEqual({
      action: 'restore_database',
      actor_type: 'system',
      details: { taken_at: takenAt, app_version: version, rows, replaced: false },
    });
  });

  test('is one file that only its owner may read, replaced only with --force, and told as JSON with --json', async () => {
    const { code, stdout } = await backup('--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(await manifestOf(file));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder.path)).toEqual(['backup']);
    const first = await readFile(file);
    expect(await backup()).toMatchObject({ code: 2, stderr: expect.stringContaining(`${file} exists already`) });
    expect(await readFile(file)).toEqual(first);
    expect((await backup('--force')).code).toBe(0);
    expect((await manifestOf(file)).taken_at).not.toBe((JSON.parse(stdout) as Manifest).taken_at);
  });

  test('that is killed leaves no file of that name; the password was in no argument and in no output', async () => {
    const { path } = folder;
    await toolsWith(path, 'pg_dump', '"$REAL" "$@"; kill -STOP $$');
    const run = startCliRun(['db', 'backup', file], { DATABASE_URL: url, OPSCONDUCTOR_PG_BIN: path });
    const pid = await pidOfTool(path);
    await untilStopped(pid);
    const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    await run.kill();
    process.kill(pid, 'SIGKILL');
    const { stdout, stderr } = await run.closed;
    expect(argv).toContain('--snapshot=');
    for (const secret of [ROLE_PASSWORD, encodeURIComponent(ROLE_PASSWORD)]) expect(argv + stdout + stderr).not.toContain(secret);
    expect(environment).not.toContain('DATABASE_URL');
    expect(await readdir(path)).toEqual(expect.arrayContaining([expect.stringMatching(/^backup\.\w+\.partial$/)]));
    expect(await readdir(path)).not.toContain('backup');
  });

  test('that is interrupted leaves nothing at all', async () => {
    const { path } = folder;
    await toolsWith(path, 'pg_dump', '"$REAL" "$@"; exec sleep 600');
    const run = startCliRun(['db', 'backup', file], { DATABASE_URL: url, OPSCONDUCTOR_PG_BIN: path });
    await pidOfTool(path);
    run.child.kill('SIGINT');
    expect(await run.closed).toMatchObject({ code: 130, stderr: expect.stringContaining('was not written') });
    expect((await readdir(path)).filter((name) => name.startsWith('backup'))).toEqual([]);
  });

  test('whose pg_dump fails leaves nothing and tells what pg_dump said', async () => {
    const { path } = folder;
    await toolsWith(path, 'pg_dump', '"$REAL" "$@" | head -c 5000; echo "pg_dump: error: the disk is tired" >&2; exit 1');
    const run = await runCli(['db', 'backup', file], { DATABASE_URL: url, OPSCONDUCTOR_PG_BIN: path });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('the disk is tired') });
    expect((await readdir(path)).filter((name) => name.startsWith('backup'))).toEqual([]);
  });

  test('of an older version is restored, and the command to migrate is named', async () => {
    const older = await server.createDatabase();
    const migrations = join(folder.path, 'migrations');
    await execFirstMigration(migrations, older);
    expect(await runCli(['db', 'backup', file], { DATABASE_URL: older })).toMatchObject({ code: 0 });
    const target = await server.createDatabase();
    const restored = await restoreInto(target);
    expect(restored).toMatchObject({ code: 0, stderr: expect.stringContaining('opsconductor db migrate') });
    await migrateDatabase(target);
    expect(await countOf(target, 'schema_migrations')).toBeGreaterThan(1);
  });

  test('is refused of a database that holds no OpsConductor', async () => {
    const run = await runCli(['db', 'backup', file], { DATABASE_URL: await server.createDatabase() });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('holds no OpsConductor') });
    expect(await readdir(folder.path)).toEqual([]);
  });

  test.skipIf(machineBinaries.includes('/18/'))(
    'by programs of another major version than the server is refused with what to install',
    async () => {
      await using embedded = await createTestDatabase();
      const env = { DATABASE_URL: embedded.url, OPSCONDUCTOR_PG_BIN: machineBinaries };
      const run = await runCli(['db', 'backup', file], env);
      expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/needs pg_dump of version 18.*postgresql-client-18/) });
      expect(run.stderr).toContain(join(machineBinaries, 'pg_dump'));
    },
  );

  test('killed on its way back changes nothing', async () => {
    expect((await backup()).code).toBe(0);
    const { path } = folder;
    await toolsWith(path, 'pg_restore', '"$REAL" "$@" | head -c 60000; kill -STOP $$');
    const target = await server.createDatabase();
    await migrateDatabase(target);
    const objects = await countObjects(target);
    const run = startCliRun(['db', 'restore', file, '--replace'], { DATABASE_URL: target, OPSCONDUCTOR_PG_BIN: path });
    const pid = await pidOfTool(path);
    await untilStopped(pid);
    await run.kill();
    process.kill(pid, 'SIGKILL');
    expect(await countObjects(target)).toBe(objects);
  });
});

/** A database at the first migration only. */
const execFirstMigration = async (folder: string, url: string): Promise<void> => {
  await mkdir(folder);
  const name = '0001-schema.sql';
  await copyFile(new URL(`../../migrations/${name}`, import.meta.url), join(folder, name));
  await migrateDatabase(url, folder);
};

test('without pg_dump a backup of the embedded server says which one to install', async () => {
  await using embedded = await createTestDatabase();
  await using empty = await temporaryFolder();
  const file = join(empty.path, 'backup');
  await writeFile(join(empty.path, 'pg_dump'), 'not executable');
  const run = await runCli(['db', 'backup', file], { DATABASE_URL: embedded.url, OPSCONDUCTOR_PG_BIN: empty.path });
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain('There is no pg_dump in');
  expect(run.stderr).toContain('PostgreSQL 18');
  expect(run.stderr).toMatch(/postgresql-client-18|postgresql@18|PostgreSQL 18 for Windows/);
});
