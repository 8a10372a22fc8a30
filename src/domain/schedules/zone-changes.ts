import { createZoneOffset } from '../zoned-time.ts';
import { DAY_MS, SECOND_MS } from './wall-pattern.ts';

/** Of its two changes a year no zone makes both within a week. */
const STEP_MS = 7 * DAY_MS;

/** Clocks of a zone are set at an instant (milliseconds since 1970): from so far ahead of UTC to so far. */
export interface ClockChange {
  at: number;
  beforeMs: number;
  afterMs: number;
}

/** The first second of the later offset, known to be in (from, to]. */
const instantOf = (offsetAt: (time: number) => number, from: number, to: number): number => {
  const before = offsetAt(from);
  let [low, high] = [from, to];
  while (high - low > SECOND_MS) {
    const middle = low + Math.floor((high - low) / 2 / SECOND_MS) * SECOND_MS;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
};

/** The changes of clocks of a zone in (from, to], ascending. Times in milliseconds since 1970. */
export const zoneChanges = (zone: string, from: number, to: number): ClockChange[] => {
  const offsetAt = createZoneOffset(zone);
  const changes: ClockChange[] = [];
  let low = Math.floor(from / SECOND_MS) * SECOND_MS;
  while (low < to) {
    const high = Math.min(low + STEP_MS, Math.floor(to / SECOND_MS) * SECOND_MS);
    if (high <= low) break;
    const [beforeMs, afterMs] = [offsetAt(low), offsetAt(high)];
    if (beforeMs !== afterMs) changes.push({ at: instantOf(offsetAt, low, high), beforeMs, afterMs });
    low = high;
  }
  return changes;
};
