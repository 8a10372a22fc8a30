import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SlowStatement } from '../../../src/contracts/database-health.ts';
import { statementText } from '../../../src/db/health/statement-text.ts';
import { examineStatements, slowStatementFindings } from '../../../src/db/health/statements.ts';
import { openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('without the extension the finding says how to get it', async () => {
  expect(await examineStatements(database.ask)).toEqual({
    statements: [],
    findings: [
      {
        kind: 'statements_unavailable',
        severity: 'info',
        object: 'pg_stat_statements',
        sentence: 'The slowest statements cannot be told: this database lacks the extension pg_stat_statements.',
        suggestion: 'Create the extension, as a superuser.',
        statement: 'CREATE EXTENSION pg_stat_statements;',
        facts: {},
      },
    ],
  });
});

describe('with the extension', () => {
  beforeAll(async () => {
    // Any schema will do.
    await database.run('CREATE SCHEMA "Tools"', 'CREATE EXTENSION pg_stat_statements SCHEMA "Tools"', 'CREATE TABLE t (a text)');
    for (const letter of ['x', 'y', 'z']) await database.run(`INSERT INTO t SELECT '${letter}' FROM generate_series(1, 10)`);
    await database.run(`CREATE ROLE health_secret PASSWORD 'never shown'`, 'DROP ROLE health_secret');
  });

  test('the statements of this database are told with calls, mean, rows and share, the longest first', async () => {
    const { statements, findings } = await examineStatements(database.ask);
    expect(findings).toEqual([]);
    const inserts = statements.filter(({ text }) => text.startsWith('INSERT INTO t '));
    expect(inserts).toHaveLength(1);
    expect(inserts[0]).toMatchObject({ text: 'INSERT INTO t SELECT $1 FROM generate_series($2, $3)', calls: 3, rows: 30 });
    expect((inserts[0]?.mean_ms ?? 0) * 3).toBeCloseTo(inserts[0]?.total_ms ?? 0, 6);
    expect(statements.length).toBeLessThanOrEqual(20);
    expect(statements.map(({ total_ms: ms }) => ms)).toEqual(statements.map(({ total_ms: ms }) => ms).toSorted((a, b) => b - a));
    const shares = statements.reduce((sum, { share }) => sum + share, 0);
    expect(shares).toBeGreaterThan(0);
    expect(shares).toBeLessThanOrEqual(1.000_001);
  });

  test('what other databases run is not told', async () => {
    await using other = await openHealthDatabase();
    await other.run('SELECT 1 AS only_elsewhere FROM generate_series(1, 2000000)');
    const { statements } = await examineStatements(database.ask);
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.filter(({ text }) => text.includes('only_elsewhere'))).toEqual([]);
  });

  test('a role that may not read the view is told what it lacks', async () => {
    await database.run(
      'REVOKE ALL ON "Tools".pg_stat_statements FROM PUBLIC',
      'CREATE ROLE health_reader',
      'GRANT health_reader TO CURRENT_USER',
    );
    try {
      await database.run('SET ROLE health_reader');
      const { findings } = await examineStatements(database.ask);
      expect(findings).toMatchObject([
        {
          kind: 'statements_unavailable',
          statement: 'GRANT USAGE ON SCHEMA "Tools" TO health_reader; GRANT SELECT ON "Tools".pg_stat_statements TO health_reader;',
        },
      ]);
      await database.run(
        'RESET ROLE',
        findings[0]?.statement?.split('; ')[0] ?? '',
        findings[0]?.statement?.split('; ')[1] ?? '',
        'SET ROLE health_reader',
      );
      const { statements } = await examineStatements(database.ask);
      expect(statements.map(({ text }) => text).join()).not.toContain('insufficient privilege');
    } finally {
      await database.run('RESET ROLE', 'DROP OWNED BY health_reader', 'DROP ROLE health_reader');
    }
  });
});

const slow = (fields: Partial<SlowStatement>): SlowStatement => ({
  text: 'SELECT * FROM jobs',
  calls: 5,
  mean_ms: 1_000,
  total_ms: 5_000,
  rows: 5_000,
  share: 0.42,
  ...fields,
});

test.each<[string, Partial<SlowStatement>, boolean]>([
  ['a second each time', {}, true],
  ['less than a second each time', { mean_ms: 999 }, false],
  ['a second, but four times only', { calls: 4 }, false],
  ['a second, by nature', { text: 'VACUUM jobs' }, false],
])('a statement that takes %s', (_, fields, isTold) => {
  expect(slowStatementFindings([slow(fields)])).toHaveLength(isTold ? 1 : 0);
});

test('a slow statement is told with its numbers', () => {
  expect(slowStatementFindings([slow({})])).toMatchObject([
    {
      object: 'SELECT * FROM jobs',
      sentence: 'This statement takes 1.0 s each time (5 calls, 5,000 rows, 42 % of the time of all statements): SELECT * FROM jobs',
    },
  ]);
});

describe('the text of a statement', () => {
  test.each([
    ['SELECT a,\n\t  b\nFROM t', 'SELECT a, b FROM t'],
    [`ALTER ROLE x PASSWORD 'secret'`, `ALTER ROLE x PASSWORD '…'`],
    [`SELECT 'it''s', 'two'`, `SELECT '…', '…'`],
    [String.raw`SELECT 'a\', 'secret'`, `SELECT '…', '…'`],
    [String.raw`SELECT E'a\'b', e'secret'`, `SELECT '…', '…'`],
    [`SELECT 'not ended secret`, `SELECT '…'`],
    [`DO $$ secret 'x' $$`, 'DO $$…$$'],
    [`DO $body$ secret $$ x $body$; SELECT $1`, 'DO $$…$$; SELECT $1'],
    [`SELECT * FROM t WHERE a = $1 AND b = $2`, 'SELECT * FROM t WHERE a = $1 AND b = $2'],
    [`SELECT type'x'`, `SELECT type'…'`],
    [`-- don't\nSELECT 'secret' /* it's */ FROM t`, `SELECT '…' FROM t`],
    [`SELECT "it's -- a name", 'secret'`, `SELECT "it's -- a name", '…'`],
  ])('%j is shown as %j', (statement, shown) => {
    expect(statementText(statement)).toBe(shown);
  });

  test('is cut to 300 characters', () => {
    expect(statementText('x'.repeat(300))).toHaveLength(300);
    expect(statementText('x'.repeat(301))).toBe(`${'x'.repeat(299)}…`);
  });
});
