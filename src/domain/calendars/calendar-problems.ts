import type { CalendarWindow } from '../../contracts/json/schedules.ts';
import { ruleProblem } from './recurrence.ts';
import { readDuration, readIcalTime, readLocalEnd, readLocalTime } from './wall-times.ts';
import { LONGEST_WINDOW_DAYS } from './window-spans.ts';
import { DAY_MS, isZone } from './zone-clock.ts';

/** What is wrong with a field of a calendar. */
export interface CalendarProblem {
  path: string;
  message: string;
}

const MOST_RULES = 100;
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

const yearProblem = (time: number): string | undefined => {
  const year = new Date(time).getUTCFullYear();
  return year < FIRST_YEAR || year > LAST_YEAR ? `must be in ${FIRST_YEAR} to ${LAST_YEAR}` : undefined;
};

const momentProblem = (time: number | undefined): string | undefined =>
  time === undefined ? 'is a day that there is not' : yearProblem(time);

type Fields = [field: string, message: string | undefined][];

const datesProblems = ({ from, to }: NonNullable<CalendarWindow['dates']>): Fields => {
  const [begin, end] = [readLocalTime(from), readLocalEnd(to)];
  return [
    ['dates.from', momentProblem(begin)],
    ['dates.to', momentProblem(end) ?? ((begin ?? 0) < (end ?? 0) ? undefined : 'must be later than from')],
  ];
};

const durationProblem = (text: string): string | undefined => {
  const duration = readDuration(text);
  if (duration === undefined) return 'must be weeks, or days, hours, minutes and seconds, such as P1D or PT2H30M';
  const length = duration.days * DAY_MS + duration.milliseconds;
  return length > 0 && length <= LONGEST_WINDOW_DAYS * DAY_MS
    ? undefined
    : `must be more than nothing and at most ${LONGEST_WINDOW_DAYS} days`;
};

const icalProblems = ({ dtstart, duration, rrule, exdates = [] }: NonNullable<CalendarWindow['ical']>): Fields => {
  const start = readIcalTime(dtstart)?.time;
  const startProblem = momentProblem(start);
  const canRecur = rrule !== undefined && start !== undefined && startProblem === undefined;
  return [
    ['ical.dtstart', startProblem],
    ['ical.duration', durationProblem(duration)],
    ['ical.rrule', canRecur ? ruleProblem(rrule, start) : undefined],
    ...exdates.map((text, index): Fields[number] => [`ical.exdates.${index}`, momentProblem(readIcalTime(text)?.time)]),
  ];
};

/** What of a window its schema cannot see. */
export const windowProblems = ({ dates, ical }: CalendarWindow): CalendarProblem[] =>
  [...(dates === undefined ? [] : datesProblems(dates)), ...(ical === undefined ? [] : icalProblems(ical))].flatMap(([path, message]) =>
    message === undefined ? [] : [{ path, message }],
  );

/** What of the zone and the windows of a calendar cannot be taken. The first window that is wrong is told, so that bad ones cost nothing. */
export const calendarProblems = ({ timezone, windows }: { timezone: string; windows: readonly CalendarWindow[] }): CalendarProblem[] => {
  const rules = windows.filter(({ ical }) => ical?.rrule !== undefined).length;
  if (rules > MOST_RULES) return [{ path: 'windows', message: `has ${rules} windows that recur by a rule; ${MOST_RULES} at most may` }];
  const zone = isZone(timezone) ? [] : [{ path: 'timezone', message: 'must be a zone such as Europe/Berlin' }];
  for (const [index, window] of windows.entries()) {
    const problems = windowProblems(window);
    if (problems.length > 0) return [...zone, ...problems.map(({ path, message }) => ({ path: `windows.${index}.${path}`, message }))];
  }
  return zone;
};
