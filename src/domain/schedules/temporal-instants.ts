import type { FiringPlan } from './firing-plan.ts';
import type { Interval } from './even-interval.ts';
import { DAY_MS, fits, HOUR_MS, MINUTE_MS, SECOND_MS } from './wall-pattern.ts';
import type { WallPattern } from './wall-pattern.ts';
import type { ZoneTime } from './zone-time.ts';

const floor = (time: number, unit: number): number => Math.floor(time / unit) * unit;
const hourOf = (wall: number): number => Math.floor((wall - floor(wall, DAY_MS)) / HOUR_MS);

/** A wall time that is looked at, and what is added to its instant because it is the second of its name. */
interface Place {
  wall: number;
  addedMs: number;
}

/** Is its day one of the pattern? Temporal asks the weekday of the instant, which where midnight is skipped is that of the day before. */
const isOnDay = ({ dayOfMonth, month, year, dayOfWeek }: WallPattern, wall: number, zone: ZoneTime): boolean => {
  if ((dayOfMonth ?? month ?? year ?? dayOfWeek) === undefined) return true;
  const date = new Date(wall);
  return (
    (year?.includes(date.getUTCFullYear()) ?? true) &&
    (month?.includes(date.getUTCMonth() + 1) ?? true) &&
    (dayOfMonth?.includes(date.getUTCDate()) ?? true) &&
    (dayOfWeek?.includes(new Date(zone.wallOf(zone.instantOf(wall))).getUTCDay()) ?? true)
  );
};

const firstOfHour = ({ minute, second }: WallPattern, wall: number): number | undefined => {
  const hour = floor(wall, HOUR_MS);
  for (const m of minute) {
    if (hour + (m + 1) * MINUTE_MS <= wall) continue;
    for (const s of second) {
      const found = hour + m * MINUTE_MS + s * SECOND_MS;
      if (found >= wall) return found;
    }
  }
  return undefined;
};

/** On to the next hour; when more than an hour lies between, once more through this one. */
const carry = ({ wall, addedMs }: Place, zone: ZoneTime): Place => {
  const hour = floor(wall, HOUR_MS);
  const isLonger = zone.instantOf(hour + HOUR_MS) - zone.instantOf(hour) > HOUR_MS;
  return addedMs === 0 && isLonger ? { wall: hour, addedMs: HOUR_MS } : { wall: hour + HOUR_MS, addedMs: 0 };
};

const start = (after: number, zone: ZoneTime): Place => {
  const wall = floor(zone.wallOf(after), SECOND_MS);
  const addedMs = hourOf(zone.wallOf(after - HOUR_MS)) === hourOf(wall) ? HOUR_MS : 0;
  const next = { wall: wall + SECOND_MS, addedMs };
  return next.wall % HOUR_MS === 0 ? carry({ wall, addedMs }, zone) : next;
};

/** As service/worker/scheduler/calendar.go of the Temporal server 1.29 looks for it, what it does wrong included. */
const nextOfCalendar = (pattern: WallPattern, zone: ZoneTime, after: number, to: number): number => {
  let place = start(after, zone);
  while (place.wall <= to + 2 * DAY_MS) {
    const day = floor(place.wall, DAY_MS);
    if (!isOnDay(pattern, place.wall, zone)) {
      place = { wall: day + DAY_MS, addedMs: 0 };
      continue;
    }
    while (!pattern.hour.includes(hourOf(place.wall)) && place.wall < day + DAY_MS)
      place = { wall: floor(place.wall, HOUR_MS) + HOUR_MS, addedMs: 0 };
    if (place.wall >= day + DAY_MS) continue;
    const wall = firstOfHour(pattern, place.wall);
    if (wall === undefined) {
      place = carry(place, zone);
      continue;
    }
    const instant = zone.instantOf(wall);
    if (hourOf(zone.wallOf(instant)) === hourOf(wall)) return instant + place.addedMs;
    place = { wall: floor(wall, HOUR_MS) + HOUR_MS, addedMs: place.addedMs };
  }
  return Number.POSITIVE_INFINITY;
};

const nextOfInterval = ({ everyMs, offsetMs }: Interval, after: number): number =>
  (Math.floor((after - offsetMs) / everyMs) + 1) * everyMs + offsetMs;

/** The instants in (from, to] as Temporal finds them when it starts at `from`; milliseconds since 1970. */
export const temporalInstants = (
  { calendars, intervals, skips }: Omit<FiringPlan, 'timezone'>,
  zone: ZoneTime,
  from: number,
  to: number,
): number[] => {
  const instants: number[] = [];
  const next = (after: number): number =>
    Math.min(
      ...calendars.map((pattern) => nextOfCalendar(pattern, zone, after, to)),
      ...intervals.map((interval) => nextOfInterval(interval, after)),
    );
  for (let instant = next(from); instant <= to; instant = next(instant))
    if (!skips.some((skip) => fits(skip, zone.wallOf(instant)))) instants.push(instant);
  return instants;
};
