import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { selectRows } from '../../src/db/query.ts';
import { scheduleHandle } from '../support/schedule-handle.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { RARELY, apply, breakable, createFixture, plan, removeAll } from './support/code.ts';

let platform: TestPlatform;
let temporal: ReturnType<typeof breakable>;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  await createFixture(platform);
  temporal = breakable(platform);
  platform.services.schedules = temporal.schedules;
});
afterAll(() => platform[Symbol.asyncDispose]());
beforeEach(async () => {
  temporal.fail(undefined);
  await removeAll(platform);
});

const definition = (name: string, fields: Record<string, unknown> = {}) => ({ name, job: 'Disk space', when: RARELY, ...fields });
const BEFORE = [definition('stays'), definition('changes'), definition('goes'), definition('pauses')];
const AFTER = [
  definition('stays'),
  definition('changes', { jitter_seconds: 9 }),
  definition('pauses', { paused: true }),
  definition('comes'),
];

interface Row {
  schedule_serial: string;
  name: string;
  temporal_schedule_id: string;
  status: string;
  sync_status: string;
  is_deleted: boolean;
}
const readRows = (): Promise<Row[]> =>
  selectRows<Row>(
    platform.db,
    `SELECT schedule_serial, name, temporal_schedule_id, status, sync_status, deleted_at IS NOT NULL AS is_deleted FROM job_schedules ORDER BY id`,
  );

const describeOne = async ({ name, temporal_schedule_id: id }: Row) => {
  const { spec, state } = await scheduleHandle(platform.client, id).describe();
  return [name, { jitter: spec.jitter, paused: state.paused }];
};

/** Rows, Temporal and audit trail are as one apply that nothing disturbed leaves them. */
const expectConverged = async (): Promise<void> => {
  const rows = await readRows();
  const there = rows.filter(({ is_deleted: isDeleted }) => !isDeleted);
  expect(there.map(({ name, status, sync_status: sync }) => [name, status, sync])).toEqual([
    ['stays', 'active', 'synced'],
    ['changes', 'active', 'synced'],
    ['pauses', 'paused', 'synced'],
    ['comes', 'active', 'synced'],
  ]);
  expect(rows.filter(({ is_deleted: isDeleted }) => isDeleted)).toMatchObject([{ name: 'goes', sync_status: 'synced' }]);
  expect(Object.fromEntries(await Promise.all(there.map(describeOne)))).toEqual({
    stays: { jitter: 0, paused: false },
    changes: { jitter: 9_000, paused: false },
    pauses: { jitter: 0, paused: true },
    comes: { jitter: 0, paused: false },
  });
  for (const row of rows.filter(({ is_deleted: isDeleted }) => isDeleted)) await expect(describeOne(row)).rejects.toThrow(/not found/i);
  const events = await selectRows<{ action: string; count: number }>(
    platform.db,
    `SELECT action, count(*)::int FROM audit_events WHERE resource_id = ANY($1::text[]) GROUP BY action ORDER BY action`,
    [rows.map(({ schedule_serial: serial }) => serial)],
  );
  expect(events).toEqual([
    { action: 'create_schedule', count: 5 },
    { action: 'delete_schedule', count: 1 },
    { action: 'update_schedule', count: 2 },
  ]);
};

const applyAgain = async (): Promise<void> => {
  temporal.fail(undefined);
  expect((await apply(platform, AFTER, true)).body).toMatchObject({ pending: 0, failed: [] });
  await expectConverged();
  const rows = await readRows();
  temporal.calls.length = 0;
  expect((await apply(platform, AFTER, true)).body).toMatchObject({
    created: 0,
    updated: 0,
    deleted: 0,
    unchanged: 4,
    settled: 0,
    pending: 0,
  });
  expect(temporal.calls.filter((call) => call !== 'describe')).toEqual([]);
  expect(await readRows()).toEqual(rows);
};

