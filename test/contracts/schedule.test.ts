import { describe, expect, test } from 'vitest';
import { schemaProblems } from '../../src/contracts/schema-problems.ts';
import { BackfillSchedule, CreateSchedule, PreviewSchedule, ScheduleDefinition } from '../../src/contracts/schedule.ts';

const AT = '02:30';
const RULE = 'must be a rule such as {daily: {at: 03:30}}, or a list of them';
const TIME = 'must be a time of day from 00:00 to 23:59, in two digits each such as 03:30';
const KINDS = 'needs exactly one of once, every, daily, weekly, monthly and cron; several rules are a list';
const EVERY = 'must be whole minutes or hours such as 15m or 6h; a minute is the least';
const ONCE = 'must be a time with its offset such as 2026-12-24T18:00:00+01:00';
const DAY = 'must be a day of the month from 1 to 31, or last';
const DAYS = 'must be a list of days such as [monday, friday]';
const FIVE = 'five fields: minute, hour, day of month, month, day of week, as in 30 2 * * 1-5';
const NO_L = 'knows no L; the last day is monthly with day: last, the last Friday monthly with week: last and on: [friday]';

const problemsOf = (given: unknown): string[] => {
  const { error } = PreviewSchedule.safeParse(given);
  return error === undefined ? [] : schemaProblems(error).map(({ path, message }) => `${path}: ${message}`);
};

describe('a rule that is wrong is refused at its place', () => {
  test.each<[string, unknown, ...string[]]>([
    ['no rule', undefined, `when: ${RULE}`],
    ['a word', 'daily', `when: ${RULE}`],
    ['an empty list', [], 'when: needs at least one rule'],
    ['21 rules', Array.from({ length: 21 }, () => ({ every: '1h' })), 'when: has at most 20 rules'],
    ['an empty rule', {}, `when: ${KINDS}`],
    ['two kinds in one', { every: '1h', daily: { at: AT } }, `when: ${KINDS}`],
    ['a kind that there is not', { hourly: {} }, 'when.hourly: is not a field here', `when: ${KINDS}`],
    ["a range of Temporal's", { start: 0 }, 'when.start: is not a field here', `when: ${KINDS}`],
    ['the second of a list', [{ every: '1h' }, { daily: AT }], 'when.1.daily: must be an object such as {at: 03:30}'],
    ['daily at no time', { daily: {} }, `when.daily.at: ${TIME}`],
    ['24:00', { daily: { at: '24:00' } }, `when.daily.at: ${TIME}`],
    ['one digit', { daily: { at: '2:30' } }, `when.daily.at: ${TIME}`],
    ['a number, as YAML 1.1 reads 02:30', { daily: { at: 150 } }, `when.daily.at: ${TIME}`],
    ['daily with days', { daily: { at: AT, on: ['monday'] } }, 'when.daily.on: is not a field here'],
    ['weekly on no day', { weekly: { on: [], at: AT } }, 'when.weekly.on: needs at least one day, from monday to sunday'],
    ['weekly without on', { weekly: { at: AT } }, `when.weekly.on: ${DAYS}`],
    ['one day that is no list', { weekly: { on: 'monday', at: AT } }, `when.weekly.on: ${DAYS}`],
    ['a day twice', { weekly: { on: ['monday', 'monday'], at: AT } }, 'when.weekly.on.1: "monday" occurs twice'],
    ['the 32nd', { monthly: { day: 32, at: AT } }, `when.monthly.day: ${DAY}`],
    ['day 0', { monthly: { day: 0, at: AT } }, `when.monthly.day: ${DAY}`],
    ['day -1', { monthly: { day: -1, at: AT } }, `when.monthly.day: ${DAY}`],
    ['a day that is a word', { monthly: { day: 'first', at: AT } }, `when.monthly.day: ${DAY}`],
    [
      'neither day nor week',
      { monthly: { at: AT } },
      'when.monthly: needs either day (1 to 31, or last), or week (1 to 5, or last) and on',
    ],
    [
      'day and week',
      { monthly: { day: 1, week: 2, on: ['monday'], at: AT } },
      'when.monthly: needs either day (1 to 31, or last), or week (1 to 5, or last) and on',
    ],
    ['week 6', { monthly: { week: 6, on: ['monday'], at: AT } }, 'when.monthly.week: must be from 1 to 5, or last'],
    ['week without on', { monthly: { week: 2, at: AT } }, 'when.monthly.on: goes together with week, as in week: 2 and on: [tuesday]'],
    [
      'on without week',
      { monthly: { day: 1, on: ['monday'], at: AT } },
      'when.monthly.on: goes together with week, as in week: 2 and on: [tuesday]',
    ],
    ['every 30s', { every: '30s' }, `when.every: ${EVERY}`],
    ['every 0m', { every: '0m' }, `when.every: ${EVERY}`],
    ['every 1.5h', { every: '1.5h' }, `when.every: ${EVERY}`],
    ['every 15', { every: 15 }, `when.every: ${EVERY}`],
    ['every 2d', { every: '2d' }, `when.every: ${EVERY}`],
    [
      'every 1441m',
      { every: '1441m' },
      'when.every: must be at most 1440m (a day) or 168h (a week); a daily or weekly rule is longer, at a time of day',
    ],
    ['once on a day', { once: '2026-12-24' }, `when.once: ${ONCE}`],
    ['once without offset', { once: '2026-12-24T18:00:00' }, `when.once: ${ONCE}`],
    ['once on a day that there is not', { once: '2026-02-30T18:00:00Z' }, `when.once: ${ONCE}`],
    ['once too late', { once: '2100-01-01T00:00:00Z' }, 'when.once: must be in the years 2000 to 2099'],
  ])('%s', (_what, when, ...problems) => expect(problemsOf({ when })).toEqual(problems));
});

