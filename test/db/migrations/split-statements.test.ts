import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDestructive, declaredReason } from '../../../src/db/migrations/destructive.ts';
import { readMigrations } from '../../../src/db/migrations/read-files.ts';
import { scanSql } from '../../../src/db/migrations/scan-sql.ts';
import { splitStatements } from '../../../src/db/migrations/split-statements.ts';

const textsOf = (sql: string): string[] => splitStatements(sql).map(({ text }) => text);

test.each([
  ['strings', `SELECT 'a;b'; SELECT 'it''s;';`, [`SELECT 'a;b'`, `SELECT 'it''s;'`]],
  ['backslashes end no plain string', `SELECT 'a\\'; SELECT 2`, [`SELECT 'a\\'`, 'SELECT 2']],
  ['backslashes hide a quote after E', `SELECT E'a\\';b'; SELECT type'x;'`, [`SELECT E'a\\';b'`, `SELECT type'x;'`]],
  ['quoted names', `SELECT "a;""b"; SELECT 2`, [`SELECT "a;""b"`, 'SELECT 2']],
  ['dollar quotes', 'DO $$ BEGIN; $x$; END $$; SELECT $a$ $$; $a$', ['DO $$ BEGIN; $x$; END $$', 'SELECT $a$ $$; $a$']],
  [
    'a dollar within a name or a parameter quotes nothing',
    'SELECT a$b$ FROM t; SELECT $1; SELECT 3',
    ['SELECT a$b$ FROM t', 'SELECT $1', 'SELECT 3'],
  ],
  ['comments, which nest', 'SELECT 1 -- a;b\n, 2; /* a; /* b; */ c; */ SELECT 3;', ['SELECT 1 -- a;b\n, 2', 'SELECT 3']],
  [
    'rules with several actions',
    'CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3',
    ['CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)', 'SELECT 3'],
  ],
  [
    'routines in standard SQL',
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END; SELECT 3',
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END', 'SELECT 3'],
  ],
  ['nothing but comments', '-- a;\n/* b; */ ;;', []],
])('%s', (_what, sql, texts) => {
  expect(textsOf(sql)).toEqual(texts);
});

test('a statement knows its line, the comments before it, and its outline', () => {
  const [, second] = splitStatements(`SELECT 1;\n\n-- why\n/* how */ INSERT INTO t -- what\n  VALUES ('a  b', $$c$$);`);
  expect(second).toEqual({
    text: `INSERT INTO t -- what\n  VALUES ('a  b', $$c$$)`,
    line: 4,
    comments: ['-- why', '/* how */'],
    outline: `INSERT INTO t VALUES ('', '')`,
  });
});

test.each([`SELECT 1;\nSELECT 'a`, 'SELECT 1;\nSELECT "a', 'SELECT 1;\n/* a /* b */', 'SELECT 1;\nDO $x$ $$', `SELECT 1;\nSELECT E'\\'`])(
  'what does not end is told with its line: %s',
  (sql) => {
    expect(() => splitStatements(sql)).toThrow('begins in line 2 does not end');
  },
);

test('tokens joined are the text again, whatever it is', () => {
  const piece = fc.constantFrom("'", '"', '$', '$$', '$a$', '--', '\n', '/*', '*/', ';', 'E', 'a', ' ', '\\', '(', ')', 'é', '🙂');
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const sql = pieces.join('');
      let tokens;
      try {
        tokens = scanSql(sql);
      } catch (error) {
        expect(error).toMatchObject({ code: 'VALIDATION' });
        return;
      }
      expect(tokens.map(({ text }) => text).join('')).toBe(sql);
    }),
  );
});

test.each([
  ['DROP TABLE a', true],
  ['ALTER TABLE a DROP COLUMN b', true],
  ['ALTER TABLE a ALTER b SET NOT NULL, DROP b', true],
  ['ALTER TABLE a DROP CONSTRAINT b, DROP IF EXISTS c', true],
  ['TRUNCATE a', true],
  ['DELETE FROM a WHERE b', true],
  ['WITH old AS (SELECT 1) DELETE FROM a USING old', true],
  ['ALTER TABLE a DROP CONSTRAINT b', false],
  ['ALTER TABLE a ALTER b DROP NOT NULL, ALTER c DROP DEFAULT', false],
  ['ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE', false],
  [`INSERT INTO a VALUES ('DROP TABLE a; DELETE FROM b')`, false],
  ['DROP INDEX a', false],
])('%s removes data: %s', (sql, expected) => {
  expect(splitStatements(sql).map(isDestructive)).toEqual([expected]);
});

test('the comment right before a statement declares why it removes data', () => {
  const statements = splitStatements('-- destructive: nobody reads it\nDROP TABLE a;\nDROP TABLE b;');
  expect(statements.map(declaredReason)).toEqual(['nobody reads it', undefined]);
});

test('whatever our own migrations remove is declared', async () => {
  const undeclared = (await readMigrations()).flatMap(({ name, statements }) =>
    statements
      .filter((statement) => isDestructive(statement) && declaredReason(statement) === undefined)
      .map(({ line }) => `${name}:${line}`),
  );
  expect(undeclared).toEqual([]);
});
