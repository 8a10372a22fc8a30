import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { foreignKeyLook } from '../../../src/db/health/foreign-keys.ts';
import { namesOf, onlyFinding, openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
  await database.run('CREATE TABLE parent (id bigint PRIMARY KEY, part bigint, UNIQUE (id, part))');
});
afterAll(() => database[Symbol.asyncDispose]());

const COLUMNS = 'a bigint, b bigint, "Odd" bigint';
const KEY = 'ALTER TABLE child ADD CONSTRAINT fk_child FOREIGN KEY (a) REFERENCES parent (id)';

const lookAt = async (...definitions: string[]): Promise<string[]> => {
  await database.run('DROP TABLE IF EXISTS child', `CREATE TABLE child (${COLUMNS})`, ...definitions);
  return namesOf(await foreignKeyLook(database.ask));
};

test('the migrated schema has an index for every foreign key', async () => {
  expect(await foreignKeyLook(database.ask)).toEqual([]);
});

describe('a foreign key lacks an index', () => {
  test.each<[string, string[]]>([
    ['when there is none', [KEY]],
    ['when it is only the second column of one', [KEY, 'CREATE INDEX i ON child (b, a)']],
    ['when the index leaves out rows that it may look for', [KEY, 'CREATE INDEX i ON child (a) WHERE b > 0']],
    ['when the index leaves out NULLs of another column', [KEY, 'CREATE INDEX i ON child (a) WHERE b IS NOT NULL']],
    ['when the index is of an expression', [KEY, 'CREATE INDEX i ON child ((a + 0))']],
    ['when the method cannot look up one value', [KEY, 'CREATE INDEX i ON child USING brin (a)']],
    ['when the index includes it only', [KEY, 'CREATE INDEX i ON child (b) INCLUDE (a)']],
  ])('%s', async (_, definitions) => {
    expect(await lookAt(...definitions)).toEqual(['unindexed_foreign_key fk_child']);
  });

  test('and the finding says how many rows are read, and which index helps', async () => {
    await lookAt(KEY, 'INSERT INTO parent VALUES (1)', 'INSERT INTO child SELECT 1 FROM generate_series(1, 10001)');
    const finding = await onlyFinding(foreignKeyLook, database.ask);
    expect(finding).toMatchObject({ severity: 'warning', facts: { live_rows: 10_001 } });
    expect(finding.sentence).toContain('child (a) refers to parent, and no index begins with it');
    expect(finding.sentence).toContain('read all of child (10,001 rows)');
    expect(finding.statement).toBe('CREATE INDEX CONCURRENTLY idx_child_a ON child (a);');
    await database.run(finding.statement ?? '');
    expect(await foreignKeyLook(database.ask)).toEqual([]);
  });

  test('and of few rows it is a note', async () => {
    await lookAt(KEY);
    expect((await onlyFinding(foreignKeyLook, database.ask)).severity).toBe('info');
  });

  test('and of an odd name the statement is quoted', async () => {
    await lookAt('ALTER TABLE child ADD CONSTRAINT "Fk" FOREIGN KEY ("Odd") REFERENCES parent (id)');
    expect(await onlyFinding(foreignKeyLook, database.ask)).toMatchObject({
      object: '"Fk"',
      statement: 'CREATE INDEX CONCURRENTLY ON child ("Odd");',
    });
  });

  test('of a partitioned table once, not for every partition, and with a statement that such a table takes', async () => {
    await lookAt(
      'DROP TABLE child',
      `CREATE TABLE child (${COLUMNS}) PARTITION BY RANGE (b)`,
      'CREATE TABLE child_1 PARTITION OF child DEFAULT',
      KEY,
    );
    const finding = await onlyFinding(foreignKeyLook, database.ask);
    expect(finding).toMatchObject({ object: 'fk_child', statement: 'CREATE INDEX idx_child_a ON child (a);' });
    await database.run(finding.statement ?? '');
    expect(await foreignKeyLook(database.ask)).toEqual([]);
  });
});

test.each<[string, string[]]>([
  ['it begins with the column', [KEY, 'CREATE INDEX i ON child (a, b)']],
  ['it is a hash', [KEY, 'CREATE INDEX i ON child USING hash (a)']],
  ['it leaves out only NULLs of the column', [KEY, 'CREATE INDEX i ON child (a) WHERE a IS NOT NULL']],
  [
    'it leaves out only NULLs of two columns of the key',
    [
      'ALTER TABLE child ADD CONSTRAINT fk_child FOREIGN KEY (a, "Odd") REFERENCES parent (id, part)',
      'CREATE INDEX i ON child ("Odd", a) WHERE a IS NOT NULL AND "Odd" IS NOT NULL',
    ],
  ],
  [
    'it begins with one column of two',
    ['ALTER TABLE child ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES parent (id, part)', 'CREATE INDEX i ON child (b)'],
  ],
])('an index serves a foreign key when %s', async (_, definitions) => {
  expect(await lookAt(...definitions)).toEqual([]);
});

test('an index that is not valid serves none', async () => {
  await lookAt(KEY, 'INSERT INTO parent VALUES (2)', 'INSERT INTO child VALUES (2), (2)');
  await expect(database.run('CREATE UNIQUE INDEX CONCURRENTLY i ON child (a)')).rejects.toMatchObject({ parent: { code: '23505' } });
  expect(namesOf(await foreignKeyLook(database.ask))).toEqual(['unindexed_foreign_key fk_child']);
});
