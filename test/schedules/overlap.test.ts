import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScheduleFiring } from '../../src/contracts/schedule.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import {
  addSchedule,
  addTarget,
  allEnded,
  answerAll,
  approval,
  createJob,
  hasEnded,
  inSeconds,
  ledgerOf,
  outcome,
  untilLedger,
} from './support/schedules.ts';

const POLICIES = ['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'terminate_other', 'allow_all'] as const;

/** The runs of a schedule were at work at the same time. */
const together = (rows: readonly ScheduleFiring[]): boolean =>
  rows.every(({ completed_at: end }) => rows.every(({ started_at: start }) => (start ?? '') < (end ?? '')));

/** A run takes some time to be cancelled; those that come meanwhile replace each other. */
const instantsFor = (policy: string) => (policy.endsWith('_other') ? inSeconds(3, 10, 17) : inSeconds(3, 5, 7));

describe('a job that outlasts the interval of its schedule', () => {
  let platform: TestPlatform;
  const ledger = {} as Record<(typeof POLICIES)[number], ScheduleFiring[]>;

  // All at once: each schedule takes its time. Each run lasts until somebody approves.
  beforeAll(async () => {
    platform = await startTestPlatform();
    const targets = [await addTarget(platform)];
    const serials = new Map<string, string>();
    for (const policy of POLICIES) {
      const job = await createJob(platform, targets, [approval()], { name: policy, settings: { allow_shared_targets: true } });
      serials.set(
        policy,
        (await addSchedule(platform, job, { name: policy, when: instantsFor(policy), overlap_policy: policy })).schedule_serial,
      );
    }
    const until = (policy: string, isSo: Parameters<typeof untilLedger>[2]) => untilLedger(platform, serials.get(policy) ?? '', isSo);
    await until('allow_all', (rows) => rows.every(({ status }) => status === 'running'));
    for (const policy of ['cancel_other', 'terminate_other'])
      await until(policy, ([one, two, three]) => [one, two].every((row) => row && hasEnded(row)) && three?.status === 'running');
    for (const policy of POLICIES)
      ledger[policy] = await untilLedger(platform, serials.get(policy) ?? '', allEnded, () => answerAll(platform));
  }, 60_000);
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
  });

  test('skip: the instants while it runs are skipped, because of it', () => {
    expect(ledger.skip.map(outcome)).toEqual(['completed', 'skipped: overlap', 'skipped: overlap']);
  });

  test('buffer one: the first of them starts when it has ended, the others are skipped', () => {
    expect(ledger.buffer_one.map(outcome)).toEqual(['completed', 'completed', 'skipped: overlap']);
    const [one, two] = ledger.buffer_one;
    expect((two?.started_at ?? '') >= (one?.completed_at ?? '')).toBe(true);
  });

  test('buffer all: all of them start, one after the other', () => {
    expect(ledger.buffer_all.map(outcome)).toEqual(['completed', 'completed', 'completed']);
    const [one, two, three] = ledger.buffer_all;
    expect((two?.started_at ?? '') >= (one?.completed_at ?? '') && (three?.started_at ?? '') >= (two?.completed_at ?? '')).toBe(true);
  });

  test('cancel other: each cancels the run before it, and runs', () => {
    expect(ledger.cancel_other.map(outcome)).toEqual(['failed', 'failed', 'completed']);
    expect(ledger.cancel_other[0]?.error_message).toMatch(/^The run J\d+\.\d+ was cancelled\.$/);
  });

  test('terminate other: each ends the run before it at once, and runs', () => {
    expect(ledger.terminate_other.map(outcome)).toEqual(['failed', 'failed', 'completed']);
  });

  test('allow all: they run beside each other', () => {
    expect(ledger.allow_all.map(outcome)).toEqual(['completed', 'completed', 'completed']);
    expect(together(ledger.allow_all)).toBe(true);
  });

  test('each instant has one row, each start its own run', async () => {
    for (const rows of Object.values(ledger)) {
      expect(rows).toHaveLength(3);
      const runs = rows.flatMap(({ run }) => run ?? []);
      expect(new Set(runs).size).toBe(runs.length);
      expect(await ledgerOf(platform, rows[0]?.schedule_serial ?? '')).toHaveLength(3);
    }
  });
});
