import type { CalendarWindow } from '../../contracts/json/schedules.ts';
import { startsOf } from './recurrence.ts';
import { readDuration, readIcalTime, readLocalEnd, readLocalTime, readTimeOfDay } from './wall-times.ts';
import type { CalendarDuration, IcalMoment } from './wall-times.ts';
import { DAY_MS } from './zone-clock.ts';
import type { ZoneClock } from './zone-clock.ts';

/** From … to, in milliseconds since 1970; `to` is not in it. */
export interface Span {
  from: number;
  to: number;
}

export const LONGEST_WINDOW_DAYS = 366;

/** Between a wall time and its instant, at most. */
const ZONE_SLACK_MS = 2 * DAY_MS;

/** The times of a window that touch a period, in order of their beginning; some may overlap. What cannot be read gives none. */
export const windowSpans = ({ weekly, dates, ical }: CalendarWindow, clock: ZoneClock, period: Span): Span[] => {
  const spans = weekly !== undefined ? weeklySpans(weekly, clock, period) : dates !== undefined ? dateSpans(dates, clock) : [];
  const all = ical === undefined ? spans : icalSpans(ical, clock, period);
  return all.filter(({ from, to }) => to > from && from < period.to && to > period.from).sort((one, other) => one.from - other.from);
};

const wallSpan = (clock: ZoneClock, from: number, to: number): Span => ({ from: clock.instantOf(from), to: clock.instantOf(to, 'last') });

const weeklySpans = ({ days, from, to }: NonNullable<CalendarWindow['weekly']>, clock: ZoneClock, period: Span): Span[] => {
  const [begin, end] = [readTimeOfDay(from), readTimeOfDay(to)];
  const length = end > begin ? end - begin : end - begin + DAY_MS;
  const last = Math.floor(clock.localAt(period.to) / DAY_MS);
  const spans: Span[] = [];
  for (let day = Math.floor(clock.localAt(period.from) / DAY_MS) - 1; day <= last; day += 1) {
    // The first day of 1970 was a Thursday.
    if (!days.includes(((((day + 3) % 7) + 7) % 7) + 1)) continue;
    spans.push(wallSpan(clock, day * DAY_MS + begin, day * DAY_MS + begin + length));
  }
  return spans;
};

const dateSpans = ({ from, to }: NonNullable<CalendarWindow['dates']>, clock: ZoneClock): Span[] => {
  const [begin, end] = [readLocalTime(from), readLocalEnd(to)];
  return begin === undefined || end === undefined ? [] : [wallSpan(clock, begin, end)];
};

const UTC: ZoneClock = { localAt: (instant) => instant, instantOf: (local) => local };

type Ical = NonNullable<CalendarWindow['ical']>;

const icalSpans = ({ dtstart, duration, rrule, exdates = [] }: Ical, zone: ZoneClock, period: Span): Span[] => {
  const [start, length] = [readIcalTime(dtstart), readDuration(duration)];
  if (start === undefined || length === undefined) return [];
  const clock = start.isUtc ? UTC : zone;
  const back = length.days * DAY_MS + length.milliseconds + ZONE_SLACK_MS;
  const starts = rrule === undefined ? [start.time] : startsOf(rrule, start.time, period.from - back, period.to + ZONE_SLACK_MS);
  const until = untilOf(rrule, clock, zone);
  const isLeftOut = exclusions(exdates, clock, zone);
  return starts.filter((local) => clock.instantOf(local) <= until && !isLeftOut(local)).map((local) => icalSpan(clock, local, length));
};

/** Days are those of the calendar, also when one of them has 23 hours; hours are those of a stopwatch. */
const icalSpan = (clock: ZoneClock, local: number, { days, milliseconds }: CalendarDuration): Span => ({
  from: clock.instantOf(local),
  to: (days === 0 ? clock.instantOf(local) : clock.instantOf(local + days * DAY_MS)) + milliseconds,
});

const instantOf = ({ time, isUtc }: IcalMoment, clock: ZoneClock): number => (isUtc ? time : clock.instantOf(time));

const untilOf = (rrule: string | undefined, clock: ZoneClock, zone: ZoneClock): number => {
  const text = /(?:^|;)UNTIL=([^;]*)/i.exec(rrule ?? '')?.[1]?.toUpperCase();
  const until = text === undefined ? undefined : readIcalTime(text);
  if (until === undefined) return Infinity;
  return until.isDate ? clock.instantOf(until.time + DAY_MS) - 1 : instantOf(until, clock === UTC ? UTC : zone);
};

/** A date takes all of its day out. */
const exclusions = (exdates: readonly string[], clock: ZoneClock, zone: ZoneClock): ((local: number) => boolean) => {
  const moments = exdates.flatMap((text) => readIcalTime(text) ?? []);
  const dates = new Set(moments.filter(({ isDate }) => isDate).map(({ time }) => time));
  const instants = new Set(moments.filter(({ isDate }) => !isDate).map((moment) => instantOf(moment, zone)));
  return (local) => dates.has(Math.floor(local / DAY_MS) * DAY_MS) || instants.has(clock.instantOf(local));
};
