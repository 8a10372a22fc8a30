import { fits } from './wall-pattern.ts';
import type { WallPattern } from './wall-pattern.ts';
import type { ClockChange } from './zone-changes.ts';
import type { ZoneTime } from './zone-time.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const wallsIn = (pattern: WallPattern, hour: number): number[] =>
  pattern.minute
    .flatMap((minute) => pattern.second.map((second) => hour + minute * MINUTE_MS + second * SECOND_MS))
    .filter((wall) => fits(pattern, wall));

/**
 * When clocks go back Temporal 1.29 looks for a wall time a second time, an hour later, if between that hour and the next more than an hour passes: Berlin's 01:30 fires also at the
 * first 02:30 (temporal guide, 12.12).
 * @returns that instant (milliseconds since 1970), if clocks then show a time that is none of the pattern.
 */
export const spuriousFiring = (pattern: WallPattern, { at, afterMs }: ClockChange, zone: ZoneTime): number | undefined => {
  const doubledFrom = at + afterMs;
  const lastHour = Math.floor(doubledFrom / HOUR_MS) * HOUR_MS;
  for (const hour of [lastHour - HOUR_MS, lastHour]) {
    if (zone.instantOf(hour + HOUR_MS) - zone.instantOf(hour) <= HOUR_MS) continue;
    const walls = wallsIn(pattern, hour);
    const [first, last] = [walls[0], walls.at(-1)];
    if (first === undefined || last === undefined || last >= doubledFrom) continue;
    const instant = zone.instantOf(first) + HOUR_MS;
    if (!fits(pattern, zone.wallOf(instant))) return instant;
  }
  return undefined;
};
