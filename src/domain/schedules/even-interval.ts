import type { WallPattern } from './wall-pattern.ts';
import { MINUTE_MS, span } from './wall-pattern.ts';
import type { ClockChange } from './zone-changes.ts';

const MINUTES_OF_HOUR = 60;

/** Instants that have no end: every so many milliseconds from 1970 on, that much later. */
export interface Interval {
  everyMs: number;
  offsetMs: number;
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

const isEven = (minutes: readonly number[], step: number): boolean =>
  Number.isInteger(step) && minutes.every((minute, index) => minute === (minutes[0] ?? 0) + index * step);

/**
 * Wall times that go on evenly through all hours of all days, as instants: as a calendar they would lose some of the hour that clocks show twice (temporal guide, 12.12).
 * @returns undefined for those that do not, and where a change of clocks breaks the rhythm (every 20 minutes in a zone that shifts by half an hour).
 */
export const evenInterval = (pattern: WallPattern, changes: readonly ClockChange[]): Interval | undefined => {
  const { minute, hour, second, ...days } = pattern;
  if (Object.values(days).length > 0 || hour.length < span(0, 23).length || second.length > 1) return undefined;
  const step = MINUTES_OF_HOUR / minute.length;
  if (!isEven(minute, step)) return undefined;
  const everyMs = step * MINUTE_MS;
  const offsets = new Set(changes.flatMap(({ beforeMs, afterMs }) => [beforeMs, afterMs]).map((offset) => modulo(offset, everyMs)));
  const [offset] = offsets;
  if (offset === undefined || offsets.size > 1) return undefined;
  return { everyMs, offsetMs: modulo((minute[0] ?? 0) * MINUTE_MS - offset, everyMs) };
};
