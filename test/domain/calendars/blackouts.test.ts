import { describe, expect, test } from 'vitest';
import type { CalendarWindow } from '../../../src/contracts/json/schedules.ts';
import { blackoutAt, blackoutsBetween, HORIZON_DAYS, openForAll, OUTSIDE } from '../../../src/domain/calendars/blackouts.ts';
import { startsOf } from '../../../src/domain/calendars/recurrence.ts';
import { readIcalTime } from '../../../src/domain/calendars/wall-times.ts';
import { calendarProblems } from '../../../src/domain/calendars/calendar-problems.ts';

type Rest = Omit<CalendarWindow, 'kind'>;

const blackout = (rest: Rest): CalendarWindow => ({ kind: 'blackout', ...rest });
const allowed = (rest: Rest): CalendarWindow => ({ kind: 'allowed', ...rest });
const of = (timezone: string, ...windows: CalendarWindow[]) => ({ timezone, windows });
const ALL_DAYS = [1, 2, 3, 4, 5, 6, 7];

const shown = (calendar: ReturnType<typeof of>, from: string, to: string): string[] =>
  blackoutsBetween(calendar, { from: Date.parse(from), to: Date.parse(to) }).map(
    (span) => `${new Date(span.from).toISOString()} ${new Date(span.to).toISOString()}`,
  );
const at = (calendar: ReturnType<typeof of>, time: string) => {
  const found = blackoutAt(calendar, Date.parse(time));
  return found && { summary: found.summary, until: found.until === null ? null : new Date(found.until).toISOString() };
};

