import ICAL from 'ical.js';
import type { CalendarWindow } from '../../contracts/json/schedules.ts';
import { windowProblems } from './calendar-problems.ts';
import { readIcalTime } from './wall-times.ts';
import { DAY_MS, isZone, zoneClock } from './zone-clock.ts';

type IcalWindow = NonNullable<CalendarWindow['ical']>;

/** An event that cannot be a window. */
export interface RefusedEvent {
  /** Its place in the file, from 1. */
  event: number;
  uid: string | null;
  summary: string | null;
  reason: string;
}

export interface ReadEvents {
  timezone: string;
  windows: CalendarWindow[];
  refused: RefusedEvent[];
}

export interface IcsOptions {
  kind: CalendarWindow['kind'];
  timezone: string | undefined;
  /** IANA zones of other names. */
  zones: Readonly<Record<string, string>>;
}

/** Why the text, or an event, cannot be taken; a sentence. */
export class UnreadableIcs extends Error {}

interface Event {
  place: number;
  component: ICAL.Component;
  uid: string | null;
  summary: string | null;
}

const LONGEST_SUMMARY = 500;
const MOST_EVENTS = 5_000;

/** Reads the events of an iCalendar file as windows. @throws UnreadableIcs for what is no such file */
export const readIcs = (text: string, { kind, timezone, zones }: IcsOptions): ReadEvents => {
  const events = eventsOf(text);
  const zoneOf = zoneReader(events.root, zones);
  const zone = timezone ?? zoneOfFile(events.root, events.all, zoneOf);
  const changes = changesOf(events.all, zoneOf, zone);
  const windows: CalendarWindow[] = [];
  const refused: RefusedEvent[] = [];
  for (const event of events.all) {
    const { place, uid, summary } = event;
    try {
      const window = windowOf(event, { kind, zone, zoneOf, changes });
      if (window !== undefined) windows.push(window);
    } catch (error) {
      if (!(error instanceof UnreadableIcs)) throw error;
      refused.push({ event: place, uid, summary, reason: error.message });
    }
  }
  return { timezone: zone, windows, refused };
};

const eventsOf = (text: string): { root: ICAL.Component[]; all: Event[] } => {
  const root = parse(text);
  const components = root.flatMap((calendar) => calendar.getAllSubcomponents('vevent'));
  if (root.every(({ name }) => name !== 'vcalendar'))
    throw new UnreadableIcs('It is no iCalendar file: it must begin with BEGIN:VCALENDAR.');
  if (components.length > MOST_EVENTS) throw new UnreadableIcs(`It has ${components.length} events; ${MOST_EVENTS} at most can be read.`);
  return {
    root,
    all: components.map((component, index) => ({
      place: index + 1,
      component,
      uid: textOf(component, 'uid'),
      summary: textOf(component, 'summary'),
    })),
  };
};

const parse = (text: string): ICAL.Component[] => {
  try {
    const parsed: unknown[] = ICAL.parse(text);
    const many = (typeof parsed[0] === 'string' ? [parsed] : parsed) as unknown[][];
    return many.map((jcal) => new ICAL.Component(jcal));
  } catch (error) {
    throw new UnreadableIcs(`It is no iCalendar file that can be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
};

const textOf = (component: ICAL.Component, name: string): string | null => {
  const value = component.getFirstPropertyValue(name);
  return value === null || value === undefined ? null : cleaned(String(value));
};

/** As it can be stored and shown. */
const cleaned = (text: string): string => text.toWellFormed().replaceAll('\u0000', '').slice(0, LONGEST_SUMMARY);

/** @throws UnreadableIcs for a name that is no zone */
type ZoneOf = (name: string) => string;

const zoneReader = (root: readonly ICAL.Component[], zones: Readonly<Record<string, string>>): ZoneOf => {
  const declared = new Map<string, string>();
  for (const zone of root.flatMap((calendar) => calendar.getAllSubcomponents('vtimezone'))) {
    const [id, location] = [textOf(zone, 'tzid'), textOf(zone, 'x-lic-location')];
    if (id !== null && location !== null && isZone(location)) declared.set(id, location);
  }
  return (name) => {
    const known = Object.hasOwn(zones, name) ? zones[name] : isZone(name) ? name : declared.get(name);
    if (known !== undefined) return known;
    throw new UnreadableIcs(`Its zone ${JSON.stringify(name)} is no IANA zone; say in \`zones\` which one it is.`);
  };
};

const zoneOfFile = (root: readonly ICAL.Component[], events: readonly Event[], zoneOf: ZoneOf): string => {
  const named = [
    ...root.map((calendar) => textOf(calendar, 'x-wr-timezone')),
    ...events.map(({ component }) => tzidOf(component.getFirstProperty('dtstart')) ?? null),
  ];
  for (const name of named) {
    try {
      if (name !== null) return zoneOf(name);
    } catch (error) {
      if (!(error instanceof UnreadableIcs)) throw error;
    }
  }
  return 'UTC';
};

const tzidOf = (property: ICAL.Property | null): string | undefined => {
  const tzid: unknown = property?.getParameter('tzid');
  return typeof tzid === 'string' ? tzid : undefined;
};

/** `20250301T100000`, with a Z, or a date. */
const icalText = (time: ICAL.Time): string => {
  const text = time.toICALString();
  if (readIcalTime(text) === undefined) throw new UnreadableIcs(`It has a time that there is not: ${text}.`);
  return text;
};

