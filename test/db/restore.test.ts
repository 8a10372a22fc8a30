import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../src/db/backup/manifest.ts';
import { execute, selectRow } from '../../src/db/query.ts';
import { ROLE_PASSWORD, startMachinePostgres, withoutMachinePostgres } from '../support/machine-postgres.ts';
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
import { addJobRow, addTargetRows } from './support/rows.ts';
import { runCli, startCliRun } from './support/run-cli.ts';

const TARGETS = 3;

describe.skipIf(withoutMachinePostgres)('a restore (PostgreSQL of the machine)', () => {
  let server: MachinePostgres;
  let folder: TemporaryFolder;
  /** A good backup of three targets. */
  let good: Buffer;
  let file: string;

  /** A migrated database of one job and no targets. */
  const filledDatabase = async (): Promise<string> => {
    const url = await server.createDatabase();
    await migrateDatabase(url);
    await using opened = openDatabase(url);
    await addJobRow(opened.db);
    return url;
  };
  const restoreInto = (url: string, flags: string[] = [], env: Record<string, string> = {}) =>
    runCli(['db', 'restore', file, ...flags], { DATABASE_URL: url, ...env });

  beforeAll(async () => {
    server = await startMachinePostgres();
    await using source = await temporaryFolder();
    const url = await server.createDatabase();
    await migrateDatabase(url);
    await using opened = openDatabase(url);
    await addTargetRows(opened.db, TARGETS);
    const taken = await runCli(['db', 'backup', join(source.path, 'good')], { DATABASE_URL: url });
    expect(taken).toMatchObject({ code: 0 });
    good = await readFile(join(source.path, 'good'));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await temporaryFolder();
    file = join(folder.path, 'backup');
    await writeFile(file, good);
    return () => folder[Symbol.asyncDispose]();
  });

  test('over a filled database is refused; with --replace it drops everything there, also what the backup does not know', async () => {
    const url = await filledDatabase();
    const refused = await restoreInto(url);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('The database is not empty') });
    expect(refused.stderr).toContain('--replace');
    expect(await countOf(url, 'jobs')).toBe(1);

    await using opened = openDatabase(url);
    await execute(opened.db, 'CREATE TABLE of_a_newer_version (job_id bigint REFERENCES jobs (id))');
    await execute(opened.db, 'CREATE VIEW of_a_newer_view AS SELECT id FROM jobs');
    await execute(opened.db, `CREATE FUNCTION of_a_newer_function() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    await execute(
      opened.db,
      `CREATE TABLE audit_events_p209901 PARTITION OF audit_events FOR VALUES FROM ('2099-01-01+00') TO ('2099-02-01+00')`,
    );
    expect(await restoreInto(url, ['--replace'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Restored') });
    expect(await countOf(url, 'jobs')).toBe(0);
    expect(await countOf(url, 'universal_targets')).toBe(TARGETS);
    const left = await selectRow<{ count: number }>(
      opened.db,
      `SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'of_a_newer%' OR relname LIKE '%p209901')::int
        + (SELECT count(*) FROM pg_proc WHERE proname LIKE 'of_a_newer%')::int AS count`,
    );
    expect(left).toEqual({ count: 0 });
  });

  test('--replace does not touch tables that are not those of OpsConductor', async () => {
    const url = await server.createDatabase();
    await using opened = openDatabase(url);
    await execute(opened.db, 'CREATE TABLE customers (id int)');
    expect(await restoreInto(url, ['--replace'])).toMatchObject({ code: 2, stderr: expect.stringContaining("not OpsConductor's") });
    expect(await countOf(url, 'customers')).toBe(0);
  });

  test('--replace that fails on its way leaves the database as it was', async () => {
    const url = await filledDatabase();
    const objects = await countObjects(url);
    await toolsWith(folder.path, 'pg_restore', '"$REAL" "$@" | head -c 60000; echo "pg_restore: error: read error" >&2; exit 1');
    const failed = await restoreInto(url, ['--replace'], { OPSCONDUCTOR_PG_BIN: folder.path });
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('read error') });
    expect(failed.stderr).toContain('Nothing was changed');
    expect(await countObjects(url)).toBe(objects);
    expect(await countOf(url, 'jobs')).toBe(1);
  });

  test('whose statements the server refuses tells why, without rows, and leaves the database empty', async () => {
    const url = await server.createDatabase();
    const objects = await countObjects(url);
    await toolsWith(folder.path, 'pg_restore', '"$REAL" "$@"; echo "INSERT INTO public.users SELECT * FROM public.users;"');
    const failed = await restoreInto(url, [], { OPSCONDUCTOR_PG_BIN: folder.path });
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('duplicate key value violates unique constraint') });
    expect(failed.stderr).not.toContain('already exists');
    expect(await countObjects(url)).toBe(objects);
  });

  test('whose rows are not those of the backup says which', async () => {
    const url = await server.createDatabase();
    await toolsWith(folder.path, 'pg_restore', '"$REAL" "$@"; echo "DELETE FROM public.universal_targets WHERE id = 1;"');
    const failed = await restoreInto(url, [], { OPSCONDUCTOR_PG_BIN: folder.path });
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('universal_targets has 2 instead of 3') });
  });

  const edited = (change: (manifest: Manifest) => void): Buffer => {
    const lineEnd = good.indexOf(0x0a);
    const manifest = JSON.parse(good.toString('utf8', 0, lineEnd)) as Manifest;
    change(manifest);
    const content = Buffer.concat([Buffer.from(`${JSON.stringify(manifest)}\n`), good.subarray(lineEnd + 1, -73)]);
    return Buffer.concat([content, Buffer.from(`\nsha256 ${createHash('sha256').update(content).digest('hex')}\n`)]);
  };
  const oneByteOff = (): Buffer => {
    const changed = Buffer.from(good);
    changed.writeUInt8(changed.readUInt8(good.length - 200) ^ 1, good.length - 200);
    return changed;
  };

  test.each([
    ['a text', 'is no backup', () => Buffer.from('Dear diary\n'.repeat(100))],
    ['JSON of something else', 'is no backup', () => Buffer.from('{"format":"other","format_version":1}\nand so on')],
    ['an empty file', 'is no backup', () => Buffer.alloc(0)],
    ['a dump of pg_dump alone', 'use pg_restore', () => good.subarray(good.indexOf('PGDMP'))],
    ['a backup without its last byte', 'is cut off', () => good.subarray(0, -1)],
    ['the first half of a backup', 'is cut off', () => good.subarray(0, good.length / 2)],
    ['the first bytes of a backup', 'is cut off', () => good.subarray(0, 100)],
    ['a backup with one bit turned over', 'SHA-256', oneByteOff],
    ['a backup of a newer format', 'newer version', () => edited((manifest) => (manifest.format_version = 2))],
    [
      'a backup of a newer schema',
      'made by a newer OpsConductor',
      () => edited((manifest) => manifest.migrations.push({ name: '9999-future.sql', checksum: '0' })),
    ],
    ['a backup of another build', 'another build', () => edited(({ migrations: [first] }) => first && (first.checksum = '0'))],
    ['a backup of a newer server', 'version 99 or later', () => edited((manifest) => (manifest.server_version = '99.1'))],
    ['a backup of another schema', 'works in public', () => edited((manifest) => (manifest.schema = 'elsewhere'))],
  ] as const)('%s is refused and nothing is touched', async (_what, sentence, content) => {
    await writeFile(file, content());
    const url = await server.createDatabase();
    const objects = await countObjects(url);
    expect(await restoreInto(url, ['--replace'])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(sentence) });
    expect(await countObjects(url)).toBe(objects);
  });

  test('a file that is not there is refused', async () => {
    file = join(folder.path, 'nothing');
    expect(await restoreInto(await server.createDatabase())).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOENT') });
  });

  test('is refused while a part of OpsConductor is connected, which it names', async () => {
    const url = await server.createDatabase();
    await using api = openDatabase(url, 'opsconductor-api');
    await selectRow(api.db, 'SELECT 1 AS one');
    expect(await restoreInto(url)).toMatchObject({ code: 2, stderr: expect.stringContaining('opsconductor-api (1)') });
  });

  test('is refused where btree_gist cannot be created, and an administrator can help', async () => {
    const url = await server.createDatabase({ owner: 'superuser' });
    const name = new URL(url).pathname.slice(1);
    await server.administer('GRANT CREATE ON SCHEMA public TO ops', name);
    expect(await restoreInto(url)).toMatchObject({ code: 2, stderr: expect.stringContaining('btree_gist cannot be created here') });
    await server.administer('CREATE EXTENSION btree_gist', name);
    expect(await restoreInto(url)).toMatchObject({ code: 0 });
  });

  test('gives the password to psql in no argument, and prints it nowhere', async () => {
    // Held before it reads its first statement: it is there for sure while we look.
    await toolsWith(folder.path, 'psql', 'kill -STOP $$; exec "$REAL" "$@"');
    const url = await server.createDatabase();
    const run = startCliRun(['db', 'restore', file], { DATABASE_URL: url, OPSCONDUCTOR_PG_BIN: folder.path });
    const pid = await pidOfTool(folder.path);
    const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    await untilStopped(pid);
    process.kill(pid, 'SIGCONT');
    const { code, stdout, stderr } = await run.closed;
    expect(code).toBe(0);
    expect(argv).toContain('ON_ERROR_STOP');
    for (const secret of [ROLE_PASSWORD, encodeURIComponent(ROLE_PASSWORD)]) expect(argv + stdout + stderr).not.toContain(secret);
  });
});
