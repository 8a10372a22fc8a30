import type { Interval } from './even-interval.ts';
import { spuriousFiring } from './spurious-firings.ts';
import { fits, mayOverlap, span } from './wall-pattern.ts';
import type { WallPattern } from './wall-pattern.ts';
import type { ClockChange } from './zone-changes.ts';
import type { ZoneTime } from './zone-time.ts';

const DAY_MS = 86_400_000;
const SECONDS_OF_DAY = 86_400;

const sorted = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);

/** One calendar for wall times of the same time of day: the months, days of month and days of week on which clocks are set back, of all years. */
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

const hits = ({ everyMs, offsetMs }: Interval, instant: number): boolean => instant > 0 && (instant - offsetMs) % everyMs === 0;

/** Would the skip take an instant of an interval on any of its days, by either of the offsets? */
const takesOf = (skip: WallPattern, intervals: readonly Interval[], changes: readonly ClockChange[]): boolean => {
  const [first, last] = [changes[0], changes.at(-1)];
  if (intervals.length === 0 || first === undefined || last === undefined) return false;
  const timeOfDay = (((skip.hour[0] ?? 0) * 60 + (skip.minute[0] ?? 0)) * 60 + (skip.second[0] ?? 0)) * (DAY_MS / SECONDS_OF_DAY);
  const offsets = sorted(changes.flatMap(({ beforeMs, afterMs }) => [beforeMs, afterMs]));
  for (let day = Math.floor(first.at / DAY_MS) * DAY_MS; day <= last.at + DAY_MS; day += DAY_MS) {
    if (!fits(skip, day + timeOfDay)) continue;
    if (intervals.some((interval) => offsets.some((offset) => hits(interval, day + timeOfDay - offset)))) return true;
  }
  return false;
};

/**
 * What keeps wall times of the hour before a doubled one from firing twice. A skip is for all rules of a schedule: one that would take an instant of another rule, or of an interval, is left out.
 */
export const skipsFor = (
  patterns: readonly WallPattern[],
  intervals: readonly Interval[],
  changes: readonly ClockChange[],
  zone: ZoneTime,
): WallPattern[] => {
  const back = changes.filter(({ beforeMs, afterMs }) => afterMs < beforeMs);
  const skips = patterns.flatMap((pattern) => {
    const walls = back.flatMap((change) => spuriousFiring(pattern, change, zone) ?? []).map((instant) => zone.wallOf(instant));
    return [...Map.groupBy(walls, (wall) => wall % DAY_MS).values()].map((group) => skipOf(group));
  });
  const unique = [...new Map(skips.map((skip) => [JSON.stringify(skip), skip])).values()];
  return unique.filter((skip) => !patterns.some((pattern) => mayOverlap(skip, pattern)) && !takesOf(skip, intervals, changes));
};