describe('a cron that is wrong is refused with what to write', () => {
  test.each([
    ['@daily', `is no word such as @daily but ${FIVE}`],
    ['*/5 * * * * *', `has 6 fields; it must have ${FIVE}`],
    ['0 3 * *', `has 4 fields; it must have ${FIVE}`],
    ['', `has 0 fields; it must have ${FIVE}`],
    [' 0 3 * * *', 'must not begin or end with a space'],
    ['CRON_TZ=Europe/Berlin 0 3 * * *', 'names no zone; that is in timezone'],
    ['0 3 * * 2#2', 'knows no #; the second Tuesday is monthly with week: 2 and on: [tuesday]'],
    ['0 3 L * *', NO_L],
    ['0 3 * * 5L', NO_L],
    ['0 3 15W * *', 'knows no W; the last weekday is monthly with week: last and on: monday to friday'],
    ['0 3 ? * 1', 'knows no ?; write * for a field that does not matter'],
    ['60 * * * *', 'its minute 60 must be from 0 to 59'],
    ['-5 * * * *', 'its minute -5 is no value, range, step or *'],
    ['1,,2 * * * *', 'its minute has a comma with nothing before or after it'],
    ['0 24 * * *', 'its hour 24 must be from 0 to 23'],
    ['0 0 0 * *', 'its day of month 0 must be from 1 to 31'],
    ['0 0 1 13 *', 'its month 13 must be from 1 to 12, or a name from jan to dec'],
    ['0 0 * * 8', 'its day of week 8 must be from 0 to 7, or a name from sun to sat'],
    ['0 0 jan * *', 'its day of month jan must be from 1 to 31'],
    ['0 0 * * fri-mon', 'its day of week fri-mon runs backwards; write it as two ranges with a comma between'],
    ['*/0 * * * *', 'its minute */0: a step must be from 1 to 59'],
    ['*/90 * * * *', 'its minute */90: a step must be from 1 to 59'],
    ['1/2/3 * * * *', 'its minute 1/2/3 has more than one step'],
    ['1-2-3 * * * *', 'its minute 1-2-3 is no value, range, step or *'],
    ['0 0 31 2 *', 'never fires: month 2 has no day 31'],
    ['0 0 30-31 feb *', 'never fires: month feb has no day 30-31'],
    ['0 0 31 4,6,9-11/2 *', 'never fires: month 4,6,9-11/2 has no day 31'],
  ])('%s', (cron, message) => expect(problemsOf({ when: { cron } })).toEqual([`when.cron: ${message}`]));

  test('a long one, and one that is no text', () => {
    expect(problemsOf({ when: { cron: `${'1,'.repeat(50)}1 * * * *` } })).toEqual(['when.cron: has at most 100 characters']);
    expect(problemsOf({ when: { cron: 5 } })).toEqual([`when.cron: must be ${FIVE}`]);
  });

  test.each(['0 0 29 2 *', '0 0 31 */2 *', '*/59 0-23/23 1,15 JAN-Mar mon-SUN', '5/20 * * * 0,7'])('%s is right', (cron) =>
    expect(problemsOf({ when: { cron } })).toEqual([]),
  );
});

