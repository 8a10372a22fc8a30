import { createHmac, randomBytes } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noteRestore } from '../../src/db/audit/maintenance.ts';
import { canonicalJson } from '../../src/domain/canonical-json.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { recordAudit, recordAudits } from '../../src/db/record-audit.ts';
import type { AuditEvent } from '../../src/db/record-audit.ts';
import { openTestDatabase } from './support/open-database.ts';

const auditKey = randomBytes(32);
const event: AuditEvent = {
  eventType: 'target_updated',
  action: 'update_target',
  severity: 'high',
  actor: { type: 'user', userId: 1, request: { ipAddress: '2001:db8::1', userAgent: 'curl/8 "x"', requestId: 'r-1' } },
  resourceType: 'universal_targets',
  resourceId: 'T20250001',
  details: { zeta: 1, a: { c: [3, { y: 1, x: null }], b: 'ü "😀"' }, bb: 1.5, large: 1e21, none: undefined },
};

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  await recordAudit(db, auditKey, event);
});
afterAll(() => database[Symbol.asyncDispose]());

const signatures = async (): Promise<boolean[]> => {
  const rows = await selectRows<Record<string, unknown> & { checksum: Buffer; occurred_at: Date; details: unknown }>(
    db,
    `SELECT occurred_at, event_type, action, severity, actor_type, user_id, api_token_id, resource_type, resource_id, details, ip_address, user_agent, request_id, checksum
     FROM audit_events ORDER BY id`,
  );
  return rows.map(({ checksum, occurred_at: occurredAt, details, ...rest }) => {
    const {
      event_type,
      action,
      severity,
      actor_type,
      user_id,
      api_token_id,
      resource_type,
      resource_id,
      ip_address,
      user_agent,
      request_id,
    } = rest;
    const row = [occurredAt.toISOString(), event_type, action, severity, actor_type, user_id, api_token_id, resource_type, resource_id];
    const signed = JSON.stringify([...row, canonicalJson(details), ip_address, user_agent, request_id]);
    return createHmac('sha256', auditKey).update(signed).digest().equals(checksum);
  });
};

test('the signature of an event fits the row as the database gives it back', async () => {
  await recordAudit(db, auditKey, {
    eventType: 'job_executed',
    action: 'start',
    actor: { type: 'system' },
    resourceType: 'job_executions',
  });
  await recordAudit(db, auditKey, { eventType: 'user_login_failed', action: 'login', actor: { type: 'anonymous' }, resourceType: 'users' });
  expect(await signatures()).toEqual([true, true, true]);
});

test.each([
  ['UPDATE', `UPDATE audit_events SET action = 'other'`],
  ['DELETE', 'DELETE FROM audit_events'],
  ['TRUNCATE', 'TRUNCATE audit_events'],
  ['TRUNCATE of a partition', `TRUNCATE audit_events_p${new Date().toISOString().slice(0, 7).replace('-', '')}`],
  ['TRUNCATE of the default partition', 'TRUNCATE audit_events_default'],
  ['UPDATE of a partition', `UPDATE audit_events_p${new Date().toISOString().slice(0, 7).replace('-', '')} SET action = 'other'`],
])('%s is refused', async (_, sql) => {
  const count = 'SELECT count(*)::int AS rows FROM audit_events';
  const before = await selectRow(db, count);
  await expect(execute(db, sql)).rejects.toThrow('append only');
  expect(await selectRow(db, count)).toEqual(before);
});

test('an event is written with the change that it tells of, or not at all', async () => {
  const change = db.transaction(async (transaction) => {
    await recordAudit(db, auditKey, { ...event, resourceId: 'T20259999' }, transaction);
    throw new Error('the change failed');
  });
  await expect(change).rejects.toThrow('the change failed');
  expect(await selectRows(db, `SELECT id FROM audit_events WHERE resource_id = 'T20259999'`)).toEqual([]);
});

test('many events are written by one statement, each with a signature of its own', async () => {
  const before = (await signatures()).length;
  await recordAudits(db, auditKey, []);
  await recordAudits(
    db,
    auditKey,
    Array.from({ length: 300 }, (_, index) => ({ ...event, resourceId: `T2025${String(index).padStart(4, '0')}` })),
  );
  const after = await signatures();
  expect([after.length - before, after.every(Boolean)]).toEqual([300, true]);
});

test('a restore is not put into a trail that was signed with another key', async () => {
  const facts = { taken_at: '2026-01-01T00:00:00Z', app_version: '1.0.0', rows: 3, replaced: true };
  const restores = `SELECT details FROM audit_events WHERE action = 'restore_database'`;
  expect(await noteRestore(db, randomBytes(32), facts)).toBe(false);
  expect(await selectRows(db, restores)).toEqual([]);
  expect(await noteRestore(db, auditKey, facts)).toBe(true);
  expect(await selectRows(db, restores)).toEqual([{ details: facts }]);
});
