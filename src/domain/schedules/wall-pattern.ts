export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Wall times, as one calendar of Temporal has them: all fields must fit. A field that is left out fits always. */
export interface WallPattern {
  second: readonly number[];
  minute: readonly number[];
  hour: readonly number[];
  dayOfMonth?: readonly number[];
  /** 1 January … 12 December. */
  month?: readonly number[];
  year?: readonly number[];
  /** 0 Sunday … 6 Saturday. */
  dayOfWeek?: readonly number[];
}

export type DayFields = Pick<WallPattern, 'dayOfMonth' | 'month' | 'year' | 'dayOfWeek'>;

/** All whole numbers from the first to the last. */
export const span = (first: number, last: number, step = 1): number[] =>
  Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, index) => first + index * step);

/** @param text a time of day such as 02:30 or 02:30:15. */
export const atTime = (text: string): Pick<WallPattern, 'second' | 'minute' | 'hour'> => {
  const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number);
  return { second: [second], minute: [minute], hour: [hour] };
};

const share = (one: readonly number[] | undefined, other: readonly number[] | undefined): boolean =>
  one === undefined || other === undefined || one.some((value) => other.includes(value));

/** Can there be a wall time that both have? It says yes too often (days of month and week are looked at apart), never too rarely. */
export const mayOverlap = (one: WallPattern, other: WallPattern): boolean =>
  (['second', 'minute', 'hour', 'dayOfMonth', 'month', 'year', 'dayOfWeek'] as const).every((field) => share(one[field], other[field]));

/** @param wallMs the wall time as if it were one of UTC. */
export const fits = (pattern: WallPattern, wallMs: number): boolean => {
  const wall = new Date(wallMs);
  // The time of day first: most fail by it, and this is asked of each instant.
  return (
    share(pattern.second, [wall.getUTCSeconds()]) &&
    share(pattern.minute, [wall.getUTCMinutes()]) &&
    share(pattern.hour, [wall.getUTCHours()]) &&
    share(pattern.dayOfMonth, [wall.getUTCDate()]) &&
    share(pattern.month, [wall.getUTCMonth() + 1]) &&
    share(pattern.year, [wall.getUTCFullYear()]) &&
    share(pattern.dayOfWeek, [wall.getUTCDay()])
  );
};
