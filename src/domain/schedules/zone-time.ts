import { createZoneOffset } from '../zoned-time.ts';

/** Wall times and instants of a zone, all in milliseconds since 1970; a wall time is written as if it were one of UTC. */
export interface ZoneTime {
  offsetAt: (instant: number) => number;
  wallOf: (instant: number) => number;
  /** The instant that Temporal, which is written in Go, takes for a wall time: of two the later one where clocks are then ahead of UTC, else the earlier. */
  instantOf: (wall: number) => number;
}

/** @param zone IANA name. @throws RangeError for one that there is not. */
export const createZoneTime = (zone: string): ZoneTime => {
  const offsetAt = createZoneOffset(zone);
  return {
    offsetAt,
    wallOf: (instant) => instant + offsetAt(instant),
    // As time.Date of Go guesses: by the offset at the wall time taken as UTC, and when that was not yet or no more in force, by the one that was.
    instantOf: (wall) => {
      const guess = wall - offsetAt(wall);
      return wall - offsetAt(guess);
    },
  };
};
