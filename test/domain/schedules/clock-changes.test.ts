import { expect, test } from 'vitest';
import type { ScheduleRule } from '../../../src/contracts/schedule-rule.ts';
import { clockNotes } from '../../../src/domain/schedules/clock-changes.ts';

const notesOf = (timezone: string, ...when: ScheduleRule[]): string[] =>
  clockNotes({ when, timezone }, new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z'));
const daily = (at: string): ScheduleRule => ({ daily: { at } });

test('a time that clocks skip or show twice is told with what becomes of it', () => {
  expect(notesOf('Europe/Berlin', daily('02:30'))).toEqual([
    'On 2026-03-29 clocks in Europe/Berlin skip 02:00–03:00: 02:30 does not fire that day.',
    'On 2026-10-25 clocks in Europe/Berlin show 02:00–03:00 twice: 02:30 fires once, the second time.',
  ]);
  expect(notesOf('America/New_York', daily('01:30'))).toEqual([
    'On 2026-11-01 clocks in America/New_York show 01:00–02:00 twice: 01:30 fires twice.',
  ]);
  expect(notesOf('Australia/Lord_Howe', daily('01:45'), daily('02:00'), daily('02:15:30'))).toEqual([
    'On 2026-04-05 clocks in Australia/Lord_Howe show 01:30–02:00 twice: 01:45 fires once, the second time.',
    'On 2026-10-04 clocks in Australia/Lord_Howe skip 02:00–02:30: 02:00 and 02:15:30 do not fire that day.',
  ]);
});

test('many times are told by their first and last', () =>
  expect(notesOf('America/New_York', { cron: '*/10 0-6 * * 0' })).toEqual([
    'On 2026-03-08 clocks in America/New_York skip 02:00–03:00: each of the 6 times from 02:00 to 02:50 does not fire that day.',
    'On 2026-11-01 clocks in America/New_York show 01:00–02:00 twice: each of the 6 times from 01:00 to 01:50 fires twice.',
  ]));

test('what Temporal does wrong is told as it is', () => {
  const autumn = (...when: ScheduleRule[]) => notesOf('Europe/Berlin', ...when).at(-1);
  expect(autumn(daily('02:00'), daily('02:30'))).toBe(
    'On 2026-10-25 clocks in Europe/Berlin show 02:00–03:00 twice: 02:00 fires once, the second time; 02:30 does not fire that day.',
  );
  expect(autumn(daily('01:30'), { every: '75m' })).toBe(
    'On 2026-10-25 clocks in Europe/Berlin show 02:00–03:00 twice: it also fires at 02:30, which no rule says.',
  );
  expect(autumn({ cron: '*/20 0-6 * * *' })).toBe(
    'On 2026-10-25 clocks in Europe/Berlin show 02:00–03:00 twice: 02:00 fires once, the first time; 02:20 fires once, the second time; 02:40, 03:00 and 03:20 do not fire that day.',
  );
  expect(notesOf('America/Santiago', { weekly: { on: ['sunday'], at: '09:00' } })).toEqual([
    'On 2026-09-06 clocks in America/Santiago skip 00:00–01:00: 09:00 does not fire that day.',
  ]);
});

test('there is nothing to tell of times that no change of clocks touches, of instants, and of other days', () => {
  expect(notesOf('Europe/Berlin', daily('09:00'))).toEqual([]);
  expect(notesOf('Europe/Berlin', daily('01:30'))).toEqual([]);
  expect(notesOf('Asia/Kolkata', daily('02:30'))).toEqual([]);
  expect(notesOf('UTC', daily('02:30'))).toEqual([]);
  expect(notesOf('Europe/Berlin', { every: '7m' }, { cron: '*/20 * * * *' }, { once: '2026-10-25T02:30:00+01:00' })).toEqual([]);
  expect(notesOf('Europe/Berlin', { cron: '30 2 * * 1-5' })).toEqual([]);
  expect(clockNotes({ when: [daily('02:30')], timezone: 'Europe/Berlin' }, new Date('2026-04-01'), new Date('2026-10-01'))).toEqual([]);
});
