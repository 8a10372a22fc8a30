import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexLook } from '../../../src/db/health/indexes.ts';
import { namesOf, onlyFinding, openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const COLUMNS = 'a bigint NOT NULL, b bigint NOT NULL, c text NOT NULL, j jsonb';

/** Findings of a table `t` that has these indexes and constraints. */
const lookAt = async (...definitions: string[]): Promise<string[]> => {
  await database.run('DROP TABLE IF EXISTS t, r, other CASCADE', `CREATE TABLE t (${COLUMNS})`, ...definitions);
  return namesOf(await indexLook(database.ask));
};

test('the migrated schema has no index that is invalid, there twice or the beginning of another', async () => {
  expect(await indexLook(database.ask)).toEqual([]);
});

describe('a duplicate', () => {
  test.each<[string, string[], string]>([
    ['the same columns', ['CREATE INDEX one ON t (a, b)', 'CREATE INDEX two ON t (a, b)'], 'two'],
    ['the same expression', ['CREATE INDEX one ON t (lower(c))', 'CREATE INDEX two ON t (lower(c))'], 'two'],
    ['the same predicate', ['CREATE INDEX one ON t (a) WHERE b > 1', 'CREATE INDEX two ON t (a) WHERE (b > 1)'], 'two'],
    ['the same INCLUDE in another order', ['CREATE INDEX one ON t (a) INCLUDE (b, c)', 'CREATE INDEX two ON t (a) INCLUDE (c, b)'], 'two'],
    ['of a GIN', ['CREATE INDEX one ON t USING gin (j)', 'CREATE INDEX two ON t USING gin (j)'], 'two'],
    ['a plain one of the primary key', ['ALTER TABLE t ADD CONSTRAINT z PRIMARY KEY (a)', 'CREATE INDEX one ON t (a)'], 'one'],
    ['a plain one of a unique one', ['CREATE UNIQUE INDEX z ON t (a)', 'CREATE INDEX one ON t (a)'], 'one'],
    [
      'a plain one of an exclusion',
      ['ALTER TABLE t ADD CONSTRAINT z EXCLUDE USING gist (a WITH =)', 'CREATE INDEX one ON t USING gist (a)'],
      'one',
    ],
    ['a unique one of a unique constraint', ['ALTER TABLE t ADD CONSTRAINT z UNIQUE (a)', 'CREATE UNIQUE INDEX one ON t (a)'], 'one'],
    [
      'a unique constraint of the primary key',
      ['ALTER TABLE t ADD CONSTRAINT z PRIMARY KEY (a)', 'ALTER TABLE t ADD CONSTRAINT one UNIQUE (a)'],
      'one',
    ],
    [
      'the one of a partition that was made for it alone',
      [
        'DROP TABLE t',
        `CREATE TABLE t (${COLUMNS}) PARTITION BY RANGE (a)`,
        'CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1) TO (2)',
        'CREATE INDEX one ON t_1 (b)',
        'CREATE INDEX two ON t (b)',
        'CREATE INDEX three ON t_1 (b)',
      ],
      'three',
    ],
  ])('%s', async (_, definitions, gone) => {
    expect(await lookAt(...definitions)).toEqual([`duplicate_index ${gone}`]);
  });

  test('of three equal ones two go', async () => {
    const definitions = ['one', 'two', 'three'].map((name) => `CREATE INDEX ${name} ON t (a)`);
    expect(await lookAt(...definitions)).toEqual(['duplicate_index three', 'duplicate_index two']);
  });

  test('of two equal ones that is kept which is used', async () => {
    await lookAt('CREATE INDEX one ON t (a)', 'INSERT INTO t SELECT n, n, n FROM generate_series(1, 1000) n', 'ANALYZE t');
    await database.run('DROP INDEX IF EXISTS two', 'SET enable_seqscan = off', 'SELECT * FROM t WHERE a = 1', 'RESET enable_seqscan');
    await database.run('CREATE INDEX "A first" ON t (a)');
    const finding = await onlyFinding(indexLook, database.ask);
    expect(finding).toMatchObject({ object: '"A first"', severity: 'warning', statement: 'DROP INDEX CONCURRENTLY "A first";' });
    expect(finding.facts['kept_scans']).toBeGreaterThan(0);
    expect(finding.sentence).toMatch(/^"A first" on t is the same index as one: both are of \(a\)\. It takes \d+\.0 KiB/);
  });

  test('is dropped with its constraint, or from a partitioned table, by another statement', async () => {
    await lookAt('ALTER TABLE t ADD CONSTRAINT z PRIMARY KEY (a)', 'ALTER TABLE t ADD CONSTRAINT "One" UNIQUE (a)');
    expect((await onlyFinding(indexLook, database.ask)).statement).toBe('ALTER TABLE t DROP CONSTRAINT "One";');
    await lookAt(
      'DROP TABLE t',
      `CREATE TABLE t (${COLUMNS}) PARTITION BY RANGE (a)`,
      'CREATE TABLE t_1 PARTITION OF t DEFAULT',
      'CREATE INDEX one ON t (b)',
      'CREATE INDEX two ON t (b)',
    );
    expect((await onlyFinding(indexLook, database.ask)).statement).toBe('DROP INDEX two;');
  });

  test.each<[string, string[]]>([
    ['another order of the columns', ['CREATE INDEX one ON t (a, b)', 'CREATE INDEX two ON t (b, a)']],
    ['another predicate', ['CREATE INDEX one ON t (a) WHERE b > 1', 'CREATE INDEX two ON t (a) WHERE b > 2']],
    ['a predicate and none', ['CREATE INDEX one ON t (a) WHERE b > 1', 'CREATE INDEX two ON t (a)']],
    ['another operator class', ['CREATE INDEX one ON t (c)', 'CREATE INDEX two ON t (c text_pattern_ops)']],
    ['another operator class of a GIN', ['CREATE INDEX one ON t USING gin (j)', 'CREATE INDEX two ON t USING gin (j jsonb_path_ops)']],
    [
      'options of the operator class',
      [
        `CREATE INDEX one ON t USING gist (to_tsvector('simple', c))`,
        `CREATE INDEX two ON t USING gist (to_tsvector('simple', c) tsvector_ops (siglen = 64))`,
      ],
    ],
    ['another collation', ['CREATE INDEX one ON t (c)', 'CREATE INDEX two ON t (c COLLATE "POSIX")']],
    ['another direction', ['CREATE INDEX one ON t (a, b)', 'CREATE INDEX two ON t (a, b DESC)']],
    ['NULLs at the other end', ['CREATE INDEX one ON t (a)', 'CREATE INDEX two ON t (a NULLS FIRST)']],
    ['another method', ['CREATE INDEX one ON t (a)', 'CREATE INDEX two ON t USING hash (a)']],
    ['another expression', ['CREATE INDEX one ON t (lower(c))', 'CREATE INDEX two ON t (upper(c))']],
    ['unique ones that count NULLs otherwise', ['CREATE UNIQUE INDEX one ON t (a)', 'CREATE UNIQUE INDEX two ON t (a) NULLS NOT DISTINCT']],
    [
      'a constraint that is checked later',
      ['ALTER TABLE t ADD CONSTRAINT one UNIQUE (a)', 'ALTER TABLE t ADD CONSTRAINT two UNIQUE (a) DEFERRABLE'],
    ],
    [
      'one that a foreign key refers to',
      [
        'ALTER TABLE t ADD CONSTRAINT one UNIQUE (a)',
        'CREATE TABLE r (a bigint)',
        'ALTER TABLE r ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a)',
        'ALTER TABLE t ADD CONSTRAINT z PRIMARY KEY (a)',
      ],
    ],
    [
      'the replica identity',
      [
        'CREATE UNIQUE INDEX one ON t (a)',
        'ALTER TABLE t REPLICA IDENTITY USING INDEX one',
        'ALTER TABLE t ADD CONSTRAINT z PRIMARY KEY (a)',
      ],
    ],
    ['the same of another table', ['CREATE INDEX one ON t (a)', `CREATE TABLE other (${COLUMNS})`, 'CREATE INDEX two ON other (a)']],
    [
      'the parts of a partitioned table',
      [
        'DROP TABLE t',
        `CREATE TABLE t (${COLUMNS}) PARTITION BY RANGE (a)`,
        'CREATE INDEX one ON t (b)',
        'CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (1) TO (2)',
        'CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (2) TO (3)',
      ],
    ],
    [
      'a table of this session alone',
      [
        `CREATE TEMPORARY TABLE IF NOT EXISTS mine (a bigint)`,
        'CREATE INDEX IF NOT EXISTS m1 ON mine (a)',
        'CREATE INDEX IF NOT EXISTS m2 ON mine (a)',
      ],
    ],
  ])('is not: %s', async (_, definitions) => {
    expect(await lookAt(...definitions)).toEqual([]);
  });
});

describe('the beginning of another index', () => {
  test.each<[string, string[]]>([
    ['one column of two', ['CREATE INDEX one ON t (a)', 'CREATE INDEX two ON t (a, b)']],
    ['one column of a unique one', ['CREATE INDEX one ON t (a)', 'CREATE UNIQUE INDEX two ON t (a, b)']],
    ['one column of the primary key', ['CREATE INDEX one ON t (a)', 'ALTER TABLE t ADD PRIMARY KEY (a, b)']],
    ['with the same predicate', ['CREATE INDEX one ON t (a) WHERE b > 1', 'CREATE INDEX two ON t (a, c) WHERE b > 1']],
    ['in the same direction', ['CREATE INDEX one ON t (a DESC)', 'CREATE INDEX two ON t (a DESC, b)']],
    ['the same columns without INCLUDE', ['CREATE INDEX one ON t (a)', 'CREATE INDEX two ON t (a) INCLUDE (b)']],
    ['with an INCLUDE that the other one has as a key', ['CREATE INDEX one ON t (a) INCLUDE (c)', 'CREATE INDEX two ON t (a, b, c)']],
  ])('is redundant: %s', async (_, definitions) => {
    expect(await lookAt(...definitions)).toEqual(['redundant_index one']);
  });

  test('is told with the longest index, and dropped without a lock', async () => {
    await lookAt('CREATE INDEX one ON t (a)', 'CREATE INDEX three ON t (a, b, c)');
    expect(await onlyFinding(indexLook, database.ask)).toMatchObject({
      kind: 'redundant_index',
      severity: 'info',
      sentence: expect.stringContaining('one on t (a) is the beginning of three (a, b, c), which answers the same queries.'),
      suggestion: 'Drop one and keep three.',
      statement: 'DROP INDEX CONCURRENTLY one;',
    });
  });

  test.each<[string, string[]]>([
    ['it is unique', ['CREATE UNIQUE INDEX one ON t (a)', 'CREATE INDEX two ON t (a, b)']],
    ['it is the primary key', ['ALTER TABLE t ADD PRIMARY KEY (a)', 'CREATE INDEX two ON t (a, b)']],
    ['it is the end of the other one', ['CREATE INDEX one ON t (b)', 'CREATE INDEX two ON t (a, b)']],
    ['another predicate', ['CREATE INDEX one ON t (a)', 'CREATE INDEX two ON t (a, b) WHERE b > 1']],
    ['another direction', ['CREATE INDEX one ON t (a)', 'CREATE INDEX two ON t (a DESC, b)']],
    ['another operator class', ['CREATE INDEX one ON t (c)', 'CREATE INDEX two ON t (c text_pattern_ops, b)']],
    ['it has an INCLUDE that the other one lacks', ['CREATE INDEX one ON t (a) INCLUDE (c)', 'CREATE INDEX two ON t (a, b)']],
    ['another method', ['CREATE INDEX one ON t USING hash (a)', 'CREATE INDEX two ON t (a, b)']],
    [
      'a GIN, of which the larger one is another trade',
      ['CREATE INDEX one ON t USING gist (a)', 'CREATE INDEX two ON t USING gist (a, b)'],
    ],
  ])('is not redundant: %s', async (_, definitions) => {
    expect(await lookAt(...definitions)).toEqual([]);
  });
});

describe('an invalid index', () => {
  test('that rows which are there twice have left behind is told, and is no duplicate', async () => {
    await lookAt('INSERT INTO t VALUES (1, 1, 1), (1, 1, 1)', 'CREATE INDEX good ON t (a)');
    await expect(database.run('CREATE UNIQUE INDEX CONCURRENTLY one ON t (a)')).rejects.toMatchObject({ parent: { code: '23505' } });
    expect(await onlyFinding(indexLook, database.ask)).toMatchObject({
      kind: 'invalid_index',
      severity: 'warning',
      object: 'one',
      sentence: expect.stringContaining('one on t is not valid'),
      suggestion: expect.stringContaining('Remove the rows that are there twice'),
      statement: 'REINDEX INDEX CONCURRENTLY one;',
    });
  });

  test('that a failed REINDEX has left behind is dropped', async () => {
    await expect(database.run('REINDEX INDEX CONCURRENTLY one')).rejects.toMatchObject({ parent: { code: '23505' } });
    const left = (await indexLook(database.ask)).find(({ object }) => object === 'one_ccnew');
    expect(left).toMatchObject({ kind: 'invalid_index', statement: 'DROP INDEX CONCURRENTLY one_ccnew;' });
    await database.run(
      'DROP INDEX one_ccnew',
      'DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)',
      'REINDEX INDEX CONCURRENTLY one',
      'DROP INDEX good',
    );
    expect(await indexLook(database.ask)).toEqual([]);
  });

  test('that is being built is a note', async () => {
    await lookAt();
    const [writer, builder] = [new Client({ connectionString: database.url }), new Client({ connectionString: database.url })];
    await Promise.all([writer.connect(), builder.connect()]);
    await writer.query('BEGIN');
    await writer.query('INSERT INTO t VALUES (1, 1, 1)');
    const built = builder.query('CREATE INDEX CONCURRENTLY one ON t (a)');
    // It is seen a moment before the server says that it is at work on it.
    while ((await indexLook(database.ask))[0]?.severity !== 'info');
    expect(await onlyFinding(indexLook, database.ask)).toMatchObject({
      kind: 'invalid_index',
      severity: 'info',
      sentence: 'one on t is being built, and no query uses it yet.',
    });
    await writer.query('COMMIT');
    await built;
    await Promise.all([writer.end(), builder.end()]);
    expect(await indexLook(database.ask)).toEqual([]);
  });

  test('of a partitioned table waits for its parts', async () => {
    const found = await lookAt(
      'DROP TABLE t',
      `CREATE TABLE t (${COLUMNS}) PARTITION BY RANGE (a)`,
      'CREATE TABLE t_1 PARTITION OF t DEFAULT',
      'CREATE INDEX one ON ONLY t (b)',
    );
    expect(found).toEqual(['invalid_index one']);
    const [finding] = await indexLook(database.ask);
    expect(finding).toMatchObject({ suggestion: expect.stringContaining('ATTACH PARTITION') });
    expect(finding).not.toHaveProperty('statement');
    await database.run('CREATE INDEX part ON t_1 (b)', 'ALTER INDEX one ATTACH PARTITION part');
    expect(await indexLook(database.ask)).toEqual([]);
  });
});
