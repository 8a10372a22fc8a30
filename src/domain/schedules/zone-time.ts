import type { ClockChange } from './zone-changes.ts';

/** Wall times and instants of a zone, all in milliseconds since 1970; a wall time is written as if it were one of UTC. */
export interface ZoneTime {
  wallOf: (instant: number) => number;
  /** The instant that Temporal, which is written in Go, takes for a wall time: of two the later one where clocks are then ahead of UTC, else the earlier. */
  instantOf: (wall: number) => number;
}

/** The offset from UTC (milliseconds) at any instant, of a zone that has these changes, ascending. */
const offsetsOf =
  (changes: readonly ClockChange[], withoutMs: number): ((instant: number) => number) =>
  (instant) =>
    changes.findLast(({ at }) => at <= instant)?.afterMs ?? changes[0]?.beforeMs ?? withoutMs;

/**
 * A zone in the years of these changes.
 * @param withoutMs its offset when there are none.
 */
export const createZoneTime = (changes: readonly ClockChange[], withoutMs: number): ZoneTime => {
  const offsetAt = offsetsOf(changes, withoutMs);
  return {
    wallOf: (instant) => instant + offsetAt(instant),
    // As time.Date of Go guesses: by the offset at the wall time taken as UTC, and when that was not yet or no more in force, by the one that was.
    instantOf: (wall) => wall - offsetAt(wall - offsetAt(wall)),
  };
};
