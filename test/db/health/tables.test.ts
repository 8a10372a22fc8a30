import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultPartitionLook } from '../../../src/db/health/default-partitions.ts';
import { scanLook } from '../../../src/db/health/scans.ts';
import { readTables } from '../../../src/db/health/table-facts.ts';
import { deadRowsLook, idAgeFindings, idAgeLook, readIdAges } from '../../../src/db/health/vacuum.ts';
import { onlyFinding, openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

const DOCUMENTATION = new URL('../../../docs/database-health.md', import.meta.url);

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** A table `t`, or a partitioned one, with rows 1 to `rows`, on which autovacuum does nothing. */
const makeTable = (rows: number): Promise<void> =>
  database.run(
    'DROP TABLE IF EXISTS t',
    'CREATE TABLE t (id bigint PRIMARY KEY, number bigint) WITH (autovacuum_enabled = false)',
    `INSERT INTO t SELECT n, n FROM generate_series(1, ${rows}) n`,
  );

const makePartitionedTable = (rows: number): Promise<void> =>
  database.run(
    'DROP TABLE IF EXISTS t',
    'CREATE TABLE t (id bigint PRIMARY KEY, number bigint) PARTITION BY RANGE (id)',
    `CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (${Math.round(rows / 2)}) WITH (autovacuum_enabled = false)`,
    `CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (${Math.round(rows / 2)}) TO (${rows + 1}) WITH (autovacuum_enabled = false)`,
    `INSERT INTO t SELECT n, n FROM generate_series(1, ${rows}) n`,
  );

// Making the primary key is a scan too, of a table (or of two partitions) that was empty.
const repeat = (times: number, statement: string): string => `DO 'BEGIN FOR n IN 1..${times} LOOP PERFORM ${statement}; END LOOP; END'`;
const READ_ALL = '* FROM t WHERE number = 1';
const READ_ONE = '* FROM t WHERE id = 1';

describe('sequential scans', () => {
  test('a large table that is mostly read from end to end is told', async () => {
    await makeTable(10_001);
    await database.run(repeat(19, READ_ALL));
    const finding = await onlyFinding(scanLook, database.ask);
    expect(finding).toMatchObject({ kind: 'sequential_scans', severity: 'info', object: 't' });
    expect(finding.facts).toEqual({ live_rows: 10_001, sequential_scans: 20, rows_per_scan: 9_501, index_scans: 0 });
    expect(finding.sentence).toMatch(/^t \(10,001 rows\) was read from end to end 20 times since \d{4}-\d\d-\d\d, 9,501 rows each time/);
  });

  test('not when an index is used more often', async () => {
    await database.run('VACUUM ANALYZE t', repeat(20, READ_ONE));
    expect(await scanLook(database.ask)).toEqual([]);
  });

  test('not when the table is small, when it was read a few times, or when a scan ends after a few rows', async () => {
    await makeTable(10_000);
    await database.run(repeat(20, READ_ALL));
    expect(await scanLook(database.ask)).toEqual([]);
    await makeTable(10_001);
    await database.run(repeat(18, READ_ALL));
    expect(await scanLook(database.ask)).toEqual([]);
    await makeTable(10_001);
    await database.run(repeat(500, '* FROM t LIMIT 5'));
    expect(await scanLook(database.ask)).toEqual([]);
  });

  test('those of the partitions are added up, and many rows are a warning', async () => {
    await makePartitionedTable(100_001);
    await database.run(repeat(10, READ_ALL));
    const finding = await onlyFinding(scanLook, database.ask);
    expect(finding).toMatchObject({ object: 't', severity: 'warning', facts: { live_rows: 100_001, sequential_scans: 22 } });
  });
});

describe('dead rows', () => {
  test('more than a fifth, and more than a thousand, are told', async () => {
    await makeTable(5_005);
    await database.run('DELETE FROM t WHERE id <= 1002');
    const finding = await onlyFinding(deadRowsLook, database.ask);
    expect(finding).toMatchObject({ kind: 'dead_rows', severity: 'warning', object: 't', statement: 'VACUUM (ANALYZE) t;' });
    expect(finding.sentence).toBe('20 % of the rows of t are dead (1,002 beside 4,003 live ones); no vacuum is on record.');
    expect(finding.suggestion).toContain('turn autovacuum on again');
    await database.run(finding.statement ?? '');
    expect(await deadRowsLook(database.ask)).toEqual([]);
  });

  test('a fifth, or a thousand, are not', async () => {
    await makeTable(10_000);
    await database.run('DELETE FROM t WHERE id <= 2000');
    expect(await deadRowsLook(database.ask)).toEqual([]);
    await makeTable(2_000);
    await database.run('DELETE FROM t WHERE id <= 1000');
    expect(await deadRowsLook(database.ask)).toEqual([]);
  });

  test('those of the partitions are added up, with the last vacuum', async () => {
    await makePartitionedTable(10_000);
    await database.run('VACUUM t', 'DELETE FROM t WHERE id BETWEEN 4000 AND 7000', 'ALTER TABLE t_1 RESET (autovacuum_enabled)');
    await database.run('ALTER TABLE t_2 RESET (autovacuum_enabled)');
    const found = await onlyFinding(deadRowsLook, database.ask);
    expect(found).toMatchObject({ object: 't', facts: { dead_rows: 3_001, live_rows: 6_999 } });
    expect(found.sentence).toMatch(/; the last vacuum was \d+ seconds? ago\.$/);
    expect(found.suggestion).toContain('autovacuum_vacuum_scale_factor');
  });
});

describe('transaction ids', () => {
  test('every database of the server is looked at, and a young server is well', async () => {
    const ages = await readIdAges(database.ask);
    expect(ages.map((age) => age.database)).toEqual(
      expect.arrayContaining(['postgres', 'template0', new URL(database.url).pathname.slice(1)]),
    );
    expect(await idAgeLook(database.ask)).toEqual([]);
  });

  test.each([
    [500_000_000, 0, undefined],
    [500_000_001, 0, 'warning'],
    [0, 500_000_001, 'warning'],
    [1_000_000_000, 0, 'warning'],
    [1_000_000_001, 0, 'critical'],
    [0, 1_000_000_001, 'critical'],
  ])('%d transaction ids and %d multixact ids are %s', (transactions, multixacts, severity) => {
    const [finding] = idAgeFindings([{ database: 'orders', transactions, multixacts }]);
    expect(finding?.severity).toBe(severity);
    if (finding !== undefined) expect(finding.sentence).toContain(transactions > 0 ? 'transaction ids old' : 'multixact ids old');
  });
});

describe('default partitions', () => {
  test('that are empty are well', async () => {
    expect(await defaultPartitionLook(database.ask)).toEqual([]);
  });

  test('one row in one is told', async () => {
    await database.run(
      `INSERT INTO performance_metrics (timestamp, metric_type, aggregation_period) VALUES ('1999-01-01', 'error_rate', 'hour')`,
    );
    const finding = await onlyFinding(defaultPartitionLook, database.ask);
    expect(finding).toMatchObject({ severity: 'warning', object: 'performance_metrics_default', facts: { rows: 1 } });
    expect(finding.sentence).toMatch(/^1 row of performance_metrics lies in performance_metrics_default/);
    // The way that the documentation shows.
    const [, steps = ''] = /```sql\nBEGIN;\n(.*?)COMMIT;/s.exec(readFileSync(DOCUMENTATION, 'utf8')) ?? [];
    expect(steps.split(';\n').filter(Boolean)).toHaveLength(5);
    await database.run(`BEGIN; ${steps} COMMIT`);
    expect(await defaultPartitionLook(database.ask)).toEqual([]);
    const rows = await database.ask<{ place: string }>('SELECT tableoid::regclass::text AS place FROM performance_metrics');
    expect(rows).toEqual([{ place: 'performance_metrics_p199901' }]);
  });

  test('many are not counted to the end', async () => {
    await database.run(
      'CREATE TABLE many (n bigint) PARTITION BY RANGE (n)',
      'CREATE TABLE "Rest" PARTITION OF many DEFAULT',
      'INSERT INTO many SELECT generate_series(1, 10001)',
    );
    const finding = await onlyFinding(defaultPartitionLook, database.ask);
    expect(finding).toMatchObject({ object: '"Rest"', sentence: expect.stringMatching(/^More than 10,000 rows of many lie in "Rest"/) });
  });
});

test('a partitioned table has the rows and the size of its partitions, once', async () => {
  await makePartitionedTable(1_000);
  await database.run('ANALYZE t');
  const [facts] = (await readTables(database.ask)).filter(({ table }) => table.startsWith('t'));
  const [size] = await database.ask<{ bytes: number }>(
    `SELECT (pg_total_relation_size('t_1') + pg_total_relation_size('t_2'))::float8 AS bytes`,
  );
  expect(facts).toMatchObject({ table: 't', live_rows: 1_000, size_bytes: size?.bytes });
});
