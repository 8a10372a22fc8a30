import { describe, expect, test } from 'vitest';
import { decideBackfilled, decideInstant } from '../../../src/domain/schedules/decide-instant.ts';
import type { InstantFacts, ScheduleFacts, Verdict } from '../../../src/domain/schedules/decide-instant.ts';

const MINUTE = 60_000;
/** Five minutes after the instant, which nothing has started; nothing is known that could be why. */
const SCHEDULE: ScheduleFacts = {
  now: 15 * MINUTE,
  createdAt: 0,
  remaining: undefined,
  bufferSize: 0,
  firstUnprocessed: 20 * MINUTE,
  paused: false,
  catchupWindowMs: 10 * MINUTE,
  overlap: 'skip',
  lastStarted: 5 * MINUTE,
};
const INSTANT: InstantFacts = { at: 10 * MINUTE, runWasOpen: false, runHadJustEnded: false, nextStart: undefined, pausedBefore: false };

type Case = [why: string, verdict: Verdict, schedule: Partial<ScheduleFacts>, instant?: Partial<InstantFacts>];

const CASES: readonly Case[] = [
  ['nothing explains it', 'failed', {}],
  ['Temporal had lost the schedule, and it was made anew later', 'missed_catchup', { createdAt: 11 * MINUTE }],
  ['no firing was left', 'max_executions', { remaining: 0 }],
  ['no firing is left, but one that waits may be its', 'wait', { remaining: 0, bufferSize: 1 }],
  ['no firing is left, which a later one has taken', 'failed', { remaining: 0, lastStarted: 12 * MINUTE }],
  ['Temporal has not come to it, and may start it yet', 'wait', { firstUnprocessed: 10 * MINUTE }],
  ['Temporal has not come to it, and it is too old', 'missed_catchup', { firstUnprocessed: 10 * MINUTE, now: 21 * MINUTE }],
  ['Temporal comes to nothing while it is paused', 'paused', { firstUnprocessed: 10 * MINUTE, paused: true }],
  ['one that waits may be its', 'wait', { bufferSize: 1 }],
  ['one that waits is later than one that has started', 'overlap', { bufferSize: 1, lastStarted: 12 * MINUTE }, { runWasOpen: true }],
  ['the run before it was at work', 'overlap', {}, { runWasOpen: true }],
  ['the run before it was at work, and a place to wait was taken', 'overlap', { overlap: 'buffer_one' }, { runWasOpen: true }],
  ['the run before it was at work, which is no reason', 'failed', { overlap: 'allow_all' }, { runWasOpen: true }],
  ['the run before it had ended, its workflow not yet', 'overlap', {}, { runHadJustEnded: true }],
  ['the run before it had ended, which is no reason', 'failed', { overlap: 'buffer_all' }, { runHadJustEnded: true }],
  ['a pause dropped what waited', 'paused', { overlap: 'buffer_all' }, { pausedBefore: true }],
  ['the next one started too late for it', 'missed_catchup', { now: 40 * MINUTE }, { nextStart: 21 * MINUTE }],
  ['nothing has started since, for too long', 'missed_catchup', { now: 21 * MINUTE, firstUnprocessed: 30 * MINUTE }],
  ['a newer one replaced it', 'overlap', { overlap: 'cancel_other' }],
  ['a newer one replaced it at once', 'overlap', { overlap: 'terminate_other' }],
  ['nothing will fire any more, and nothing explains it', 'failed', { firstUnprocessed: undefined }],
];

describe('why an instant has no run', () => {
  test.each(CASES)('%s: %s', (_why, verdict, schedule, instant = {}) => {
    expect(decideInstant({ ...SCHEDULE, ...schedule }, { ...INSTANT, ...instant })).toBe(verdict);
  });
});

describe('why an instant that was backfilled has no run', () => {
  test.each([
    ['wait', 1, 'skip'],
    ['overlap', 0, 'skip'],
    ['overlap', 0, 'buffer_one'],
    ['overlap', 0, 'cancel_other'],
    ['overlap', 0, 'terminate_other'],
    ['failed', 0, 'buffer_all'],
    ['failed', 0, 'allow_all'],
    ['failed', 0, undefined],
  ] as const)('%s: %i wait, %s', (verdict, bufferSize, overlap) => {
    expect(decideBackfilled({ bufferSize }, overlap)).toBe(verdict);
  });
});