const MILLISECONDS = 1_000;
const utcText = (instant: number): string => `${new Date(instant).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
const wallMs = (text: string): number => readIcalTime(text)?.time ?? 0;

interface Moment {
  text: string;
  /** Its zone, where that is another than the calendar's. */
  otherZone: string | undefined;
}

const momentOf = (property: ICAL.Property, value: unknown, zoneOf: ZoneOf, calendarZone: string): Moment => {
  if (!(value instanceof ICAL.Time)) throw new UnreadableIcs(`Its ${property.name.toUpperCase()} is no time.`);
  const text = icalText(value);
  const tzid = tzidOf(property);
  const zone = tzid === undefined || text.endsWith('Z') || value.isDate ? undefined : zoneOf(tzid);
  return { text, otherZone: zone === calendarZone ? undefined : zone };
};

const inUtc = ({ text, otherZone }: Moment): string =>
  otherZone === undefined ? text : utcText(zoneClock(otherZone).instantOf(wallMs(text)));

const momentsOf = (component: ICAL.Component, name: string, zoneOf: ZoneOf, zone: string): Moment[] =>
  component
    .getAllProperties(name)
    .flatMap((property) => property.getValues().map((value: unknown) => momentOf(property, value, zoneOf, zone)));

/** Times, by uid, of occurrences that events of their own replace. */
type Changes = ReadonlyMap<string, string[]>;

const changesOf = (events: readonly Event[], zoneOf: ZoneOf, zone: string): Changes => {
  const changes = new Map<string, string[]>();
  for (const { component, uid } of events) {
    try {
      const [replaced] = momentsOf(component, 'recurrence-id', zoneOf, zone);
      if (replaced !== undefined && uid !== null) changes.set(uid, [...(changes.get(uid) ?? []), inUtc(replaced)]);
    } catch (error) {
      // It is told of the event itself.
      if (!(error instanceof UnreadableIcs)) throw error;
    }
  }
  return changes;
};

interface Reading {
  kind: CalendarWindow['kind'];
  zone: string;
  zoneOf: ZoneOf;
  changes: Changes;
}

const windowOf = ({ component, uid, summary }: Event, { kind, zone, zoneOf, changes }: Reading): CalendarWindow | undefined => {
  if (textOf(component, 'status')?.toUpperCase() === 'CANCELLED') return undefined;
  for (const name of ['rdate', 'exrule'])
    if (component.hasProperty(name)) throw new UnreadableIcs(`It has ${name.toUpperCase()}, which a window cannot.`);
  const [start] = momentsOf(component, 'dtstart', zoneOf, zone);
  if (start === undefined) throw new UnreadableIcs('It has no DTSTART.');
  const rrule = ruleOf(component);
  if (start.otherZone !== undefined && rrule !== undefined)
    throw new UnreadableIcs(`It recurs in the zone ${start.otherZone}, the calendar is of ${zone}: import it into one of that zone.`);
  const isChange = component.hasProperty('recurrence-id');
  const exdates = [
    ...momentsOf(component, 'exdate', zoneOf, zone).map(inUtc),
    ...(isChange || uid === null ? [] : (changes.get(uid) ?? [])),
  ];
  const ical: IcalWindow = {
    dtstart: inUtc(start),
    duration: durationOf(component, start, zoneOf, zone),
    ...(rrule !== undefined && { rrule }),
    ...(exdates.length > 0 && rrule !== undefined && { exdates }),
  };
  const window: CalendarWindow = { kind, ...(summary !== null && summary !== '' && { summary }), ical };
  const [problem] = windowProblems(window);
  if (problem !== undefined) throw new UnreadableIcs(`${problem.path.replace(/^ical\./, '').toUpperCase()} ${problem.message}.`);
  return window;
};

const ruleOf = (component: ICAL.Component): string | undefined => {
  const rules = component.getAllProperties('rrule');
  if (rules.length > 1) throw new UnreadableIcs('It has several rules.');
  const [rule] = rules;
  return rule === undefined ? undefined : String(rule.getFirstValue());
};

const durationOf = (component: ICAL.Component, start: Moment, zoneOf: ZoneOf, zone: string): string => {
  const isDate = !start.text.includes('T');
  const duration = component.getFirstPropertyValue('duration');
  if (duration instanceof ICAL.Duration) {
    if (duration.isNegative) throw new UnreadableIcs('Its DURATION is negative.');
    return duration.toString();
  }
  const [end] = momentsOf(component, 'dtend', zoneOf, zone);
  if (end === undefined) {
    if (isDate) return 'P1D';
    throw new UnreadableIcs('It has no length: neither DTEND nor DURATION.');
  }
  if (isDate) return `P${Math.round((wallMs(end.text) - wallMs(start.text)) / DAY_MS)}D`;
  const length = instantOf(end, zone) - instantOf(start, zone);
  if (length <= 0) throw new UnreadableIcs('It ends before it begins.');
  return `PT${Math.round(length / MILLISECONDS)}S`;
};

const instantOf = (moment: Moment, zone: string): number => {
  const text = inUtc(moment);
  return text.endsWith('Z') ? wallMs(text) : zoneClock(zone).instantOf(wallMs(text));
};
