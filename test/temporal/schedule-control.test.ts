import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { DesiredSchedule, TemporalSchedules } from '../../src/services/schedules/temporal-schedules.ts';
import { connectTemporalClient } from '../../src/temporal/connect-temporal.ts';
import { createScheduleCalls } from '../../src/temporal/schedules/schedule-calls.ts';
import type { ScheduleCalls } from '../../src/temporal/schedules/schedule-calls.ts';
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
let calls: ScheduleCalls;

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
  calls = createScheduleCalls(client, 15_000);
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
  expect(lost).toEqual([]);
  await control.remove(id);
});

test('so is the one with which a change begins, which is made up and sent once', async () => {
  const id = `schedule-control-${randomUUID()}`;
  await control.put(id, desired('a'.repeat(64)), undefined);
  lost.push('DescribeSchedule');
  let changes = 0;
  await calls.within(() =>
    calls.handleOf(id).update((before) => {
      changes += 1;
      return { ...before, state: { ...before.state, note: 'changed' } };
    }),
  );
  expect([changes, lost]).toEqual([1, []]);
  await control.remove(id);
});
