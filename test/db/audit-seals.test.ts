import { randomBytes } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AuditVerificationLine, VerifyAudit } from '../../src/contracts/audit-verification.ts';
import { canonicalAddress } from '../../src/db/audit/canonical-address.ts';
import { noteDroppedMonth } from '../../src/db/audit/dropped-months.ts';
import { sealAudit } from '../../src/db/audit/seals.ts';
import { verifyAudit } from '../../src/db/audit/verify.ts';
import { ensureMonthPartitions } from '../../src/db/partitions.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { recordAudit, recordAudits } from '../../src/db/record-audit.ts';
import { applyRetentionRule } from '../../src/db/retention/apply-rule.ts';
import { openTestDatabase } from './support/open-database.ts';

const MINUTE_MS = 60_000;
const auditKey = randomBytes(32);
const event = (resourceId: string) =>
  ({
    eventType: 'target_updated',
    action: 'update_target',
    actor: { type: 'user', userId: 1, request: { ipAddress: '::ffff:127.0.0.1', userAgent: 'curl', requestId: 'r-1' } },
    resourceType: 'universal_targets',
    resourceId,
    details: { b: 1, a: [2] },
  }) as const;

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
});
afterAll(() => database[Symbol.asyncDispose]());

/** What only a superuser of the database can do, who is bound by no trigger. */
const tamper = (sql: string, bind: readonly unknown[] = []): Promise<void> =>
  db.transaction(async (transaction) => {
    await execute(db, `SET LOCAL session_replication_role = 'replica'`, [], transaction);
    await execute(db, sql, bind, transaction);
  });

const at = async (time: Date, write: () => Promise<void>): Promise<void> => {
  vi.useFakeTimers({ toFake: ['Date'], now: time });
  try {
    await write();
  } finally {
    vi.useRealTimers();
  }
};
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE_MS);
const write = (time: Date, ...names: string[]): Promise<void> =>
  at(time, () =>
    recordAudits(
      db,
      auditKey,
      names.map((name) => event(name)),
    ),
  );

const verify = async (
  input: VerifyAudit = {},
): Promise<{ kinds: string[]; verdict: Extract<AuditVerificationLine, { type: 'verdict' }> }> => {
  const lines = await Array.fromAsync(verifyAudit(db, auditKey, input));
  const verdict = lines.at(-1);
  if (verdict?.type !== 'verdict') throw new Error('there is no verdict');
  return { kinds: lines.flatMap((line) => (line.type === 'finding' ? [line.kind] : [])), verdict };
};
const ids = async (): Promise<number[]> =>
  (await selectRows<{ id: number }>(db, 'SELECT id FROM audit_events ORDER BY id')).map(({ id }) => id);
const seals = () =>
  selectRows<{ id: number; from: number; to: number; count: number }>(
    db,
    `SELECT id, from_event_id AS "from", to_event_id AS "to", event_count AS count FROM audit_seals ORDER BY id`,
  );

beforeEach(async () => {
  await tamper('DELETE FROM audit_events');
  await tamper('DELETE FROM audit_seals');
});

