import ICAL from 'ical.js';

// The library counts the space before a continued line for nothing: RFC 5545 has 75 octets with it.
ICAL.foldLength = 74;

/** An instant of a schedule, as a calendar shows it. */
export interface CalendarEvent {
  /** Of the schedule: with the instant it names the event. */
  uuid: string;
  schedule: string;
  name: string;
  job: string;
  /** ISO 8601, UTC. */
  at: string;
  /** Null: it is shown as a point in time. */
  end: string | null;
  /** A state of the ledger, or `planned`. */
  outcome: string;
  reason: string | null;
  lines: readonly string[];
}

/** What was planned and did not run is cancelled; what is to come may still be kept by a calendar or a limit. */
const STATUS: Readonly<Record<string, string>> = { planned: 'TENTATIVE', scheduled: 'TENTATIVE', skipped: 'CANCELLED' };
const SHOWN: Readonly<Record<string, string>> = { planned: 'planned', scheduled: 'due' };

const CONTROLS = /[\u0001-\u0009\u000B-\u001F\u007F]+/g; // oxlint-disable-line no-control-regex

/** TEXT of RFC 5545 holds no control characters; the library escapes the rest. */
const textOf = (text: string): string => text.replaceAll(CONTROLS, ' ');

const timeOf = (iso: string): InstanceType<typeof ICAL.Time> => ICAL.Time.fromJSDate(new Date(iso), true);

const reasonText = (reason: string | null): string => (reason === null ? '' : ` (${reason.replaceAll('_', ' ')})`);

const eventOf = ({ uuid, schedule, name, job, at, end, outcome, reason, lines }: CalendarEvent, stamp: InstanceType<typeof ICAL.Time>) => {
  const event = new ICAL.Component('vevent');
  const told = `${SHOWN[outcome] ?? outcome}${reasonText(reason)}`;
  event.addPropertyWithValue('uid', `${at.replaceAll(/[-:.]/g, '')}-${uuid}`);
  event.addPropertyWithValue('dtstamp', stamp);
  event.addPropertyWithValue('dtstart', timeOf(at));
  // Whole seconds: an end in the same one would be no time after the start.
  if (end !== null && Date.parse(end) - Date.parse(at) >= 1_000) event.addPropertyWithValue('dtend', timeOf(end));
  event.addPropertyWithValue('summary', textOf(outcome === 'planned' ? name : `${name}: ${told}`));
  event.addPropertyWithValue('description', textOf([`Schedule ${schedule} of job ${job}: ${told}`, ...lines].join('\n')));
  event.addPropertyWithValue('status', STATUS[outcome] ?? 'CONFIRMED');
  event.addPropertyWithValue('transp', 'TRANSPARENT');
  const categories = new ICAL.Property('categories');
  categories.setValues(['OpsConductor', outcome, ...(reason === null ? [] : [reason])]);
  event.addProperty(categories);
  return event;
};

const CUT = 'There is more than one feed holds: ask for fewer days, or for one schedule.';

/** An iCalendar document (RFC 5545): CRLF, folded at 75 octets. The event of an instant keeps its UID, whatever becomes of it. */
export const calendarFeed = ({
  title,
  events,
  isComplete,
  now,
}: {
  title: string;
  events: readonly CalendarEvent[];
  isComplete: boolean;
  now: Date;
}): string => {
  const calendar = new ICAL.Component('vcalendar');
  calendar.addPropertyWithValue('version', '2.0');
  calendar.addPropertyWithValue('prodid', '-//OpsConductor//Schedules//EN');
  calendar.addPropertyWithValue('calscale', 'GREGORIAN');
  calendar.addPropertyWithValue('method', 'PUBLISH');
  calendar.addPropertyWithValue('x-wr-calname', title);
  if (!isComplete) calendar.addPropertyWithValue('x-wr-caldesc', CUT);
  const stamp = timeOf(now.toISOString());
  for (const event of events) calendar.addSubcomponent(eventOf(event, stamp));
  return `${calendar.toString()}\r\n`;
};
