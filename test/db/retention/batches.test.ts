import type { Sequelize } from 'sequelize';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureMonthPartitions } from '../../../src/db/partitions.ts';
import { applyRetentionRule } from '../../../src/db/retention/apply-rule.ts';
import { execute } from '../../../src/db/query.ts';
import { openTestDatabase } from '../support/open-database.ts';
import { addJobRow } from '../support/rows.ts';
import { ago, countRows } from './support.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeEach(async () => {
  database = await openTestDatabase();
  ({ db } = database);
});
afterEach(() => database[Symbol.asyncDispose]());

describe('batches', () => {
  const addSamples = (count: number): Promise<void> =>
    execute(db, `INSERT INTO system_health_snapshots (timestamp) SELECT $1::timestamptz FROM generate_series(1, $2::int)`, [
      ago(100),
      count,
    ]);

  /** Notes how many rows are left before each batch. @param until throws when this batch is about to begin. */
  const watch = (until = Infinity) => {
    let batches = 0;
    return {
      next: () => {
        batches += 1;
        if (batches === until) throw new Error('stopped');
      },
      count: () => batches,
    };
  };

  test('12,000 rows go in three', async () => {
    await addSamples(12_000);
    const batches = watch();
    expect(await applyRetentionRule(db, 'health-snapshots', batches.next)).toEqual({ system_health_snapshots: 12_000 });
    expect(batches.count()).toBe(3);
  });

  test('a stop ends between two, what was removed stays removed, and the next run removes the rest; each tells what it removed', async () => {
    await addSamples(12_000);
    const told: unknown[] = [];
    const apply = (next: () => void) =>
      applyRetentionRule(db, 'health-snapshots', next, undefined, undefined, async (...facts) => void told.push(facts));
    await expect(apply(watch(2).next)).rejects.toThrow('stopped');
    expect(await countRows(db, 'system_health_snapshots')).toBe(7_000);
    expect(await apply(watch().next)).toEqual({ system_health_snapshots: 7_000 });
    expect(await apply(watch().next)).toEqual({ system_health_snapshots: 0 });
    expect(told).toEqual([5_000, 7_000].map((rows) => ['health-snapshots', expect.any(Date), { system_health_snapshots: rows }]));
  });

  test('a deleted job with many log lines is purged in batches too, and a stop leaves it to the next run', async () => {
    const job = await addJobRow(db);
    await execute(db, `UPDATE jobs SET deleted_at = $1`, [ago(100)]);
    await execute(
      db,
      `INSERT INTO job_execution_logs (job_id, log_phase, log_category, log_message) SELECT $1::bigint, 'creation', 'system', 'x' FROM generate_series(1, 6000)`,
      [job],
    );
    const [before, stop] = [watch(), watch(5)];
    await expect(applyRetentionRule(db, 'deleted-jobs', stop.next)).rejects.toThrow('stopped');
    expect([await countRows(db, 'job_execution_logs'), await countRows(db, 'jobs')]).toEqual([1_000, 1]);
    expect(await applyRetentionRule(db, 'deleted-jobs', before.next)).toMatchObject({ job_execution_logs: 1_000, jobs: 1 });
  });

  test('a row that is being changed is not waited for; the next run takes it', async () => {
    await addSamples(3);
    await db.transaction(async (transaction) => {
      await execute(db, 'SELECT id FROM system_health_snapshots ORDER BY id LIMIT 1 FOR UPDATE', [], transaction);
      expect(await applyRetentionRule(db, 'health-snapshots')).toEqual({ system_health_snapshots: 2 });
    });
    expect(await applyRetentionRule(db, 'health-snapshots')).toEqual({ system_health_snapshots: 1 });
  });
});

describe('partitions', () => {
  const NOW = new Date('2026-01-01T00:00:00Z');
  const apply = () => applyRetentionRule(db, 'audit', undefined, NOW);
  const months = () => countRows(db, `pg_class WHERE relname ~ '^audit_events_p2024[0-9]{2}$' AND relkind = 'r'`);
  beforeEach(() => db.transaction((transaction) => ensureMonthPartitions(db, new Date('2024-02-15T00:00:00Z'), transaction)));

  test.each(['ACCESS SHARE', 'ROW EXCLUSIVE'])(
    'who holds %s of the table is not cut off: it fails soon, and succeeds afterwards',
    async (mode) => {
      await db.transaction(async (transaction) => {
        await execute(db, `LOCK TABLE audit_events IN ${mode} MODE`, [], transaction);
        await expect(apply()).rejects.toThrow('lock timeout');
        expect(await months()).toBe(5);
      });
      expect(await apply()).toEqual({ partitions: 5 });
      expect(await months()).toBe(0);
    },
  );

  test('one that was detached but not dropped is dropped by the next try', async () => {
    await db.transaction(async (transaction) => {
      await execute(db, 'ALTER TABLE audit_events DETACH PARTITION audit_events_p202401', [], transaction);
      await execute(db, 'ALTER TABLE audit_events_p202401 RENAME TO audit_events_expired_audit_events_p202401', [], transaction);
    });
    expect(await apply()).toEqual({ partitions: 5 });
    expect(await countRows(db, `pg_class WHERE relname ~ '^audit_events_expired'`)).toBe(0);
  });

  test('one that somebody detached and keeps is not touched', async () => {
    await execute(db, 'ALTER TABLE audit_events DETACH PARTITION audit_events_p202401');
    expect(await apply()).toEqual({ partitions: 4 });
    expect(await months()).toBe(1);
  });

  test('audit events go with their month although no row of them may be deleted', async () => {
    const insert = `INSERT INTO audit_events (occurred_at, event_type, action, actor_type, resource_type, checksum)
      VALUES ('2024-02-01T00:00:00Z', 'user_login', 'login', 'anonymous', 'users', decode(repeat('00', 32), 'hex'))`;
    await execute(db, insert);
    await expect(execute(db, 'DELETE FROM audit_events')).rejects.toThrow('append only');
    await apply();
    expect(await countRows(db, 'audit_events')).toBe(0);
  });

  test('a table that is not by month is dropped by its bound, whatever its name', async () => {
    await execute(db, `CREATE TABLE audit_2022 PARTITION OF audit_events FOR VALUES FROM ('2022-01-01+00') TO ('2023-01-01+00')`);
    await apply();
    expect(await countRows(db, `pg_class WHERE relname ~ 'audit_2022$'`)).toBe(0);
  });
});
