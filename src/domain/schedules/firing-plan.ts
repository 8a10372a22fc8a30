import type { ScheduleRule } from '../../contracts/schedule-rule.ts';
import { createZoneOffset } from '../zoned-time.ts';
import { evenInterval } from './even-interval.ts';
import type { Interval } from './even-interval.ts';
import { patternsOfRule } from './rule-patterns.ts';
import { skipsFor } from './skips.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './wall-pattern.ts';
import type { WallPattern } from './wall-pattern.ts';
import { zoneChanges } from './zone-changes.ts';
import type { ClockChange } from './zone-changes.ts';
import { createZoneTime } from './zone-time.ts';

const UNIT_MS = { m: MINUTE_MS, h: HOUR_MS } as const;
/** The changes of clocks are looked at in these years: the days on which they may fall repeat within. */
const LOOKED_AT = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2040, 0, 1) };
const changesOf = new Map<string, ClockChange[]>();

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
const onceOf = ({ once }: ScheduleRule, timezone: string): { calendars: WallPattern[]; intervals: Interval[] } => {
  if (once === undefined) return { calendars: [], intervals: [] };
  const instant = Math.floor(Date.parse(once) / SECOND_MS) * SECOND_MS;
  return zoneChanges(timezone, instant - NEAR_MS, instant + NEAR_MS).length > 0
    ? { calendars: [], intervals: [{ everyMs: instant, offsetMs: 0 }] }
    : { calendars: [oncePattern(instant + createZoneOffset(timezone)(instant))], intervals: [] };
};

/** Of the years that are looked at; asked of Intl once for each zone. */
const knownChanges = (timezone: string): ClockChange[] => {
  const changes = changesOf.get(timezone) ?? zoneChanges(timezone, LOOKED_AT.from, LOOKED_AT.to);
  changesOf.set(timezone, changes);
  return changes;
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
  const changes = knownChanges(timezone);
  const walls = wallRules(when, changes);
  const zoneName = walls.calendars.length === 0 ? 'UTC' : timezone;
  const onces = when.map((rule) => onceOf(rule, zoneName));
  const intervals = [...when.flatMap((rule) => intervalsOf(rule)), ...walls.intervals, ...onces.flatMap((once) => once.intervals)];
  const calendars = [...walls.calendars, ...onces.flatMap((once) => once.calendars)];
  const skips = zoneName === 'UTC' ? [] : skipsFor({ calendars, intervals }, changes, createZoneTime(changes, 0));
  return { timezone: zoneName, calendars, intervals, skips };
};