/** As when the process was killed there: nothing could say in the row that it failed. */
const withoutErrors = (): Promise<unknown> =>
  platform.db.query(`UPDATE job_schedules SET sync_status = 'pending', sync_error = NULL WHERE sync_status = 'error'`);

describe('an apply that ends at any step is gone on with by the next one', () => {
  test.each([
    ['describe', 'before'],
    ['put', 'before'],
    ['put', 'after'],
    ['setPaused', 'before'],
    ['setPaused', 'after'],
    ['remove', 'before'],
    ['remove', 'after'],
    ['instants', 'before'],
  ] as const)('Temporal ends at %s, %s it was done', async (call, when) => {
    await apply(platform, BEFORE);
    temporal.fail((name) => (name === call ? when : undefined));
    const { body } = await apply(platform, AFTER, true);
    expect(body).toMatchObject({ created: 1, updated: 2, deleted: 1, unchanged: 1 });
    expect(body.pending).toBeGreaterThan(0);
    expect(body.failed).toHaveLength(body.pending);
    expect(await plan(platform, AFTER)).toMatchObject({ pending: body.pending });
    await withoutErrors();
    await applyAgain();
  });

  test.each([0, 1, 2])('after %d schedules Temporal was told nothing more', async (told) => {
    await apply(platform, BEFORE);
    let count = 0;
    temporal.fail((name) => {
      if (name !== 'put' && name !== 'setPaused' && name !== 'remove') return undefined;
      count += 1;
      return count > told ? 'before' : undefined;
    });
    expect((await apply(platform, AFTER, true)).body).toMatchObject({ settled: told, pending: 4 - told });
    await withoutErrors();
    await applyAgain();
  });

  test('half of a set is written', async () => {
    const set = Array.from({ length: 110 }, (_, index) => definition(`schedule ${index}`, { paused: true }));
    const { services } = platform;
    const { keyRing } = services;
    let audits = 0;
    // Signing fails in the transaction of the second hundred.
    services.keyRing = {
      ...keyRing,
      get auditKey() {
        audits += 1;
        if (audits > 1) throw new Error('killed');
        return keyRing.auditKey;
      },
    };
    const killed = await apply(platform, set).catch((error: unknown): Answer => ({ status: 500, headers: new Headers(), body: error }));
    services.keyRing = keyRing;
    expect(killed.status).toBe(500);
    const written = (await readRows()).length;
    expect(written).toBe(100);
    expect(await plan(platform, set)).toMatchObject({ pending: written });
    // Its lock is free again.
    const { body } = await apply(platform, set);
    expect(body).toMatchObject({ created: 10, unchanged: 100, failed: [] });
    for (let { pending } = body; pending > 0;) ({ pending } = (await apply(platform, set)).body);
    const rows = await readRows();
    expect(new Set(rows.map(({ name }) => name)).size).toBe(110);
    expect(rows).toHaveLength(110);
    expect(rows.every(({ sync_status: sync }) => sync === 'synced')).toBe(true);
  });

  test('an adopted schedule of which Temporal is not told yet whose it is', async () => {
    await apply(platform, [definition('stays')]);
    await platform.db.query(
      `UPDATE job_schedules SET definition_source = 'api', definition_path = NULL, schedule_config = schedule_config - 'defined_paused'`,
    );
    temporal.fail((name) => (name === 'put' ? 'before' : undefined));
    expect((await apply(platform, [definition('stays')])).body).toMatchObject({ adopted: 1, pending: 1 });
    temporal.fail(undefined);
    expect((await apply(platform, [definition('stays')])).body).toMatchObject({ adopted: 0, unchanged: 1, settled: 1, pending: 0 });
    const [row] = await readRows();
    const { searchAttributes } = await scheduleHandle(platform.client, row?.temporal_schedule_id ?? '').describe();
    expect(searchAttributes).toMatchObject({ OpsManagedBy: ['code'] });
  });
});
