import { once } from 'node:events';
import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../src/db/connect.ts';
import { execute } from '../../src/db/query.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { startCli } from '../support/cli-process.ts';
import { createTestDatabase } from '../support/database.ts';

const dbCheck = async (url: string, ...options: string[]): Promise<{ code: number | null; output: string }> => {
  const started = startCli(['db', 'check', ...options], { DATABASE_URL: url });
  const [code] = (await once(started.child, 'close')) as [number | null];
  return { code, output: started.output() };
};

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
});
afterAll(() => database[Symbol.asyncDispose]());

test('an equal database: one line, exit code 0; as JSON too', async () => {
  expect(await dbCheck(database.url)).toEqual({ code: 0, output: 'The schema of the database is that of this version.\n' });
  const { code, output } = await dbCheck(database.url, '--json');
  expect({ code, ...JSON.parse(output) }).toEqual({ code: 0, equal: true, errors: 0, warnings: 0, differences: [] });
});

test('what differs: errors first, a line and the statement each, exit code 1; nothing is changed', async () => {
  await execute(db, 'CREATE INDEX mine ON jobs (description)');
  await execute(db, 'ALTER TABLE jobs ALTER COLUMN priority TYPE integer');
  for (const attempt of ['first', 'second']) {
    expect({ attempt, ...(await dbCheck(database.url)) }).toEqual({
      attempt,
      code: 1,
      output: `The database differs from this version:
error    Column jobs.priority is integer; it should be smallint.
         ALTER TABLE jobs ALTER COLUMN priority DROP DEFAULT, ALTER COLUMN priority TYPE smallint USING priority::smallint, ALTER COLUMN priority SET DEFAULT 5;
warning  Index mine of jobs is not ours.
         DROP INDEX CONCURRENTLY mine;

1 error, 1 warning. Nothing was changed: the statements are for you to run.
`,
    });
  }
  const { code, output } = await dbCheck(database.url, '--json');
  expect({ code, ...JSON.parse(output) }).toMatchObject({
    code: 1,
    equal: false,
    errors: 1,
    warnings: 1,
    differences: [
      {
        severity: 'error',
        change: 'different',
        kind: 'column',
        table: 'jobs',
        object: 'priority',
        expected: 'smallint',
        actual: 'integer',
      },
      { severity: 'warning', change: 'extra', kind: 'index', table: 'jobs', object: 'mine', mend: 'DROP INDEX CONCURRENTLY mine;' },
    ],
  });
});

test('a database that lacks migrations is told just that', async () => {
  await using empty = await createTestDatabase('empty');
  const { code, output } = await dbCheck(empty.url);
  expect(code).toBe(1);
  expect(output).toMatch(/^The database lacks \d+ migration.*0001-schema\.sql.*migrate\n$/);
  const answer = JSON.parse((await dbCheck(empty.url, '--json')).output);
  expect(answer).toEqual({ equal: false, errors: 0, warnings: 0, differences: [], problem: output.trim() });
});

test('a database that does not answer is told without the password', async () => {
  const { code, output } = await dbCheck('postgresql://me:geheim@127.0.0.1:1/none');
  expect(code).toBe(2);
  expect(output).toContain('127.0.0.1:1');
  expect(output).not.toContain('geheim');
});

test('a role that may only look can compare', async () => {
  await using readable = await openTestDatabase();
  const role = `looker_${process.pid}`;
  await execute(readable.db, `CREATE ROLE ${role} LOGIN PASSWORD 'looking'`);
  try {
    await execute(readable.db, `GRANT SELECT ON schema_migrations TO ${role}`);
    const url = new URL(readable.url);
    [url.username, url.password] = [role, 'looking'];
    expect(await dbCheck(url.href)).toMatchObject({ code: 0 });
    const other = connectDatabase({ url: url.href, poolSize: 1, applicationName: 'test' });
    await expect(execute(other, 'SELECT FROM jobs')).rejects.toThrow('permission denied');
    await other.close();
  } finally {
    await execute(readable.db, `DROP OWNED BY ${role}`);
    await execute(readable.db, `DROP ROLE ${role}`);
  }
});
