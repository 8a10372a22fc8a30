import type { ScheduleRule } from '../../contracts/schedule-rule.ts';
import { evenInterval } from './even-interval.ts';
import type { Interval } from './even-interval.ts';
import { patternsOfRule } from './rule-patterns.ts';
import { skipsFor } from './skips.ts';
import type { WallPattern } from './wall-pattern.ts';
import { zoneChanges } from './zone-changes.ts';
import type { ClockChange } from './zone-changes.ts';
import { createZoneTime } from './zone-time.ts';
import type { ZoneTime } from './zone-time.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const UNIT_MS = { m: 60_000, h: HOUR_MS } as const;
/** The rules of zones are looked at for these years; all of them repeat within. */
const LOOKED_AT = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2046, 0, 1) };
/** So near to a change of clocks a wall time may be ambiguous. */
const NEAR_MS = 3 * HOUR_MS;

/** When a schedule fires, in terms of Temporal. */
export interface FiringPlan {
  /** Of its calendars and skips: UTC when no rule follows clocks. */
  timezone: string;
  calendars: WallPattern[];
  intervals: Interval[];
  skips: WallPattern[];
}

const intervalsOf = ({ every }: ScheduleRule): Interval[] =>
  every === undefined ? [] : [{ everyMs: Number(every.slice(0, -1)) * UNIT_MS[every.endsWith('m') ? 'm' : 'h'], offsetMs: 0 }];

const oncePattern = (wall: number): WallPattern => {
  const date = new Date(wall);
  return {
    second: [date.getUTCSeconds()],
    minute: [date.getUTCMinutes()],
    hour: [date.getUTCHours()],
    dayOfMonth: [date.getUTCDate()],
    month: [date.getUTCMonth() + 1],
    year: [date.getUTCFullYear()],
  };
};

/**
 * An instant as the wall time of its date; near a change of clocks, where that may be shown twice, as an interval of its whole distance from 1970 (once more
 * after as long a time, in 2082 at the earliest).
 */
const onceOf = ({ once }: ScheduleRule, zone: ZoneTime, timezone: string): { calendars: WallPattern[]; intervals: Interval[] } => {
  if (once === undefined) return { calendars: [], intervals: [] };
  const instant = Math.floor(Date.parse(once) / SECOND_MS) * SECOND_MS;
  return zoneChanges(timezone, instant - NEAR_MS, instant + NEAR_MS).length > 0
    ? { calendars: [], intervals: [{ everyMs: instant, offsetMs: 0 }] }
    : { calendars: [oncePattern(zone.wallOf(instant))], intervals: [] };
};

const wallRules = (when: readonly ScheduleRule[], changes: readonly ClockChange[]) => {
  const patterns = when.flatMap((rule) => patternsOfRule(rule));
  const even = patterns.map((pattern) => evenInterval(pattern, changes));
  return { calendars: patterns.filter((_pattern, index) => even[index] === undefined), intervals: even.flatMap((found) => found ?? []) };
};

/**
 * How Temporal is told when a schedule fires.
 * @param timezone IANA name. @throws RangeError for one that there is not.
 */
export const planFirings = ({ when, timezone }: { when: readonly ScheduleRule[]; timezone: string }): FiringPlan => {
  const changes = zoneChanges(timezone, LOOKED_AT.from, LOOKED_AT.to);
  const walls = wallRules(when, changes);
  const zoneName = walls.calendars.length === 0 ? 'UTC' : timezone;
  const zone = createZoneTime(zoneName);
  const onces = when.map((rule) => onceOf(rule, zone, zoneName));
  const intervals = [...when.flatMap((rule) => intervalsOf(rule)), ...walls.intervals, ...onces.flatMap((once) => once.intervals)];
  const calendars = [...walls.calendars, ...onces.flatMap((once) => once.calendars)];
  return { timezone: zoneName, calendars, intervals, skips: skipsFor(calendars, intervals, changes, zone) };
};
