import { expect, test } from 'vitest';
import { parseMigration } from '../../../src/db/migrations/read-files.ts';

const OUTSIDE = '-- outside a transaction: each statement is safe to repeat\n';

test('only the exact first line declares a file to run outside a transaction', () => {
  expect(parseMigration('0001-a.sql', `${OUTSIDE}VACUUM;`).form).toBe('outside');
  expect(parseMigration('0001-a.sql', `${OUTSIDE.replace('\n', '\r\n')}VACUUM;`).form).toBe('outside');
  expect(parseMigration('0001-a.sql', `-- a\n${OUTSIDE}SELECT 1;`).form).toBe('transaction');
});

test.each([
  ['a transaction of its own', 'SELECT 1;\nCOMMIT;', 'line 2 has a COMMIT'],
  ['a transaction of its own outside', `${OUTSIDE}BEGIN; SELECT 1; END`, 'line 2 has a BEGIN'],
  ['a concurrent index in a transaction', 'CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);', 'line 1 cannot run in a transaction'],
  ['VACUUM in a transaction', 'SELECT 1;\nVACUUM t;', 'line 2 cannot run in a transaction'],
  ['a concurrent index that cannot be repeated', `${OUTSIDE}CREATE INDEX CONCURRENTLY i ON t (a);`, 'line 2 lacks IF NOT EXISTS'],
  ['a string without end', `SELECT 'a;`, 'line 1 does not end'],
])('%s is refused with file and line', (_what, sql, message) => {
  expect(() => parseMigration('0007-x.sql', sql)).toThrow(message);
  expect(() => parseMigration('0007-x.sql', sql)).toThrow(/^Migration 0007-x\.sql: .* Nothing was applied\.$/);
});

test('what only looks like it is taken', () => {
  const sql = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\nINSERT INTO t VALUES ('VACUUM');\nCREATE TABLE commits ("begin" int);`;
  expect(parseMigration('0007-x.sql', sql).statements).toHaveLength(3);
});
