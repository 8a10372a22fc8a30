import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditVerificationLine } from '../../src/contracts/audit-verification.ts';
import { AuditEvent } from '../../src/contracts/audit.ts';
import { sealAudit } from '../../src/db/audit/seals.ts';
import { execute, selectRow } from '../../src/db/query.ts';
import { recordAudit } from '../../src/db/record-audit.ts';
import { csvLine } from '../../src/domain/csv.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addApiToken, addUser } from './support/accounts.ts';
import type { UserRow } from './support/accounts.ts';

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

let platform: TestPlatform;
let operator: UserRow;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
  operator = await addUser('operator');
  const actor = {
    type: 'user',
    userId: operator.id,
    request: { ipAddress: '2001:DB8::5', userAgent: '=HYPERLINK("http://x")', requestId: 'walk-1' },
  } as const;
  for (let number = 1; number <= 30; number += 1) {
    await recordAudit(platform.db, platform.services.keyRing.auditKey, {
      eventType: number % 3 === 0 ? 'job_executed' : 'target_updated',
      action: 'update_target',
      severity: number % 10 === 0 ? 'critical' : 'low',
      actor,
      resourceType: 'universal_targets',
      resourceId: `T2025${String(number).padStart(4, '0')}`,
      details: { location: { from: 'Ulm', to: `50 % of Bonn ${number}` } },
    });
  }
});
afterAll(() => platform[Symbol.asyncDispose]());

const get = (path: string) => platform.api('GET', `/api/v1/audit${path}`);
const found = async (query: string): Promise<AuditEvent[]> => {
  const { status, body } = await get(`?limit=100&${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.data;
};

describe('the audit trail is searched', () => {
  test.each([
    ['all', 30, ''],
    ['type', 10, 'event_type=job_executed&'],
    ['severity', 3, 'severity=critical&'],
    ['resource type', 30, 'resource_type=universal_targets&'],
    ['resource', 1, 'resource_type=universal_targets&resource_id=T20250007&'],
    ['address, however it is written', 30, 'ip=2001:db8:0:0:0:0:0:5&'],
    ['another address', 0, 'ip=10.0.0.1&'],
    ['request', 30, 'request_id=walk-1&'],
    ['text in the details', 11, `from=${daysAgo(1)}&search=BONN%202&`],
    ['a text that is no pattern', 30, `from=${daysAgo(1)}&search=50%20%25%20of&`],
    ['a time that is to come', 0, `from=${daysAgo(-1)}&`],
    ['a time before', 0, `to=${daysAgo(1)}&`],
  ])('by %s', async (_, count, query) => {
    expect(await found(`${query}user=${operator.username.toUpperCase()}`)).toHaveLength(count);
  });

  test('by API token', async () => {
    const token = await addApiToken(operator, ['jobs.write']);
    await platform.call(token, 'POST', '/api/v1/jobs', { name: 'made by a token', actions: [] });
    await platform.call(token, 'POST', '/api/v1/jobs', {
      name: 'x',
      actions: [{ action_type: 'wait', action_name: 'w', action_parameters: { seconds: 1 } }],
    });
    const row = await selectRow<{ uuid: string }>(platform.db, 'SELECT token_uuid AS uuid FROM api_tokens WHERE user_id = $1', [
      operator.id,
    ]);
    expect(await found(`via=${row?.uuid}`)).toMatchObject([{ action: 'create_job', actor_type: 'api_token', api_token_uuid: row?.uuid }]);
  });

  test('page by page, in both directions, and with the fields that are asked for', async () => {
    const seen: number[] = [];
    for (let cursor = ''; ;) {
      const { body } = await get(`?request_id=walk-1&limit=7&fields=id&${cursor}`);
      seen.push(...body.data.map((event: { id: number }) => event.id));
      expect(Object.keys(body.data[0])).toEqual(['id']);
      if (body.next === null) break;
      cursor = `cursor=${body.next}`;
    }
    expect(seen).toHaveLength(30);
    const upwards = (await found('request_id=walk-1&sort=occurred')).map(({ id }) => id);
    expect(seen.toReversed()).toEqual(upwards);
  });

  test.each([
    ['SCOPE_TOO_WIDE', 422, 'search=x'],
    ['SCOPE_TOO_WIDE', 422, `search=x&from=${daysAgo(8)}`],
    ['VALIDATION', 400, 'resource_id=T20250001'],
    ['VALIDATION', 400, 'ip=nonsense'],
    ['VALIDATION', 400, 'event_type=nonsense'],
  ])('%s %i for %s', async (code, status, query) => {
    expect(await get(`?${query}`)).toMatchObject({ status, body: { code } });
  });
});

test('one event is shown with whether its signature holds, and its seal', async () => {
  const [event] = await found('resource_type=universal_targets&resource_id=T20250001');
  expect((await get(`/${event?.id}`)).body).toEqual({ ...event, signature: 'valid', seal_id: null });
  expect(event).toMatchObject({ username: operator.username, user_uuid: operator.userUuid, ip_address: '2001:db8::5', api_token: null });
  expect((await get('/999999999')).status).toBe(404);
  expect((await get('/0')).status).toBe(400);
});

test('its types are told, and counts by type, severity, user and day', async () => {
  expect((await get('/event-types')).body).toMatchObject({
    event_types: expect.arrayContaining(['job_executed']),
    severities: expect.anything(),
  });
  const { body } = await get('/statistics?days=1');
  const all = await selectRow<{ events: number }>(platform.db, 'SELECT count(*) AS events FROM audit_events');
  expect(body.total).toBe(all?.events);
  expect(body.by_event_type).toContainEqual({ event_type: 'job_executed', events: 10 });
  expect(body.by_severity).toContainEqual({ severity: 'critical', events: 3 });
  expect(body.by_user[0]).toEqual({ username: operator.username, events: expect.any(Number) });
  const sum = (rows: { events: number }[]): number => rows.reduce((total, { events }) => total + events, 0);
  expect([sum(body.by_event_type), sum(body.by_severity), sum(body.by_day)]).toEqual([body.total, body.total, body.total]);
});

describe('an export', () => {
  const download = async (format: string, query = 'request_id=walk-1'): Promise<string> => {
    const response = await platform.app.request(`/api/v1/audit/export?format=${format}&${query}`, {
      headers: { authorization: `Bearer ${platform.token}` },
    });
    expect([response.status, response.headers.get('content-disposition')]).toEqual([200, `attachment; filename="audit.${format}"`]);
    return response.text();
  };

  test('has in each form what the search finds', async () => {
    const events = await found('request_id=walk-1');
    expect(JSON.parse(await download('json'))).toEqual(events);
    const lines = (await download('ndjson')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(events);
    expect(JSON.parse(await download('json', 'request_id=none'))).toEqual([]);
    const csv = (await download('csv')).split('\r\n');
    expect([csv.length, csv[0]]).toEqual([32, Object.keys(AuditEvent.shape).join(',')]);
  });

  test('holds nothing that a spreadsheet would take for a formula', async () => {
    expect(await download('csv')).toContain(`,"'=HYPERLINK(""http://x"")",`);
    expect(csvLine(['=1', '+1', '-1', '@x', '\tx', '\rx', 'a=1', -1, null, { a: 1 }])).toBe(
      `'=1,'+1,'-1,'@x,'\tx,"'\rx",a=1,-1,,"{""a"":1}"\r\n`,
    );
  });

  test('is itself audited, and takes data.export too', async () => {
    await download('csv', 'request_id=walk-1&event_type=job_executed');
    const [event] = await found('event_type=data_export');
    expect(event).toMatchObject({
      action: 'export_audit',
      severity: 'high',
      username: 'admin',
      details: { format: 'csv', filters: { request_id: 'walk-1', event_type: 'job_executed' } },
    });
    const token = await addApiToken(await addUser('admin'), ['audit.read']);
    expect((await platform.call(token, 'GET', '/api/v1/audit/export')).body.code).toBe('FORBIDDEN');
  });
});