describe('the windows of a calendar', () => {
  test('a window of a week passes midnight, in the zone of the calendar', () => {
    const nights = of('Europe/Berlin', blackout({ summary: 'Backup', weekly: { days: [5], from: '22:00', to: '06:00' } }));
    // 2025-01-10 is a Friday.
    expect(at(nights, '2025-01-10T20:59:59.999Z')).toBeUndefined();
    expect(at(nights, '2025-01-10T21:00:00Z')).toEqual({ summary: 'Backup', until: '2025-01-11T05:00:00.000Z' });
    expect(at(nights, '2025-01-11T04:59:59.999Z')).toEqual({ summary: 'Backup', until: '2025-01-11T05:00:00.000Z' });
    expect(at(nights, '2025-01-11T05:00:00Z')).toBeUndefined();
    expect(at(nights, '2025-01-11T22:00:00Z')).toBeUndefined();
  });

  test('windows that overlap, or follow at once, have one end', () => {
    const chain = of(
      'UTC',
      blackout({ summary: 'first', dates: { from: '2025-03-03T10:00', to: '2025-03-03T12:00' } }),
      blackout({ summary: 'second', dates: { from: '2025-03-03T12:00', to: '2025-03-04' } }),
      blackout({ summary: 'third', weekly: { days: [3], from: '00:00', to: '24:00' } }),
    );
    expect(at(chain, '2025-03-03T11:00:00Z')).toEqual({ summary: 'first', until: '2025-03-06T00:00:00.000Z' });
    expect(shown(chain, '2025-03-03T00:00:00Z', '2025-03-07T00:00:00Z')).toEqual(['2025-03-03T10:00:00.000Z 2025-03-06T00:00:00.000Z']);
  });

  test('the last second of a window is blacked out, its end is not', () => {
    const day = of('UTC', blackout({ dates: { from: '2025-12-24', to: '2025-12-24' } }));
    expect(at(day, '2025-12-24T23:59:59.999Z')).toEqual({ summary: null, until: '2025-12-25T00:00:00.000Z' });
    expect(at(day, '2025-12-25T00:00:00Z')).toBeUndefined();
    expect(at(day, '2025-12-23T23:59:59.999Z')).toBeUndefined();
  });

  test('with allowed windows all other time is blackout, and a blackout counts inside them', () => {
    const office = of(
      'UTC',
      allowed({ summary: 'Office hours', weekly: { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' } }),
      blackout({ summary: 'Stocktaking', dates: { from: '2025-03-10T07:00', to: '2025-03-10T09:30' } }),
    );
    expect(at(office, '2025-03-07T18:00:00Z')).toEqual({ summary: OUTSIDE, until: '2025-03-10T09:30:00.000Z' });
    expect(at(office, '2025-03-10T08:30:00Z')).toEqual({ summary: 'Stocktaking', until: '2025-03-10T09:30:00.000Z' });
    expect(at(office, '2025-03-10T09:30:00Z')).toBeUndefined();
    expect(shown(office, '2025-03-10T00:00:00Z', '2025-03-11T00:00:00Z')).toEqual([
      '2025-03-10T00:00:00.000Z 2025-03-10T09:30:00.000Z',
      '2025-03-10T18:00:00.000Z 2025-03-11T00:00:00.000Z',
    ]);
  });

  test('what does not end within the horizon has no end; a calendar without windows is open', () => {
    expect(at(of('UTC', blackout({ weekly: { days: ALL_DAYS, from: '00:00', to: '24:00' } })), '2025-03-10T00:00:00Z')).toEqual({
      summary: null,
      until: null,
    });
    expect(at(of('UTC', allowed({ dates: { from: '2020-01-01', to: '2020-01-02' } })), '2025-03-10T00:00:00Z')?.until).toBeNull();
    const far = HORIZON_DAYS - 1;
    const end = new Date(Date.parse('2025-03-10T00:00:00Z') + far * 86_400_000).toISOString();
    const long = of('UTC', blackout({ dates: { from: '2025-01-01T00:00', to: end.slice(0, 19) } }));
    expect(at(long, '2025-03-10T00:00:00Z')?.until).toBe(end);
    expect(at(of('UTC'), '2025-03-10T00:00:00Z')).toBeUndefined();
  });

  test('several calendars are open together only when none is blacked out, however they take turns', () => {
    const even = of('UTC', ...[0, 2, 4].map((hour) => blackout({ weekly: { days: [1], from: `0${hour}:00`, to: `0${hour + 1}:00` } })));
    const odd = of('UTC', ...[1, 3].map((hour) => blackout({ weekly: { days: [1], from: `0${hour}:00`, to: `0${hour + 1}:00` } })));
    expect(openForAll([even, odd], Date.parse('2025-03-10T00:30:00Z'))).toBe(Date.parse('2025-03-10T05:00:00Z'));
    expect(openForAll([even], Date.parse('2025-03-10T01:30:00Z'))).toBe(Date.parse('2025-03-10T01:30:00Z'));
  });
});

describe('clocks that are changed', () => {
  // Berlin: 2025-03-30 02:00 becomes 03:00 at 01:00Z; 2025-10-26 03:00 becomes 02:00 at 01:00Z.
  const berlin = (from: string, to: string) => of('Europe/Berlin', blackout({ weekly: { days: [7], from, to } }));
  const SPRING = ['2025-03-30T00:00:00Z', '2025-03-30T12:00:00Z'] as const;
  const AUTUMN = ['2025-10-26T00:00:00Z', '2025-10-26T12:00:00Z'] as const;

  test.each([
    ['01:30', '04:00', '2025-03-30T00:30:00.000Z 2025-03-30T02:00:00.000Z'],
    ['02:30', '04:00', '2025-03-30T01:00:00.000Z 2025-03-30T02:00:00.000Z'],
    ['01:30', '02:30', '2025-03-30T00:30:00.000Z 2025-03-30T01:00:00.000Z'],
  ])('an hour that is left out: %s to %s', (from, to, span) => {
    expect(shown(berlin(from, to), ...SPRING)).toEqual([span]);
  });

  test('a window that lies in the hour that is left out does not happen', () => {
    expect(shown(berlin('02:10', '02:50'), ...SPRING)).toEqual([]);
  });

  test.each([
    ['02:30', '02:45', '2025-10-26T00:30:00.000Z 2025-10-26T01:45:00.000Z'],
    ['01:30', '02:30', '2025-10-26T00:00:00.000Z 2025-10-26T01:30:00.000Z'],
    ['02:30', '03:30', '2025-10-26T00:30:00.000Z 2025-10-26T02:30:00.000Z'],
  ])('an hour that comes twice is covered from the first to the second time: %s to %s', (from, to, span) => {
    expect(shown(berlin(from, to), ...AUTUMN)).toEqual([span]);
  });

  test('half an hour, at Lord Howe', () => {
    // 2025-04-06 02:00 (+11) becomes 01:30 (+10:30) at 2025-04-05T15:00Z; 2025-10-05 02:00 (+10:30) becomes 02:30 (+11) at 2025-10-04T15:30Z.
    const howe = of('Australia/Lord_Howe', blackout({ weekly: { days: [7], from: '01:45', to: '02:15' } }));
    expect(shown(howe, '2025-04-05T12:00:00Z', '2025-04-06T12:00:00Z')).toEqual(['2025-04-05T14:45:00.000Z 2025-04-05T15:45:00.000Z']);
    expect(shown(howe, '2025-10-04T12:00:00Z', '2025-10-05T12:00:00Z')).toEqual(['2025-10-04T15:15:00.000Z 2025-10-04T15:30:00.000Z']);
  });

  test('days of a window are days of the calendar, hours are hours', () => {
    const ical = (duration: string) => of('Europe/Berlin', blackout({ ical: { dtstart: '20250329T120000', duration } }));
    expect(shown(ical('P1D'), '2025-03-29T00:00:00Z', '2025-04-01T00:00:00Z')).toEqual([
      '2025-03-29T11:00:00.000Z 2025-03-30T10:00:00.000Z',
    ]);
    expect(shown(ical('PT24H'), '2025-03-29T00:00:00Z', '2025-04-01T00:00:00Z')).toEqual([
      '2025-03-29T11:00:00.000Z 2025-03-30T11:00:00.000Z',
    ]);
  });

  test.each(['Europe/Berlin', 'Australia/Lord_Howe', 'America/New_York', 'Asia/Kathmandu', 'UTC'])(
    'in %s a clock on the wall says the same all year round',
    (zone) => {
      const format = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      });
      const window = of(zone, blackout({ weekly: { days: [6, 7], from: '05:00', to: '13:15' } }));
      const spans = blackoutsBetween(window, { from: Date.parse('2025-01-01T00:00:00Z'), to: Date.parse('2026-01-01T00:00:00Z') });
      for (let time = Date.parse('2025-01-01T00:00:00Z'); time < Date.parse('2026-01-01T00:00:00Z'); time += 900_000) {
        const wall = format.format(time);
        const expected = /^Sat|^Sun/.test(wall) && wall.slice(-5) >= '05:00' && wall.slice(-5) < '13:15';
        const isIn = spans.some(({ from, to }) => from <= time && time < to);
        if (isIn !== expected) expect.fail(`${wall} (${new Date(time).toISOString()}): ${isIn}`);
      }
    },
  );
});

describe('windows of iCalendar', () => {
  const ical = (rest: NonNullable<CalendarWindow['ical']>, zone = 'UTC') => of(zone, blackout({ ical: rest }));
  const starts = (calendar: ReturnType<typeof of>, from: string, to: string) => shown(calendar, from, to).map((span) => span.slice(0, 16));

  test('COUNT, UNTIL and EXDATE, also across days', () => {
    const daily = { dtstart: '20250301T100000', duration: 'PT1H' };
    const period = ['2025-02-01T00:00:00Z', '2025-04-01T00:00:00Z'] as const;
    expect(starts(ical({ ...daily, rrule: 'FREQ=DAILY;COUNT=3' }), ...period)).toEqual([
      '2025-03-01T10:00',
      '2025-03-02T10:00',
      '2025-03-03T10:00',
    ]);
    expect(starts(ical({ ...daily, rrule: 'FREQ=DAILY;UNTIL=20250302T100000' }), ...period)).toHaveLength(2);
    expect(starts(ical({ ...daily, rrule: 'FREQ=DAILY;UNTIL=20250302' }), ...period)).toHaveLength(2);
    expect(starts(ical({ ...daily, rrule: 'FREQ=DAILY;UNTIL=20250302T095959' }), ...period)).toHaveLength(1);
    expect(starts(ical({ ...daily, rrule: 'FREQ=DAILY;COUNT=4', exdates: ['20250302T100000', '20250304'] }), ...period)).toEqual([
      '2025-03-01T10:00',
      '2025-03-03T10:00',
    ]);
  });

  test('times of the zone stay at their hour, UNTIL and exceptions in UTC are those of UTC', () => {
    const rule = {
      dtstart: '20250326T020000',
      duration: 'PT30M',
      rrule: 'FREQ=WEEKLY;UNTIL=20250409T000000Z',
      exdates: ['20250402T000000Z'],
    };
    expect(starts(ical(rule, 'Europe/Berlin'), '2025-03-01T00:00:00Z', '2025-05-01T00:00:00Z')).toEqual([
      '2025-03-26T01:00',
      '2025-04-09T00:00',
    ]);
    const utc = { dtstart: '20250326T020000Z', duration: 'PT30M', rrule: 'FREQ=WEEKLY;COUNT=2' };
    expect(starts(ical(utc, 'Europe/Berlin'), '2025-03-01T00:00:00Z', '2025-05-01T00:00:00Z')).toEqual([
      '2025-03-26T02:00',
      '2025-04-02T02:00',
    ]);
  });

  test('a window that began before the period is in it', () => {
    const long = ical({ dtstart: '20240101', duration: 'P10D', rrule: 'FREQ=MONTHLY' });
    expect(shown(long, '2025-03-05T00:00:00Z', '2025-03-20T00:00:00Z')).toEqual(['2025-03-05T00:00:00.000Z 2025-03-11T00:00:00.000Z']);
  });

  // Computed with dateutil, which reads rules on its own.
  test.each([
    ['FREQ=MONTHLY;BYDAY=2TU', ['2025-01-14', '2025-02-11', '2025-03-11', '2025-04-08']],
    ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', ['2025-01-31', '2025-02-28', '2025-03-31', '2025-04-30']],
    ['FREQ=MONTHLY;BYMONTHDAY=31', ['2025-01-31', '2025-03-31']],
    ['FREQ=MONTHLY;BYMONTHDAY=-1', ['2025-01-31', '2025-02-28', '2025-03-31', '2025-04-30']],
    ['FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU', ['2025-03-30']],
    ['FREQ=WEEKLY;INTERVAL=6;BYDAY=SA,SU;WKST=SU', ['2025-01-19', '2025-01-25', '2025-03-02', '2025-03-08', '2025-04-13', '2025-04-19']],
  ])('%s', (rrule, days) => {
    const found = starts(ical({ dtstart: '20231201', duration: 'PT1H', rrule }), '2025-01-01T00:00:00Z', '2025-05-01T00:00:00Z');
    expect(found.map((text) => text.slice(0, 10))).toEqual(days);
  });

  test.each([
    'FREQ=MONTHLY',
    'FREQ=MONTHLY;INTERVAL=7',
    'FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=31,-1',
    'FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1FR',
    'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-2;BYMONTH=2,9',
    'FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,MO;WKST=SU',
    'FREQ=DAILY;INTERVAL=5',
  ])('%s gives the same far from its beginning as walked through from it', (rule) => {
    for (const start of ['19991128T010000', '19991231T010000', '20001230T230000'].map((text) => readIcalTime(text)?.time ?? 0)) {
      const all = startsOf(`${rule};COUNT=9000`, start, start, Date.parse('2026-01-01T00:00:00Z'));
      const [from, to] = [Date.parse('2024-02-10T00:00:00Z'), Date.parse('2025-12-20T00:00:00Z')];
      expect(startsOf(rule, start, from, to)).toEqual(all.filter((time) => time >= from && time <= to));
    }
  });

  test('a rule of decades ago costs no more than one of today', () => {
    const old = ical({ dtstart: '19700101T000000', duration: 'PT1H', rrule: 'FREQ=DAILY;INTERVAL=3' });
    expect(starts(old, '2025-01-01T00:00:00Z', '2025-01-08T00:00:00Z')).toEqual(['2025-01-03T00:00', '2025-01-06T00:00']);
  });
});

describe('what no calendar may hold', () => {
  const messageOf = (window: Rest, timezone = 'UTC') =>
    calendarProblems(of(timezone, blackout(window))).map(({ path, message }) => `${path} ${message}`);
  const ruled = (rrule: string) => messageOf({ ical: { dtstart: '20250101T100000', duration: 'PT1H', rrule } });

  test.each([
    ['FREQ=SECONDLY', /a FREQ of DAILY/],
    ['FREQ=HOURLY;INTERVAL=5', /once a day at most/],
    ['FREQ=DAILY;COUNT=1000000000', /COUNT of at most 1000/],
    ['FREQ=DAILY;COUNT=99999999999999999999999', /COUNT=9/],
    ['FREQ=DAILY;INTERVAL=1000000000', /INTERVAL of at most 366/],
    ['FREQ=DAILY;INTERVAL=0', /INTERVAL=0/],
    ['FREQ=DAILY;BYHOUR=1,2,3', /must not have BYHOUR/],
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', /must not have BYMONTHDAY with DAILY/],
    ['FREQ=DAILY;INTERVAL=7;BYDAY=MO', /BYDAY and an INTERVAL/],
    ['FREQ=DAILY;BYDAY=5MO', /without numbers/],
    ['FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30', /gives no time at all/],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=40', /gives no time at all/],
    ['FREQ=MONTHLY;BYMONTHDAY=32', /BYMONTHDAY=32/],
    ['FREQ=YEARLY;BYMONTH=13', /BYMONTH=13/],
    ['FREQ=WEEKLY;FREQ=DAILY', /each part once/],
    ['FREQ=WEEKLY;UNTIL=20250230', /UNTIL=20250230/],
    ['FREQ=WEEKLY;COUNT=2;UNTIL=20250301', /not both/],
    ['FREQ=WEEKLY;X-EVIL=1', /must not have X-EVIL/],
    ['FREQ=WEEKLY;BYMONTHDAY=1', /must not have BYMONTHDAY with WEEKLY/],
  ])('%s', (rule, expected) => {
    const [message, ...more] = ruled(rule);
    expect(message).toMatch(expected);
    expect(message).toMatch(/^windows\.0\.ical\.rrule must|^windows\.0\.ical\.rrule gives/);
    expect(more).toEqual([]);
  });

  test('more than a hundred rules', () => {
    const rule = blackout({ ical: { dtstart: '20250101', duration: 'P1D', rrule: 'FREQ=YEARLY' } });
    expect(calendarProblems(of('UTC', ...Array.from({ length: 101 }, () => rule)))).toMatchObject([{ path: 'windows' }]);
    expect(calendarProblems(of('UTC', ...Array.from({ length: 100 }, () => rule)))).toEqual([]);
  });

  test('days that there are not, windows of no length, zones of nowhere', () => {
    expect(messageOf({ dates: { from: '2025-02-30', to: '2025-03-01' } })).toEqual(['windows.0.dates.from is a day that there is not']);
    expect(messageOf({ dates: { from: '2025-03-01T10:00', to: '2025-03-01T10:00' } })).toEqual([
      'windows.0.dates.to must be later than from',
    ]);
    expect(messageOf({ ical: { dtstart: '20250101', duration: 'PT0S' } })).toEqual([
      expect.stringContaining('ical.duration must be more than nothing'),
    ]);
    expect(messageOf({ ical: { dtstart: '20250101', duration: 'P1Y' } })).toEqual([expect.stringContaining('must be weeks, or days')]);
    expect(messageOf({ ical: { dtstart: '99990101', duration: 'P1D' } })).toEqual([expect.stringContaining('1970 to 2199')]);
    expect(messageOf({ ical: { dtstart: '20250101', duration: 'P1D', exdates: ['20250101', '20250132'] } })).toEqual([
      'windows.0.ical.exdates.1 is a day that there is not',
    ]);
    expect(messageOf({ weekly: { days: [1], from: '10:00', to: '11:00' } }, 'Mars/Olympus')).toEqual([
      'timezone must be a zone such as Europe/Berlin',
    ]);
    expect(messageOf({ weekly: { days: [1], from: '10:00', to: '11:00' } }, '+01:00')).toHaveLength(1);
  });
});
