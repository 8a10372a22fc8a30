import type { Calendar, CalendarBlackouts, CalendarSummary } from '../client/index.ts';
import { cleanText } from './terminal/clean-text.ts';
import { renderTable } from './terminal/render-table.ts';
import { timeText } from './terminal/time-text.ts';

type Window = Calendar['windows'][number];

const DAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const FOREVER = 'with no end in sight';

const stateText = ({ blackout }: CalendarSummary): string =>
  blackout === null ? 'open' : `blackout ${blackout.until === null ? FOREVER : `until ${timeText(blackout.until)}`}`;

/** Calendars as a table. */
export const calendarTable = (calendars: readonly CalendarSummary[], width: number | undefined): string => {
  const rows = calendars.map((one) => [
    one.name,
    stateText(one),
    one.timezone,
    String(one.window_count),
    one.firing_effect,
    one.holds_runs ? 'yes' : 'no',
    one.target_selector ?? '',
  ]);
  return renderTable([['NAME', 'NOW', 'ZONE', 'WINDOWS', 'FIRINGS', 'HOLDS RUNS', 'TARGETS'], ...rows], { width, right: [3] });
};

const whenText = ({ weekly, dates, ical }: Window): string => {
  if (weekly !== undefined) return `${weekly.days.map((day) => DAYS[day]).join(' ')}  ${weekly.from}–${weekly.to}`;
  if (dates !== undefined) return `${dates.from} – ${dates.to}`;
  if (ical === undefined) return '';
  const { dtstart, duration, rrule, exdates = [] } = ical;
  return [
    `${dtstart} ${duration}`,
    ...(rrule === undefined ? [] : [rrule]),
    ...(exdates.length === 0 ? [] : [`without ${exdates.length} of them`]),
  ].join(', ');
};

const usersText = ({ used_by: { jobs, schedules } }: Calendar): string[] => [
  ...schedules.map(({ schedule_serial: serial, name }) => `named by schedule ${serial}  ${name}`),
  ...jobs.map(({ job_serial: serial, name }) => `named by job ${serial}  ${name}`),
];

/** A calendar with its windows, and what names it. */
export const calendarText = (calendar: Calendar, width: number | undefined): string => {
  const { blackout, description, target_selector: selector } = calendar;
  const lines = [
    `${calendar.name}  ${calendar.timezone}  ${stateText(calendar)}${blackout?.summary == null ? '' : ` (${blackout.summary})`}`,
    ...(description === null ? [] : [`  ${description}`]),
    calendar.firing_effect === 'skip' ? 'firings in a blackout are skipped' : 'firings in a blackout are postponed to its end',
    ...(calendar.holds_runs ? ['runs that go on are held between their actions'] : []),
    ...(selector === null ? [] : [`targets: ${selector}`]),
    ...usersText(calendar),
  ];
  const rows = calendar.windows.map((window) => [window.kind, whenText(window), window.summary ?? '']);
  const head = lines.map((line) => `${cleanText(line)}\n`).join('');
  return rows.length === 0 ? head : `${head}${renderTable([['KIND', 'WHEN', 'SUMMARY'], ...rows], { width })}`;
};

/** When a calendar is blacked out, in the zone of this machine. */
export const blackoutTable = ({ blackouts }: CalendarBlackouts, width: number | undefined): string => {
  const rows = blackouts.map(({ from, to, summaries }) => [timeText(from), timeText(to), summaries.join(', ')]);
  return renderTable([['FROM', 'TO', 'WHY'], ...rows], { width });
};
