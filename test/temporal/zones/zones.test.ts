import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { ScheduleRule } from '../../../src/contracts/schedule-rule.ts';
import { planFirings } from '../../../src/domain/schedules/firing-plan.ts';
import { temporalInstants } from '../../../src/domain/schedules/temporal-instants.ts';
import { zoneChanges } from '../../../src/domain/schedules/zone-changes.ts';
import { createZoneTime } from '../../../src/domain/schedules/zone-time.ts';
import { createZoneOffset } from '../../../src/domain/zoned-time.ts';
import { connectTemporalClient } from '../../../src/temporal/connect-temporal.ts';
import { toScheduleSpec } from '../../../src/temporal/schedules/firing-spec.ts';
import { createScheduleControl } from '../../../src/temporal/schedules/schedule-control.ts';
import { matchingTimes } from '../../support/matching-times.ts';

const NO_BOUNDS = { start_date: null, end_date: null, jitter_seconds: 0 };
const path = (name: string): string => new URL(name, import.meta.url).pathname;
const isoOf = (instant: number): string => new Date(instant).toISOString().replace('.000Z', 'Z');

const Case = z.strictObject({
  name: z.string(),
  timezone: z.string(),
  when: z.array(ScheduleRule),
  start_date: z.string().nullable(),
  end_date: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  instants: z.array(z.string()),
});
const CASES = z.array(Case).parse(JSON.parse(readFileSync(path('expected.json'), 'utf8')));

let client: Client;
beforeAll(async () => {
  client = await connectTemporalClient({ address: inject('temporalAddress'), namespace: 'default', apiKey: undefined, tls: undefined });
});
afterAll(() => client.connection.close());

const hasZoneinfo = spawnSync('python3', ['-c', 'import zoneinfo; zoneinfo.ZoneInfo("Pacific/Apia")']).status === 0;
test.skipIf(!hasZoneinfo)('expected.json is what expected.py writes (needs python3 with its time zones)', () => {
  const written = execFileSync('python3', [path('expected.py')], { encoding: 'utf8', env: { PATH: process.env['PATH'], PYTHONUTF8: '1' } });
  expect(written).toBe(readFileSync(path('expected.json'), 'utf8'));
});

describe.concurrent('Temporal fires at the instants of the table', () => {
  test.each(CASES)('$name', async ({ from, to, instants, ...rules }) => {
    const spec = toScheduleSpec({ ...rules, jitter_seconds: 0 });
    // Its answer begins after the time that is asked for.
    const found = await matchingTimes(client, spec, Date.parse(from) - 1_000, Date.parse(to));
    expect(found.map((instant) => isoOf(instant))).toEqual(instants);
  });
});

describe('asked from within a change of clocks Temporal answers otherwise than from before it; we are told what will be:', () => {
  test.each<{ timezone: string; when: z.infer<typeof ScheduleRule>[]; before: string; within: string[]; to: string }>([
    {
      timezone: 'Europe/Berlin',
      when: [{ daily: { at: '02:30' } }],
      before: '2026-10-24T21:00:00Z',
      within: ['2026-10-25T00:45:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:29:59Z'],
      to: '2026-10-25T22:00:00Z',
    },
    {
      timezone: 'America/Santiago',
      when: [{ weekly: { on: ['sunday'], at: '09:00' } }],
      before: '2026-09-06T00:00:00Z',
      within: ['2026-09-06T04:00:00Z', '2026-09-06T11:59:59Z'],
      to: '2026-09-07T06:00:00Z',
    },
  ])('$timezone', async ({ timezone, when, before, within, to }) => {
    const spec = toScheduleSpec({ when, timezone, ...NO_BOUNDS });
    const control = createScheduleControl(client, 'zones');
    const after = async (start: Date, since: string) =>
      (await matchingTimes(client, spec, start.getTime(), Date.parse(to))).filter((instant) => instant > Date.parse(since));
    for (const since of within) {
      const expected = await after(new Date(before), since);
      expect(await after(new Date(since), since)).not.toEqual(expected);
      const previewed = await control.preview({ when, timezone, ...NO_BOUNDS }, new Date(since), new Date(to), 20);
      expect(previewed.map((instant) => instant.getTime())).toEqual(expected);
    }
  });
});

describe('what notes are made from finds what Temporal finds', () => {
  const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Pacific/Chatham', 'Atlantic/Azores'];
  const RULES: z.infer<typeof ScheduleRule>[][] = [
    [{ cron: '*/10 0-6 * * *' }],
    [{ cron: '5-50/15 0-3,22,23 * * 0,5,6' }],
    [{ daily: { at: '01:45' } }, { daily: { at: '02:30' } }, { every: '7m' }],
    [{ daily: { at: '23:30' } }, { weekly: { on: ['sunday'], at: '00:30' } }],
  ];
  test.each(ZONES)('%s', async (timezone) => {
    const changes = zoneChanges(timezone, Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1));
    expect(changes).toHaveLength(2);
    const zone = createZoneTime(changes, createZoneOffset(timezone)(Date.UTC(2027, 0, 1)));
    for (const when of RULES)
      for (const { at } of changes) {
        const [from, to] = [at - 30 * 3_600_000, at + 30 * 3_600_000];
        const spec = toScheduleSpec({ when, timezone, ...NO_BOUNDS });
        expect(temporalInstants(planFirings({ when, timezone }), zone, from, to)).toEqual(await matchingTimes(client, spec, from, to));
      }
  });
});
