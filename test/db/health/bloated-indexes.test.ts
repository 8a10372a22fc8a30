import { afterAll, beforeAll, expect, test } from 'vitest';
import { bloatedIndexLook } from '../../../src/db/health/bloated-indexes.ts';
import { onlyFinding, openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
  // Indexes of 15 MiB: small enough for a test, large enough to be looked at.
  await database.run(
    'CREATE TABLE t (id bigint NOT NULL, number bigint)',
    'INSERT INTO t SELECT n, n FROM generate_series(1, 700000) n',
    'CREATE INDEX i ON t (id)',
    'VACUUM ANALYZE t',
  );
});
afterAll(() => database[Symbol.asyncDispose]());

test('a full index is not bloated', async () => {
  expect(await bloatedIndexLook(database.ask)).toEqual([]);
});

test('nor one of which a third is empty', async () => {
  await database.run('DELETE FROM t WHERE id % 3 = 0', 'VACUUM ANALYZE t');
  expect(await bloatedIndexLook(database.ask)).toEqual([]);
});

test('one of which most is empty is, and the estimate is near to what rebuilding it frees', async () => {
  await database.run('DELETE FROM t WHERE id % 10 <> 1', 'VACUUM ANALYZE t');
  const finding = await onlyFinding(bloatedIndexLook, database.ask);
  expect(finding).toMatchObject({ kind: 'bloated_index', severity: 'info', object: 'i', statement: 'REINDEX INDEX CONCURRENTLY i;' });
  expect(finding.sentence).toMatch(/^i on t takes 15\.0 MiB, of which about 1\d\.\d MiB \(\d\d %\) are empty\. This is an estimate/);
  const before = finding.facts['size_bytes'] ?? 0;
  await database.run(finding.statement ?? '');
  const [after] = await database.ask<{ bytes: number }>(`SELECT pg_relation_size('i')::float8 AS bytes`);
  const freed = before - (after?.bytes ?? 0);
  expect(Math.abs((finding.facts['empty_bytes'] ?? 0) - freed) / freed).toBeLessThan(0.05);
  expect(await bloatedIndexLook(database.ask)).toEqual([]);
});

test('a small one is not, however empty', async () => {
  await database.run(
    'CREATE TABLE small AS SELECT n FROM generate_series(1, 400000) n',
    'CREATE INDEX small_n ON small (n)',
    'DELETE FROM small WHERE n % 10 <> 1',
    'VACUUM ANALYZE small',
  );
  const [size] = await database.ask<{ bytes: number }>(`SELECT pg_relation_size('small_n')::float8 AS bytes`);
  expect(size?.bytes).toBeLessThan(10_485_760);
  expect(await bloatedIndexLook(database.ask)).toEqual([]);
});

test('one without statistics is not judged', async () => {
  await database.run(
    'CREATE TABLE unknown (n bigint NOT NULL) WITH (autovacuum_enabled = false)',
    'INSERT INTO unknown SELECT generate_series(1, 700000)',
    'CREATE INDEX unknown_n ON unknown (n)',
    'DELETE FROM unknown WHERE n % 10 <> 1',
    'VACUUM unknown',
  );
  expect(await bloatedIndexLook(database.ask)).toEqual([]);
  await database.run('ANALYZE unknown');
  expect((await onlyFinding(bloatedIndexLook, database.ask)).object).toBe('unknown_n');
});

test('that of a partitioned table is told once, with the sizes of its parts added up', async () => {
  await database.run(
    'DROP TABLE unknown',
    'CREATE TABLE p (n bigint NOT NULL) PARTITION BY RANGE (n)',
    'CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (350000)',
    'CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (350000) TO (1000000)',
    'INSERT INTO p SELECT generate_series(1, 700000)',
    'CREATE INDEX p_n ON p ((n + 0))',
    'DELETE FROM p WHERE n % 10 <> 1',
    'VACUUM ANALYZE p',
  );
  const finding = await onlyFinding(bloatedIndexLook, database.ask);
  expect(finding).toMatchObject({ object: 'p_n', sentence: expect.stringMatching(/^p_n on p takes 15\.\d MiB/) });
  await database.run(finding.statement ?? '');
  expect(await bloatedIndexLook(database.ask)).toEqual([]);
});
