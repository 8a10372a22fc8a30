import { expect, test } from 'vitest';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { ensureMonthPartitions } from '../../src/db/partitions.ts';
import { execute, selectRows } from '../../src/db/query.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { log, newKeyRing } from '../support/platform.ts';
import { parseKeyRing } from '../../src/db/seal.ts';

const refuse = async (): Promise<never> => {
  throw new Error('not asked for here');
};

test('the reconciler makes the partitions of the months to come, so that a system that runs for long has them', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const months = async () =>
    (await selectRows(db, `SELECT relname FROM pg_class WHERE relispartition AND relname ~ '_p[0-9]{6}$' AND relkind = 'r' ORDER BY 1`))
      .length;
  const all = await months();
  const now = new Date();
  const latest = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 3, 1)).toISOString().slice(0, 7).replace('-', '');
  await execute(db, `DROP TABLE job_execution_logs_p${latest}, audit_events_p${latest}, performance_metrics_p${latest}`);
  const { reconcile } = createReconcileActivities({
    db,
    keyRing: parseKeyRing(newKeyRing()),
    readSettings: createReadSettings(db),
    openSession: refuse,
    notifyRun: () => {},
    signalSlotGranted: refuse,
    describeWorkflow: refuse,
    startRun: refuse,
    cancelRun: refuse,
    heartbeatTimeoutMs: 1_000,
    workerIdentity: 'test',
    log,
  });
  await reconcile();
  expect(await months()).toBe(all);
});

test('the months of any day can be made, also twice', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const days = ['2031-01-31T23:59:59Z', '2031-01-31T23:59:59Z', '2031-12-31T23:59:59Z'];
  for (const day of days) await db.transaction((transaction) => ensureMonthPartitions(db, new Date(day), transaction));
  const made = await selectRows<{ name: string }>(
    db,
    `SELECT relname AS name FROM pg_class WHERE relname ~ '^audit_events_p203[0-9]{3}$' AND relkind = 'r' ORDER BY 1`,
  );
  expect(made.map(({ name }) => name.slice(-6))).toEqual([
    '203012',
    '203101',
    '203102',
    '203103',
    '203104',
    '203111',
    '203112',
    '203201',
    '203202',
    '203203',
  ]);
});