test('the trail is verified line by line, and whatever was done to it behind the API is told', async () => {
  const behind = (sql: string): Promise<void> =>
    platform.db.transaction(async (transaction) => {
      await execute(platform.db, `SET LOCAL session_replication_role = 'replica'`, [], transaction);
      await execute(platform.db, sql, [], transaction);
    });
  const verify = async (query = ''): Promise<AuditVerificationLine[]> => {
    const response = await platform.app.request(`/api/v1/audit/verification?${query}`, {
      headers: { authorization: `Bearer ${platform.token}` },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const lines = (await response.text()).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as AuditVerificationLine);
  };
  const intact = (await verify()).at(-1);
  expect(intact).toMatchObject({ type: 'verdict', intact: true, findings: 0, seals: 0 });
  const [asked] = await found('event_type=system_maintenance');
  expect(asked).toMatchObject({ action: 'verify_audit', username: 'admin', details: { intact: true } });

  await behind(`UPDATE audit_events SET details = '{}' WHERE resource_id = 'T20250001'`);
  const lines = await verify();
  expect(lines.map(({ type }) => type)).toEqual(['finding', 'verdict']);
  const [event] = await found('resource_type=universal_targets&resource_id=T20250001');
  expect(lines[0]).toMatchObject({ kind: 'event_altered', event_id: event?.id });
  expect((await get(`/${event?.id}`)).body.signature).toBe('invalid');
  expect((await found('event_type=security_violation&severity=critical'))[0]).toMatchObject({
    action: 'verify_audit',
    details: { findings: 1 },
  });

  expect((await get('/seals')).body.data).toEqual([]);
  await behind(`UPDATE audit_events SET occurred_at = occurred_at - interval '1 hour'`);
  await sealAudit(platform.db, platform.services.keyRing.auditKey);
  const [seal] = (await get('/seals')).body.data;
  expect(seal).toMatchObject({ previous_seal_hash: null, seal_hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect((await get(`/${event?.id}`)).body.seal_id).toBe(seal.id);
  const anchored = (await verify(`anchor=${'0'.repeat(64)}`)).filter((line) => line.type === 'finding').map(({ kind }) => kind);
  expect(anchored).toContain('anchor_missing');
});
