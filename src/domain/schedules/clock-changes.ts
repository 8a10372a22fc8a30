import type { ScheduleRule } from '../../contracts/schedule-rule.ts';
import { createZoneOffset } from '../zoned-time.ts';
import { planFirings } from './firing-plan.ts';
import type { FiringPlan } from './firing-plan.ts';
import { hits } from './skips.ts';
import { temporalInstants } from './temporal-instants.ts';
import { DAY_MS, fits, HOUR_MS, MINUTE_MS, SECOND_MS } from './wall-pattern.ts';
import type { WallPattern } from './wall-pattern.ts';
import { zoneChanges } from './zone-changes.ts';
import type { ClockChange } from './zone-changes.ts';
import { createZoneTime } from './zone-time.ts';
import type { ZoneTime } from './zone-time.ts';

/** What is not done on the day of a change is told for a day before and after. */
const AROUND_MS = DAY_MS;
/** Temporal's search begins so much earlier, so that it is not the beginning that decides what is found. */
const LEAD_MS = 6 * HOUR_MS;
const MOST_NAMED = 4;

const dateText = (wall: number): string => new Date(wall).toISOString().slice(0, 10);
const timeText = (wall: number): string => new Date(wall).toISOString().slice(11, wall % MINUTE_MS === 0 ? 16 : 19);

const wallsOf = (pattern: WallPattern, from: number, to: number): number[] => {
  const walls: number[] = [];
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day <= to; day += DAY_MS)
    for (const hour of pattern.hour)
      for (const minute of pattern.minute)
        for (const second of pattern.second) walls.push(day + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS);
  return walls.filter((wall) => wall > from && wall <= to && fits(pattern, wall));
};

/** What becomes of a wall time, if that is worth saying. */
const fateOf = (wall: number, { at, beforeMs, afterMs }: ClockChange, fired: ReadonlySet<number>): string | undefined => {
  const isDoubled = wall >= at + afterMs && wall < at + beforeMs;
  const [first, second] = [fired.has(wall - beforeMs), fired.has(wall - afterMs)];
  if (isDoubled && first && second) return 'fires twice';
  if (isDoubled && first) return 'fires once, the first time';
  if (isDoubled && second) return 'fires once, the second time';
  const isAfter = wall >= at + Math.max(beforeMs, afterMs);
  return (isAfter ? second : first && !isDoubled && wall < at + beforeMs) ? undefined : 'does not fire that day';
};

const namesOf = (walls: readonly number[]): string => {
  const names = walls.map((wall) => timeText(wall));
  const last = names.pop() ?? '';
  if (names.length >= MOST_NAMED) return `each of the ${names.length + 1} times from ${names[0]} to ${last}`;
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
};

const inPlural = (fate: string): string => fate.replace('does', 'do').replace('fires', 'fire');
const clauseOf = (fate: string, walls: readonly number[]): string =>
  `${namesOf(walls)} ${walls.length > 1 && walls.length <= MOST_NAMED ? inPlural(fate) : fate}`;

const changeText = (zone: string, { at, beforeMs, afterMs }: ClockChange): string => {
  const [from, to] = [at + Math.min(beforeMs, afterMs), at + Math.max(beforeMs, afterMs)];
  const what = afterMs > beforeMs ? `skip ${timeText(from)}–${timeText(to)}` : `show ${timeText(from)}–${timeText(to)} twice`;
  return `On ${dateText(from)} clocks in ${zone} ${what}`;
};

/** Firings at times that are in no rule, where a skip was not possible. */
const strayClauses = ({ calendars, intervals }: FiringPlan, fired: Iterable<number>, zone: ZoneTime): string[] => {
  const strays = [...fired]
    .filter((instant) => !intervals.some((interval) => hits(interval, instant)))
    .map((instant) => zone.wallOf(instant))
    .filter((wall) => !calendars.some((pattern) => fits(pattern, wall)));
  return strays.length === 0 ? [] : [`it also fires at ${namesOf(strays)}, which no rule says`];
};

const noteOf = (plan: FiringPlan, change: ClockChange, zone: ZoneTime): string | undefined => {
  const { at, beforeMs, afterMs } = change;
  const [from, to] = [at - AROUND_MS, at + AROUND_MS];
  const fired = new Set(temporalInstants(plan, zone, from - LEAD_MS, to + HOUR_MS));
  const walls = new Set(plan.calendars.flatMap((pattern) => wallsOf(pattern, from + beforeMs, to + afterMs)));
  const told = [...walls].sort((a, b) => a - b).map((wall) => ({ wall, fate: fateOf(wall, change, fired) }));
  const clauses = [...Map.groupBy(told, ({ fate }) => fate)].flatMap(([fate, those]) =>
    fate === undefined
      ? []
      : clauseOf(
          fate,
          those.map(({ wall }) => wall),
        ),
  );
  clauses.push(...strayClauses(plan, fired, zone));
  return clauses.length === 0 ? undefined : `${changeText(plan.timezone, change)}: ${clauses.join('; ')}.`;
};

/**
 * What changes of clocks from one time to another do to the wall times of these rules, a sentence for each change that does something. It is said of Temporal 1.29, errors included.
 * @throws RangeError for a zone that there is not.
 */
export const clockNotes = ({ when, timezone }: { when: readonly ScheduleRule[]; timezone: string }, from: Date, to: Date): string[] => {
  const plan = planFirings({ when, timezone });
  if (plan.calendars.length === 0 || plan.timezone !== timezone) return [];
  const changes = zoneChanges(timezone, from.getTime(), to.getTime());
  const known = zoneChanges(timezone, from.getTime() - 2 * AROUND_MS, to.getTime() + 2 * AROUND_MS);
  const zone = createZoneTime(known, createZoneOffset(timezone)(from.getTime()));
  return changes.flatMap((change) => noteOf(plan, change, zone) ?? []);
};
