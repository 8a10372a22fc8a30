import type { CalendarSpec, ScheduleSpec } from '@temporalio/client';
import { planFirings } from '../../domain/schedules/firing-plan.ts';
import type { WallPattern } from '../../domain/schedules/wall-pattern.ts';
import type { FiringRules } from '../../services/schedules/temporal-schedules.ts';
import { namedRangesOf, rangesOf } from './calendar-ranges.ts';

const SECOND_MS = 1_000;
const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

const toCalendar = ({ second, minute, hour, dayOfMonth, month, year, dayOfWeek }: WallPattern): CalendarSpec => ({
  second: rangesOf(second),
  minute: rangesOf(minute),
  hour: rangesOf(hour),
  ...(dayOfMonth !== undefined && { dayOfMonth: rangesOf(dayOfMonth) }),
  ...(month !== undefined && { month: namedRangesOf(month, (number) => MONTHS[number - 1] ?? 'JANUARY') }),
  ...(year !== undefined && { year: rangesOf(year) }),
  ...(dayOfWeek !== undefined && { dayOfWeek: namedRangesOf(dayOfWeek, (number) => DAYS[number] ?? 'SUNDAY') }),
});

/**
 * The spec of the Temporal Schedule of these rules (docs/schedules.md says what it does when clocks change).
 * @throws RangeError for a zone that there is not.
 */
export const toScheduleSpec = ({ when, timezone, start_date, end_date, jitter_seconds }: FiringRules): ScheduleSpec => {
  const plan = planFirings({ when, timezone });
  return {
    timezone: plan.timezone,
    calendars: plan.calendars.map((pattern) => toCalendar(pattern)),
    intervals: plan.intervals.map(({ everyMs, offsetMs }) => ({ every: everyMs, offset: offsetMs })),
    skip: plan.skips.map((pattern) => toCalendar(pattern)),
    jitter: jitter_seconds * SECOND_MS,
    // Temporal has whole seconds: a start within one would let the second before it fire.
    ...(start_date !== null && { startAt: new Date(Math.ceil(Date.parse(start_date) / SECOND_MS) * SECOND_MS) }),
    ...(end_date !== null && { endAt: new Date(end_date) }),
  };
};