describe('a definition that is wrong is refused at its place', () => {
  const when = { every: '1h' };
  const ZONE =
    'must be a zone of the IANA database such as Europe/Berlin, or UTC; offsets and abbreviations (+02:00, CET) know no change of clocks';
  test.each<[string, object, ...string[]]>([
    ['an abbreviation as zone', { timezone: 'CET' }, `timezone: ${ZONE}`],
    ['an offset as zone', { timezone: '+02:00' }, `timezone: ${ZONE}`],
    ['a zone in small letters', { timezone: 'europe/berlin' }, `timezone: ${ZONE}`],
    ['a zone in capitals, which Temporal would not find', { timezone: 'EUROPE/BERLIN' }, 'timezone: is written Europe/Berlin'],
    [
      'a zone that there is not',
      { timezone: 'Europe/Berln' },
      'timezone: is not in the IANA database of this program; zones are written as Europe/Berlin',
    ],
    ['a start without offset', { start_date: '2026-01-01T00:00:00' }, `start_date: ${ONCE}`],
    [
      'an end before the start',
      { start_date: '2026-01-02T00:00:00Z', end_date: '2026-01-01T00:00:00Z' },
      'end_date: must be after start_date',
    ],
    [
      'an end at the start, in another offset',
      { start_date: '2026-01-02T00:00:00Z', end_date: '2026-01-02T01:00:00+01:00' },
      'end_date: must be after start_date',
    ],
    [
      'once after the end',
      { when: [when, { once: '2026-01-02T00:00:00Z' }], end_date: '2026-01-01T00:00:00Z' },
      'when.1.once: is after end_date, so it would never fire',
    ],
    [
      'once before the start',
      { when: { once: '2026-01-02T00:00:00Z' }, start_date: '2026-01-03T00:00:00Z' },
      'when.once: is before start_date, so it would never fire',
    ],
    ['no firing at all', { max_executions: 0 }, 'max_executions: Too small: expected number to be >=1'],
    ['a jitter of more than an hour', { jitter_seconds: 3_601 }, 'jitter_seconds: Too big: expected number to be <=3600'],
    ['a window of less than ten seconds', { catchup_window_seconds: 9 }, 'catchup_window_seconds: Too small: expected number to be >=10'],
    ['a field that there is not', { zone: 'UTC' }, 'zone: is not a field here'],
  ])('%s', (_what, wrong, ...problems) => expect(problemsOf({ when, ...wrong })).toEqual(problems));

  test('bounds that touch are right', () => {
    const once = '2026-01-02T00:00:00Z';
    expect(problemsOf({ when: { once }, start_date: once, end_date: '2026-01-03T00:00:00Z' })).toEqual([]);
    expect(problemsOf({ when: { once }, end_date: once })).toEqual([]);
  });

  test('in the API and in files alike', () => {
    const wrong = { name: 'nightly', job: 'J20260001', when: { daily: AT }, targets: ['T20250001'], target_selector: 'env=prod' };
    for (const schema of [CreateSchedule, ScheduleDefinition])
      expect(schemaProblems(schema.safeParse(wrong).error ?? { issues: [] })).toEqual([
        { path: 'when.daily', message: 'must be an object such as {at: 03:30}' },
      ]);
    const two = schemaProblems(CreateSchedule.safeParse({ ...wrong, when: { daily: { at: AT } } }).error ?? { issues: [] });
    expect(two).toEqual([{ path: 'target_selector', message: 'does not go together with targets' }]);
  });

  test('a backfill of a period that ends before it begins', () =>
    expect(
      schemaProblems(BackfillSchedule.safeParse({ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }).error ?? { issues: [] }),
    ).toEqual([{ path: 'to', message: 'is not after from' }]));
});