describe('sealing', () => {
  test('covers what is ten minutes old, each event once, and goes on where it ended', async () => {
    await write(minutesAgo(30), 'a', 'b');
    await write(minutesAgo(9), 'young');
    expect(await sealAudit(db, auditKey)).toMatchObject({ seals: 1, events: 2, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await sealAudit(db, auditKey)).toMatchObject({ seals: 0, events: 0 });
    expect((await verify()).verdict).toMatchObject({ intact: true, events: 3, seals: 1, unsealed_events: 1 });
  });

  test('waits for a transaction that is open, which may hold a number before those that are there', async () => {
    await db.transaction(async (transaction) => {
      await execute(db, 'SELECT pg_current_xact_id()', [], transaction);
      const row = await selectRow<{ began: Date }>(db, 'SELECT now() AS began', [], transaction);
      // Ten minutes old a millisecond after the transaction began.
      const time = new Date((row?.began.getTime() ?? 0) - 10 * MINUTE_MS + 1);
      await at(time, () => recordAudit(db, auditKey, event('in the open transaction'), transaction));
      await write(time, 'beside it');
      expect(await sealAudit(db, auditKey)).toMatchObject({ events: 0 });
    });
    while ((await sealAudit(db, auditKey)).events === 0);
    expect((await verify()).verdict).toMatchObject({ intact: true, events: 2, seals: 1 });
  });

  test('of two at once one seals', async () => {
    await write(minutesAgo(30), 'a', 'b', 'c');
    await Promise.all([sealAudit(db, auditKey), sealAudit(db, auditKey)]);
    expect((await seals()).map(({ count }) => count)).toEqual([3]);
  });

  test('no seal covers two months, and an event whose clock is ahead holds up no other', async () => {
    const year = new Date().getUTCFullYear();
    await write(new Date(Date.UTC(year - 1, 0, 31, 23, 59)), 'january');
    await write(new Date(Date.UTC(year - 1, 1, 1)), 'february');
    await write(new Date(Date.UTC(year + 9, 1, 1)), 'ahead');
    await write(minutesAgo(30), 'today');
    expect((await sealAudit(db, auditKey)).events).toBe(4);
    expect((await seals()).map(({ count }) => count)).toEqual([1, 1, 1, 1]);
    expect((await verify()).verdict.intact).toBe(true);
  });
});

describe('verification finds', () => {
  beforeEach(async () => {
    await write(minutesAgo(60), 'a', 'b', 'c');
    await sealAudit(db, auditKey);
    await write(minutesAgo(40), 'd', 'e');
    await sealAudit(db, auditKey);
    await write(minutesAgo(30), 'f');
    await sealAudit(db, auditKey);
    await write(minutesAgo(1), 'g');
  });

  test('nothing where nothing was done', async () => {
    const { kinds, verdict } = await verify();
    expect(kinds).toEqual([]);
    expect(verdict).toMatchObject({ intact: true, events: 7, seals: 3, unsealed_events: 1, dropped_seals: 0 });
  });

  test.each([
    ['an altered event', ['event_altered'], `UPDATE audit_events SET details = '{"a": [3], "b": 1}' WHERE resource_id = 'b'`],
    [
      'a time shifted by less than a millisecond',
      ['event_altered'],
      `UPDATE audit_events SET occurred_at = occurred_at + interval '1 microsecond' WHERE resource_id = 'b'`,
    ],
    [
      'one altered that is not sealed yet',
      ['event_altered'],
      `UPDATE audit_events SET user_id = NULL, actor_type = 'system' WHERE resource_id = 'g'`,
    ],
    ['a removed event', ['events_missing'], `DELETE FROM audit_events WHERE resource_id = 'd'`],
    ['all of a seal removed', ['events_missing'], `DELETE FROM audit_events WHERE resource_id IN ('d', 'e')`],
    ['a seal that was altered', ['seal_altered'], `UPDATE audit_seals SET events_until = now() WHERE event_count = 2`],
    ['a seal that was removed', ['seal_missing'], 'DELETE FROM audit_seals WHERE event_count = 2'],
    ['the first seal removed', ['seal_missing'], 'DELETE FROM audit_seals WHERE event_count = 3'],
    [
      'an event of which a copy replaces another',
      ['event_altered', 'events_changed'],
      `UPDATE audit_events e SET action = o.action, checksum = o.checksum FROM audit_events o WHERE e.resource_id = 'a' AND o.resource_id = 'b'`,
    ],
  ])('%s', async (_, found, sql) => {
    await tamper(sql);
    const { kinds, verdict } = await verify();
    expect(kinds).toEqual(found);
    expect(verdict).toMatchObject({ intact: false, findings: found.length });
  });

  test('an event that was put in among sealed ones, even with a good signature', async () => {
    const [first = 0] = await ids();
    await tamper('DELETE FROM audit_events WHERE id = $1', [first + 1]);
    await tamper(
      `INSERT INTO audit_events SELECT (jsonb_populate_record(a, jsonb_build_object('id', a.id + 1))).* FROM audit_events a WHERE a.id = $1`,
      [first],
    );
    expect((await verify()).kinds).toEqual(['events_changed']);
  });

  test('two events whose numbers were exchanged', async () => {
    const [one = 0, two = 0] = await ids();
    await tamper('UPDATE audit_events SET id = -1 WHERE id = $1', [one]);
    await tamper('UPDATE audit_events SET id = $1 WHERE id = $2', [one, two]);
    await tamper('UPDATE audit_events SET id = $1 WHERE id = -1', [two]);
    expect((await verify()).kinds).toEqual(['events_changed']);
  });

  test('the newest seals removed with their events, by a hash that was noted', async () => {
    const head = (await verify()).verdict.head?.seal_hash ?? '';
    expect((await verify({ anchor: head })).verdict.intact).toBe(true);
    await tamper(`DELETE FROM audit_events WHERE resource_id IN ('f', 'g')`);
    await tamper('DELETE FROM audit_seals WHERE id = (SELECT max(id) FROM audit_seals)');
    expect((await verify()).kinds).toEqual([]);
    expect((await verify({ anchor: head })).kinds).toEqual(['anchor_missing']);
  });

  test('what happened in a given time only, with the whole of the seals that lie in it', async () => {
    await tamper(`UPDATE audit_events SET action = 'other' WHERE resource_id = 'a'`);
    await tamper(`DELETE FROM audit_events WHERE resource_id IN ('d', 'e')`);
    const range = { from: minutesAgo(50).toISOString(), to: minutesAgo(35).toISOString() };
    expect(await verify(range)).toMatchObject({ kinds: ['events_missing'], verdict: { seals: 1, events: 0 } });
    expect((await verify({ from: minutesAgo(35).toISOString() })).verdict).toMatchObject({ intact: true, events: 2, seals: 1 });
    expect((await verify({ to: minutesAgo(50).toISOString() })).kinds).toEqual(['event_altered']);
  });

  test('every event false with another key, and says what that may mean', async () => {
    const lines = await Array.fromAsync(verifyAudit(db, randomBytes(32), {}));
    expect(lines.filter((line) => line.type === 'finding')).toHaveLength(10);
    expect(JSON.stringify(lines)).toContain('OPSCONDUCTOR_KEYS');
  });
});

test('months that retention has dropped are no finding, months that somebody else has are', async () => {
  const month = (number: number) => new Date(Date.UTC(2024, number, 15));
  await db.transaction((transaction) => ensureMonthPartitions(db, month(1), transaction));
  for (const number of [0, 1, 2]) await write(month(number), `m${number}`);
  await sealAudit(db, auditKey);
  await applyRetentionRule(db, 'audit', undefined, new Date(Date.UTC(2025, 1, 2)), noteDroppedMonth(db, auditKey));
  expect((await verify()).verdict).toMatchObject({ intact: true, seals: 3, dropped_seals: 1 });
  await execute(db, 'DROP TABLE audit_events_p202402');
  expect((await verify()).kinds).toEqual(['events_missing']);
  // A note that is not signed is none.
  await tamper(`UPDATE audit_events SET details = '{"until": "2024-03-01T00:00:00.000Z"}' WHERE action = 'drop_partition'`);
  expect((await verify()).kinds).toEqual(['events_missing', 'events_missing', 'event_altered']);
});

test('an address is signed as the database gives it back, however it was written', async () => {
  const written = [
    '10.0.0.1',
    '2001:DB8:0:0::1',
    '::1',
    '::',
    '::FFFF:10.0.0.1',
    '::ffff:0:a',
    '::1.2.3.4',
    '1:0:0:2:0:0:0:3',
    '1:2:3:4:5:6:0:8',
    'fe80::1',
    '64:ff9b::1.2.3.4',
  ];
  for (const address of written) {
    const row = await selectRow<{ shown: string }>(db, 'SELECT $1::inet AS shown', [address]);
    expect([address, canonicalAddress(address)]).toEqual([address, row?.shown]);
  }
});
