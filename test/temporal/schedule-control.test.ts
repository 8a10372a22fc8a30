import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { DesiredSchedule, TemporalSchedules } from '../../src/services/schedules/temporal-schedules.ts';
import { connectTemporalClient } from '../../src/temporal/connect-temporal.ts';
import { createScheduleControl } from '../../src/temporal/schedules/schedule-control.ts';
import { createTlsFiles, startTemporalTlsProxy } from '../support/temporal-tls-proxy.ts';

const NAME = 'temporal.test';
const API_KEY = 'key-of-a-test';
const ONCE: DesiredSchedule['rules'] = {
  when: [{ once: '2099-12-24T18:00:00Z' }],
  timezone: 'UTC',
  start_date: null,
  end_date: null,
  jitter_seconds: 0,
};

/** Of the next calls, these are not answered, as Temporal's own worker of schedules loses one in some hundreds. */
const lost: string[] = [];
const stack = new AsyncDisposableStack();
let control: TemporalSchedules;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-schedule-calls-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const files = createTlsFiles(folder, NAME);
  const proxy = await startTemporalTlsProxy(files, { to: inject('temporalAddress'), apiKey: API_KEY, unanswered: lost });
  stack.use(proxy);
  const tls = { caFile: files.ca, certFile: files.client.cert, keyFile: files.client.key, serverName: NAME };
  const client = await connectTemporalClient({ address: proxy.address, namespace: 'default', apiKey: API_KEY, tls });
  stack.defer(() => client.connection.close());
  control = createScheduleControl(client, 'schedule-control');
});
afterAll(() => stack.disposeAsync());

const desired = (definitionHash: string): DesiredSchedule => ({
  scheduleUuid: randomUUID(),
  summary: 'for a test',
  jobSerial: 'J20250001',
  rules: ONCE,
  overlap: 'skip',
  catchupWindowSeconds: 60,
  pauseOnFailure: false,
  definitionHash,
  managedBy: 'api',
  paused: false,
  note: null,
  remaining: undefined,
});

test('a question about a schedule that Temporal loses is asked again in good time', async () => {
  const id = `schedule-control-${randomUUID()}`;
  lost.push('DescribeSchedule');
  const made = await control.put(id, desired('a'.repeat(64)), undefined);
  expect(made.definitionHash).toBe('a'.repeat(64));
  lost.push('ListScheduleMatchingTimes');
  const from = new Date('2099-12-24T00:00:00Z');
  expect(await control.instants({ id, timezone: 'UTC' }, from, new Date('2099-12-25T00:00:00Z'))).toEqual([
    new Date('2099-12-24T18:00:00Z'),
  ]);
  lost.push('UpdateSchedule');
  expect((await control.put(id, desired('b'.repeat(64)), made)).definitionHash).toBe('b'.repeat(64));
  expect(lost).toEqual([]);
  await control.remove(id);
});
