import type { FiringPlan } from './firing-plan.ts';
import type { Interval } from './even-interval.ts';
import { temporalInstants } from './temporal-instants.ts';
import { DAY_MS, fits, HOUR_MS, mayOverlap, MINUTE_MS, SECOND_MS, span } from './wall-pattern.ts';
import type { WallPattern } from './wall-pattern.ts';
import type { ClockChange } from './zone-changes.ts';
import type { ZoneTime } from './zone-time.ts';

/** In these hours before and after a change of clocks Temporal errs. */
const AROUND_MS = 3 * HOUR_MS;

type Firings = Pick<FiringPlan, 'calendars' | 'intervals'>;

const sorted = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);

/** One calendar for wall times of the same time of day: the months, days of month and days of week on which clocks are changed, of all years. */
const skipOf = (walls: readonly number[]): WallPattern => {
  const dates = walls.map((wall) => new Date(wall));
  const [first = new Date(0)] = dates;
  const daysOfMonth = dates.map((date) => date.getUTCDate());
  return {
    second: [first.getUTCSeconds()],
    minute: [first.getUTCMinutes()],
    hour: [first.getUTCHours()],
    dayOfMonth: span(Math.min(...daysOfMonth), Math.max(...daysOfMonth)),
    month: sorted(dates.map((date) => date.getUTCMonth() + 1)),
    dayOfWeek: sorted(dates.map((date) => date.getUTCDay())),
  };
};

/** Is an instant (milliseconds since 1970) one of the interval? */
export const hits = ({ everyMs, offsetMs }: Interval, instant: number): boolean => instant > 0 && (instant - offsetMs) % everyMs === 0;

/** Would the skip take an instant of an interval on any of its days, by any of the zone's offsets? */
const takesOf = (skip: WallPattern, intervals: readonly Interval[], changes: readonly ClockChange[]): boolean => {
  const [first, last] = [changes[0], changes.at(-1)];
  if (intervals.length === 0 || first === undefined || last === undefined) return false;
  const timeOfDay = (skip.hour[0] ?? 0) * HOUR_MS + (skip.minute[0] ?? 0) * MINUTE_MS + (skip.second[0] ?? 0) * SECOND_MS;
  const offsets = sorted(changes.flatMap(({ beforeMs, afterMs }) => [beforeMs, afterMs]));
  for (let day = Math.floor(first.at / DAY_MS) * DAY_MS; day <= last.at + DAY_MS; day += DAY_MS) {
    if (!fits(skip, day + timeOfDay)) continue;
    if (intervals.some((interval) => offsets.some((offset) => hits(interval, day + timeOfDay - offset)))) return true;
  }
  return false;
};

/** Where clocks skip midnight Temporal takes that day for the one before. */
const errsUntil = ({ at, beforeMs, afterMs }: ClockChange): number => {
  const midnight = Math.ceil((at + beforeMs) / DAY_MS) * DAY_MS;
  return midnight < at + afterMs ? at + DAY_MS + AROUND_MS : at + AROUND_MS;
};

const strayWalls = ({ calendars, intervals }: Firings, change: ClockChange, zone: ZoneTime): number[] =>
  temporalInstants({ calendars, intervals, skips: [] }, zone, change.at - AROUND_MS, errsUntil(change))
    .filter((instant) => !intervals.some((interval) => hits(interval, instant)))
    .map((instant) => zone.wallOf(instant))
    .filter((wall) => !calendars.some((pattern) => fits(pattern, wall)));

/**
 * When clocks change Temporal 1.29 fires at some times that are in no rule: Berlin's 01:30 also at the first 02:30 (temporal guide, 12.12). These are the skips that keep it
 * from that. A skip is for all rules of a schedule: one that would take an instant of another rule, or of an interval, is left out.
 */
export const skipsFor = (firings: Firings, changes: readonly ClockChange[], zone: ZoneTime): WallPattern[] => {
  const walls = changes.flatMap((change) => strayWalls(firings, change, zone));
  return [...Map.groupBy(walls, (wall) => wall % DAY_MS).values()]
    .map((group) => skipOf(group))
    .filter((skip) => !firings.calendars.some((pattern) => mayOverlap(skip, pattern)) && !takesOf(skip, firings.intervals, changes));
};
