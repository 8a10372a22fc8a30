import type { ScheduleRule } from '../../contracts/schedule-rule.ts';
import { cronPattern } from './cron-fields.ts';
import { atTime, span } from './wall-pattern.ts';
import type { DayFields, WallPattern } from './wall-pattern.ts';

type Monthly = NonNullable<ScheduleRule['monthly']>;
type Weekday = NonNullable<ScheduleRule['weekly']>['on'][number];

const WEEKDAYS: readonly Weekday[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const numbersOf = (days: readonly Weekday[]): number[] => days.map((day) => WEEKDAYS.indexOf(day)).sort((a, b) => a - b);

// Temporal knows no year after 2100. Each fourth year is a run, so that Temporal is told few ranges.
const LEAP_YEARS = span(2024, 2096, 4);
const COMMON_YEARS = [...span(2025, 2097, 4), ...span(2026, 2098, 4), ...span(2027, 2099, 4), 2100];

/** The months by their length. */
const LENGTHS: readonly { days: number; of: DayFields }[] = [
  { days: 31, of: { month: [1, 3, 5, 7, 8, 10, 12] } },
  { days: 30, of: { month: [4, 6, 9, 11] } },
  { days: 29, of: { month: [2], year: LEAP_YEARS } },
  { days: 28, of: { month: [2], year: COMMON_YEARS } },
];

const lastDays = (count: number): DayFields[] => LENGTHS.map(({ days, of }) => ({ ...of, dayOfMonth: span(days - count + 1, days) }));

/** The last day of a month that is one of these: a day is it when no other of them follows before the end of the month. */
const lastOf = (weekdays: readonly number[]): DayFields[] => {
  const byGap = Map.groupBy(weekdays, (day) => Math.min(...weekdays.map((other) => ((other - day + 6) % 7) + 1)));
  return [...byGap].flatMap(([gap, days]) => lastDays(gap).map((fields) => ({ ...fields, dayOfWeek: days })));
};

const daysOfMonthly = ({ day, week, on = [] }: Monthly): DayFields[] => {
  if (day === 'last') return lastDays(1);
  if (day !== undefined) return [{ dayOfMonth: [day] }];
  if (week === 'last') return lastOf(numbersOf(on));
  const nth = week ?? 1;
  return [{ dayOfMonth: span(7 * nth - 6, Math.min(7 * nth, 31)), dayOfWeek: numbersOf(on) }];
};

/** The wall times of a rule that clocks decide; none of a rule that names instants (once, every). */
export const patternsOfRule = (rule: ScheduleRule): WallPattern[] => {
  if (rule.daily !== undefined) return [atTime(rule.daily.at)];
  if (rule.weekly !== undefined) return [{ ...atTime(rule.weekly.at), dayOfWeek: numbersOf(rule.weekly.on) }];
  if (rule.monthly !== undefined) {
    const time = atTime(rule.monthly.at);
    return daysOfMonthly(rule.monthly).map((days) => ({ ...time, ...days }));
  }
  return rule.cron === undefined ? [] : [cronPattern(rule.cron)];
};
