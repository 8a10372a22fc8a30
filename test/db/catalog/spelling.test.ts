import { afterAll, beforeAll, expect, test } from 'vitest';
import { normaliseExpression } from '../../../src/db/catalog/normalise-expression.ts';
import { normaliseView } from '../../../src/db/catalog/normalise-view.ts';
import { quoteIdentifier } from '../../../src/db/catalog/quote-identifier.ts';
import { selectRows } from '../../../src/db/query.ts';
import { openTestDatabase } from '../support/open-database.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('every word of the server is a name after quoteIdentifier', async () => {
  const words = await selectRows<{ word: string }>(database.db, 'SELECT word FROM pg_get_keywords()');
  expect(words.length).toBeGreaterThan(400);
  for (const { word } of words) {
    const name = quoteIdentifier(word);
    await database.db.query(`CREATE TEMPORARY TABLE ${name} (${name} integer); DROP TABLE ${name}`);
  }
});

test.each([
  ['jobs', 'jobs'],
  ['user', '"user"'],
  ['By Name', '"By Name"'],
  ['a"b', '"a""b"'],
  ['1st', '"1st"'],
])('the name %s is written %s', (name, written) => {
  expect(quoteIdentifier(name)).toBe(written);
});

test.each([
  ['CHECK ((((a >= 1) AND (a <= 9)) AND b))', 'CHECK (((a >= 1) AND (a <= 9) AND b))'],
  ['CHECK ((a OR (b OR (c OR d))))', 'CHECK ((a OR b OR c OR d))'],
  ['CHECK ((a OR (b AND c)))', 'CHECK ((a OR (b AND c)))'],
  ['CHECK ((a AND (NOT (b AND c))))', 'CHECK ((a AND (NOT (b AND c))))'],
  ['CHECK ((a AND f(b AND c)))', 'CHECK ((a AND f(b AND c)))'],
  ['CHECK ((a AND (b AND c)::text))', 'CHECK ((a AND (b AND c)::text))'],
  [`CHECK ((a = ') AND ('::text))`, `CHECK ((a = ') AND ('::text))`],
  [`CHECK ((a = 'it''s (x AND (y AND z))'::text))`, `CHECK ((a = 'it''s (x AND (y AND z))'::text))`],
  [
    `((a)::text = ANY ((ARRAY['x'::character varying, 'y, z'::character varying])::text[]))`,
    `((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y, z'::character varying)::text]))`,
  ],
])('%s is spelled %s', (printed, spelled) => {
  expect(normaliseExpression(printed)).toBe(spelled);
  expect(normaliseExpression(spelled)).toBe(spelled);
});

const VIEW = (prefix: string, more = ''): string =>
  ` SELECT ${prefix}status,\n    count(*) FILTER (WHERE (${prefix}status = 'jobs. '::text)) AS n\n   FROM jobs${more}\n  WHERE ${prefix}ok;`;

test('a view of one table is spelled without its name, as Postgres does from 16 on', () => {
  expect(normaliseView(VIEW('jobs.'))).toBe(VIEW('').trim());
  expect(normaliseView(VIEW('j.', ' j'))).toBe(VIEW('', ' j').trim());
});

test('in a view of two tables the names stay', () => {
  const joined = VIEW('jobs.', '\n     JOIN users ON ((users.id = jobs.created_by))');
  expect(normaliseView(joined)).toBe(joined.trim());
  const listed = VIEW('jobs.', ',\n    users');
  expect(normaliseView(listed)).toBe(listed.trim());
});
