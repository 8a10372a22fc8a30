import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { pino } from 'pino';
import type { Sequelize } from 'sequelize';
import { expect, inject, test } from 'vitest';
import { refuseDrift } from '../../src/cli/refuse-drift.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { execute } from '../../src/db/query.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { startCli } from '../support/cli-process.ts';
import { newKeyRing } from '../support/platform.ts';

/** A part of the platform, as it is started on a server. */
const startPart = (part: string, databaseUrl: string) =>
  startCli([part], {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    OPSCONDUCTOR_KEYS: newKeyRing(),
    OPSCONDUCTOR_TASK_QUEUE: `test-${randomUUID().slice(0, 8)}`,
    OPSCONDUCTOR_PORT: '0',
  });

const PARTS = [
  ['worker', 'worker is up'],
  ['server', 'API is up'],
] as const;

/** What a check at start logs. */
const collectLog = () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
};

test.each(PARTS)('the %s refuses a database with a dropped key, names it and says where all is told', async (part) => {
  await using database = await openTestDatabase();
  await execute(database.db, 'ALTER TABLE jobs DROP CONSTRAINT uq_jobs_job_serial');
  const started = startPart(part, database.url);
  const [code] = (await once(started.child, 'close')) as [number | null];
  expect(code).toBe(4);
  expect(started.output()).toContain('Unique constraint uq_jobs_job_serial of jobs is missing');
  expect(started.output()).toContain('opsconductor db check');
});

test.each(PARTS)('the %s starts on a database with an index of an operator, and logs it', async (part, isUp) => {
  await using database = await openTestDatabase();
  await execute(database.db, 'CREATE INDEX mine ON jobs (description)');
  const started = startPart(part, database.url);
  await started.until(isUp);
  expect(started.output()).toContain('Index mine of jobs is not ours.');
  await started.end('SIGTERM');
});

test('of many errors three are named', async () => {
  await using database = await openTestDatabase();
  await execute(database.db, 'DROP TABLE calendars, artifact_chunks, rate_limits, job_targets, user_sessions');
  const refusal = refuseDrift(database.db, collectLog().log);
  await expect(refusal).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message:
      'The schema of the database is not that of this version (5 errors). Table artifact_chunks is missing. Table calendars is missing. ' +
      'Table job_targets is missing. … All of them, with the statements that mend them: opsconductor db check',
  });
});

/** The same database as a role that may read what it is granted. */
const asRole = async (database: { db: Sequelize; url: string }, use: (db: Sequelize, role: string) => Promise<void>): Promise<void> => {
  const role = `part_${randomUUID().slice(0, 8)}`;
  await execute(database.db, `CREATE ROLE ${role} LOGIN PASSWORD 'of-a-part'`);
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'of-a-part'];
  const db = connectDatabase({ url: url.href, poolSize: 1, applicationName: 'test' });
  try {
    await use(db, role);
  } finally {
    await db.close();
    await execute(database.db, `DROP ROLE ${role}`);
  }
};

test('a server that hides its catalogs from the role stops no start; it is logged', async () => {
  await using database = await openTestDatabase();
  await execute(database.db, 'REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC');
  await asRole(database, async (db) => {
    const { log, lines } = collectLog();
    await refuseDrift(db, log);
    expect(lines).toMatchObject([
      { msg: expect.stringContaining('could not be read'), err: { message: expect.stringContaining('pg_constraint') } },
    ]);
  });
});

test('a role with an empty schema of its own name is compared in the schema where the tables are', async () => {
  await using database = await openTestDatabase();
  await asRole(database, async (db, role) => {
    await execute(database.db, `CREATE SCHEMA ${role}`);
    await execute(database.db, `GRANT USAGE ON SCHEMA ${role} TO ${role}`);
    const { log, lines } = collectLog();
    await refuseDrift(db, log);
    expect(lines).toEqual([]);
    await execute(database.db, `DROP SCHEMA ${role}`);
  });
});

test('a database that goes away while it is compared stops the start', async () => {
  const away = connectDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none', poolSize: 1, applicationName: 'test' });
  await expect(refuseDrift(away, collectLog().log)).rejects.toThrow('ECONNREFUSED');
  await away.close();
});
