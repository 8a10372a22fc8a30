import { afterAll, beforeAll, expect, test } from 'vitest';
import { readForeignKeys } from '../../../src/db/health/foreign-keys.ts';
import { readIndexes } from '../../../src/db/health/index-facts.ts';
import { indexLook } from '../../../src/db/health/indexes.ts';
import { sinceText, statisticsSince } from '../../../src/db/health/statistics-since.ts';
import { readTables } from '../../../src/db/health/table-facts.ts';
import { unusedIndexFindings } from '../../../src/db/health/unused-indexes.ts';
import { namesOf, onlyFinding, openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

const DAY_MS = 86_400_000;
const ROWS = 60_000;

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
  // Each of these indexes takes more than 1 MiB.
  const fill = (table: string): string => `INSERT INTO ${table} SELECT n, n FROM generate_series(1, ${ROWS}) n`;
  await database.run(
    'CREATE TABLE t (a bigint NOT NULL, b bigint NOT NULL)',
    fill('t'),
    'CREATE INDEX unused ON t (b)',
    'CREATE UNIQUE INDEX rule ON t (a)',
    'CREATE TABLE p (a bigint NOT NULL, b bigint NOT NULL) PARTITION BY RANGE (a)',
    `CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (1) TO (${ROWS / 2})`,
    'CREATE TABLE p_2 PARTITION OF p DEFAULT',
    fill('p'),
    'CREATE INDEX used_in_one_part ON p (a)',
    'CREATE INDEX unused_in_all_parts ON p (b)',
    'CREATE TABLE parent (id bigint PRIMARY KEY)',
    `INSERT INTO parent SELECT generate_series(1, ${ROWS})`,
    'CREATE TABLE child (a bigint REFERENCES parent, b bigint)',
    fill('child'),
    'CREATE INDEX serves_the_key ON child (a)',
    'CREATE INDEX serves_it_too ON child (a DESC)',
    'CREATE TABLE small (a bigint)',
    'CREATE INDEX small_a ON small (a)',
    'VACUUM ANALYZE t, p, child, small',
    'SET enable_seqscan = off',
    'SELECT * FROM p WHERE a = 1',
    'RESET enable_seqscan',
    'SELECT count(*) FROM t',
    'SELECT count(*) FROM child',
    'SELECT count(*) FROM small',
  );
});
afterAll(() => database[Symbol.asyncDispose]());

const findingsAfter = async (days: number | undefined) => {
  const { ask } = database;
  const now = new Date();
  const since = days === undefined ? null : new Date(now.getTime() - days * DAY_MS);
  const [indexes, foreignKeys, tables] = [await readIndexes(ask), await readForeignKeys(ask), await readTables(ask)];
  return unusedIndexFindings({ indexes, needless: new Set(), foreignKeys, tables, since, now });
};

const UNUSED = ['unused_index serves_it_too', 'unused_index unused', 'unused_index unused_in_all_parts'];

test('statistics of a week call unused what no scan has used, is no rule, and is not the last one for a foreign key', async () => {
  expect(namesOf(await findingsAfter(8))).toEqual(UNUSED);
});

test('statistics of less than a week, or of an unknown age, call nothing unused', async () => {
  expect(await findingsAfter(6)).toEqual([]);
  expect(await findingsAfter(undefined)).toEqual([]);
});

test('an index that is to go anyway is not told again, and serves no foreign key', async () => {
  const { ask } = database;
  const [indexes, foreignKeys, tables] = [await readIndexes(ask), await readForeignKeys(ask), await readTables(ask)];
  const needless = new Set(indexes.filter(({ name }) => name === 'serves_it_too'));
  const now = new Date();
  const found = unusedIndexFindings({ indexes, needless, foreignKeys, tables, since: new Date(now.getTime() - 8 * DAY_MS), now });
  expect(namesOf(found)).toEqual(['unused_index unused', 'unused_index unused_in_all_parts']);
});

test('the size of a partitioned index is that of all parts, and its statement can be run', async () => {
  const found = (await findingsAfter(8)).find(({ object }) => object === 'unused_in_all_parts');
  const [size] = await database.ask<{ bytes: number }>(
    `SELECT sum(pg_relation_size(indexrelid))::float8 AS bytes FROM pg_index WHERE indrelid IN ('p_1'::regclass, 'p_2'::regclass) AND indkey[0] = 2`,
  );
  expect(found?.facts['size_bytes']).toBe(size?.bytes);
  expect(found?.statement).toBe('DROP INDEX unused_in_all_parts;');
});

test('so many scans of the table say it before the week is over, with the day since when', async () => {
  expect(await indexLook(database.ask)).toEqual([]);
  await database.run("DO 'BEGIN FOR n IN 1..10000 LOOP PERFORM 1 FROM t LIMIT 1; END LOOP; END'");
  const finding = await onlyFinding(indexLook, database.ask);
  expect(finding).toMatchObject({ kind: 'unused_index', severity: 'info', object: 'unused', statement: 'DROP INDEX CONCURRENTLY unused;' });
  const since = sinceText(await statisticsSince(database.ask));
  expect(since).toMatch(/^ since \d{4}-\d\d-\d\d$/);
  expect(finding.sentence).toMatch(new RegExp(`^No query has used unused on t${since}, while the table was scanned 10,0\\d\\d times\\.`));
  await database.run('SET enable_seqscan = off', 'SELECT * FROM t WHERE b = 1', 'RESET enable_seqscan');
  expect(await indexLook(database.ask)).toEqual([]);
});
