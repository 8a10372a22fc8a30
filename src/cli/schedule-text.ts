import type { Schedule, ScheduleFiring, ScheduleSummary } from '../client/index.ts';
import { createZonedTime } from '../domain/zoned-time.ts';
import { cleanText } from './terminal/clean-text.ts';
import { durationText } from './terminal/duration-text.ts';
import type { Paint } from './terminal/paint.ts';

type Rule = ScheduleSummary['when'][number];

const DAYS = (days: readonly string[]): string => days.map((day) => `${day.slice(0, 1).toUpperCase()}${day.slice(1, 3)}`).join(' ');
const NTH = ['', '1st', '2nd', '3rd', '4th', '5th'];

const monthlyText = ({ day, week, on = [], at }: NonNullable<Rule['monthly']>): string => {
  if (day !== undefined) return `monthly on ${day === 'last' ? 'the last day' : `day ${day}`} ${at}`;
  return `monthly on the ${week === 'last' ? 'last' : (NTH[week ?? 0] ?? '')} ${DAYS(on)} ${at}`;
};

/** A rule in a few words, times as clocks in its zone show them. */
export const ruleText = ({ once, every, daily, weekly, monthly, cron }: Rule): string => {
  if (once !== undefined) return `once ${once.replace('T', ' ').replace(/(:00)?\.000Z$/, ' UTC')}`;
  if (every !== undefined) return `every ${every}`;
  if (daily !== undefined) return `daily ${daily.at}`;
  if (weekly !== undefined) return `${DAYS(weekly.on)} ${weekly.at}`;
  if (monthly !== undefined) return monthlyText(monthly);
  return `cron ${cron ?? ''}`;
};

/** Its rules have a time of day, which its zone decides. */
const hasWallTimes = ({ when }: Pick<ScheduleSummary, 'when'>): boolean =>
  when.some(({ once, every }) => once === undefined && every === undefined);

/** All rules, and the zone where it matters. */
export const whenText = (schedule: Pick<ScheduleSummary, 'when' | 'timezone'>): string =>
  `${schedule.when.map(ruleText).join('; ')}${hasWallTimes(schedule) ? ` ${schedule.timezone}` : ''}`;

/** A local time of the API without its milliseconds, and without seconds where there are none: `2026-12-01 03:30 +01:00`. */
export const shortLocal = (local: string): string => local.replace(/(:00)?\.\d{3} /, ' ');

/** A time as it is read in a zone. */
export const inZone = (iso: string, zone: string): string => shortLocal(createZonedTime(zone)(iso));

export const inUtc = (iso: string): string =>
  `${iso
    .slice(0, 19)
    .replace('T', ' ')
    .replace(/(:\d\d):00$/, '$1')} UTC`;

/** In the zone of the schedule, and in UTC when that is another. */
const bothTimes = (iso: string, zone: string): string => (zone === 'UTC' ? inUtc(iso) : `${inZone(iso, zone)} (${inUtc(iso)})`);

/** How long from now: `in 3 h 07 min`, `2.0 s ago`. */
export const fromNow = (iso: string, now: number): string => {
  const ms = Date.parse(iso) - now;
  return ms >= 0 ? `in ${durationText(ms)}` : `${durationText(-ms)} ago`;
};

/** What became of an instant. */
export const outcomeText = (
  firing: Pick<ScheduleFiring, 'status' | 'skip_reason' | 'postponed_until' | 'run' | 'scheduled_at'>,
  now: number,
): string => {
  const { status, skip_reason: reason, postponed_until: until, run, scheduled_at: at } = firing;
  if (reason !== null) return `skipped: ${reason.replaceAll('_', ' ')}`;
  if (status === 'scheduled') return Date.parse(at) > now ? 'planned' : 'due';
  if (status === 'running' && run === null && until !== null && Date.parse(until) > now) return 'postponed';
  return status;
};

/** Red is for failures, yellow for what did not run or not yet. */
export const paintOutcome = (paint: Paint, outcome: string, text: string): string => {
  if (outcome === 'completed') return paint.green(text);
  if (outcome === 'failed') return paint.red(text);
  if (outcome === 'planned') return paint.dim(text);
  return outcome === '' ? text : paint.yellow(text);
};

export const paintAttention = (paint: Paint, attention: string, text: string): string =>
  attention === 'failing' ? paint.red(text) : attention === '' ? text : paint.yellow(text);

/** When it fires next, or why it does not. */
export const nextText = ({ status, next_run_at: next }: Pick<ScheduleSummary, 'status' | 'next_run_at'>, now: number): string =>
  status !== 'active' ? status : next === null ? '' : Date.parse(next) < now ? 'now' : fromNow(next, now);

const WHAT_TO_DO: Readonly<Record<NonNullable<ScheduleSummary['attention']>, string>> = {
  failing: 'FAILING: its last run failed. See: opsconductor schedules history',
  late: 'LATE: an instant is overdue, or the last run started more than a minute after its instant. See: opsconductor schedules history',
  unsynced: 'UNSYNCED: Temporal does not have it as it stands here; it is tried each minute, and now by: opsconductor schedules sync',
};

const attentionLines = ({ attention, schedule_serial: serial, sync_error: error }: Schedule, paint: Paint): string[] => [
  ...(attention === null ? [] : [paintAttention(paint, attention, `${WHAT_TO_DO[attention]} ${serial}`)]),
  ...(error === null ? [] : [paint.yellow(`Not compared with Temporal: ${cleanText(error)}`)]),
];

const lastText = ({ last_firing: last, timezone }: Schedule, now: number, paint: Paint): string[] => {
  if (last === null) return [];
  const outcome = outcomeText(last, now);
  const run = last.run === null ? '' : `, run ${last.run}`;
  const late = last.start_delay_ms === null ? '' : `, started ${durationText(last.start_delay_ms)} after its instant`;
  const why = last.error_message === null ? [] : [cleanText(last.error_message)];
  return [`${bothTimes(last.scheduled_at, timezone)}: ${paintOutcome(paint, outcome, outcome)}${run}${late}`, ...why];
};

const OVERLAP: Readonly<Record<Schedule['overlap_policy'], string>> = {
  skip: 'the instant is skipped',
  buffer_one: 'one instant waits for its end, others are skipped',
  buffer_all: 'all instants wait for their turn',
  cancel_other: 'the run is cancelled, then the instant starts',
  terminate_other: 'the run is given up at once, and the instant starts',
  allow_all: 'both run',
};

const periodText = ({ start_date: from, end_date: to, timezone }: Schedule): string[] => {
  const ends = [from === null ? '' : `from ${bothTimes(from, timezone)}`, to === null ? '' : `to ${bothTimes(to, timezone)}`];
  const shown = ends.filter((end) => end !== '');
  return shown.length === 0 ? [] : [shown.join(' ')];
};

const pairs = (of: Readonly<Record<string, unknown>>): string[] => {
  const shown = Object.entries(of).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return shown.length === 0 ? [] : [shown.join(' ')];
};

const countText = ({ execution_count: count, max_executions: most }: Schedule): string =>
  most === null ? `${count} so far` : `${count} of ${most} at most`;

const targetsOf = ({ targets, target_selector: selector }: Schedule): string[] =>
  selector !== null ? [selector] : targets === null ? ['as the job says'] : [targets.join(' ')];

const syncText = ({ sync_status: status, synced_at: at, temporal_schedule_id: id }: Schedule): string =>
  `${status}${at === null ? '' : `, last at ${inUtc(at)}`}, ${id}`;

const nextLines = (schedule: Schedule, now: number): string[] => {
  const { status, next_run_at: next, timezone, status_note: note } = schedule;
  if (status !== 'active') return [note === null ? status : `${status}: ${note}`];
  return next === null ? ['none known yet'] : [`${bothTimes(next, timezone)}, ${nextText(schedule, now)}`];
};

/** A schedule for people: what is wrong first, then when, what and how. */
export const scheduleText = (schedule: Schedule, paint: Paint, now: number): string => {
  const fields: [string, readonly string[]][] = [
    ['job', [`${schedule.job_serial}  ${schedule.job_name}`]],
    ['when', schedule.when.map(ruleText)],
    ['zone', [schedule.timezone]],
    ['period', periodText(schedule)],
    ['next', nextLines(schedule, now)],
    ['last', lastText(schedule, now, paint)],
    ['firings', [countText(schedule)]],
    ['targets', targetsOf(schedule)],
    ['variables', pairs(schedule.variables)],
    ['if it still runs', [OVERLAP[schedule.overlap_policy]]],
    ['if it was missed', [`it still starts up to ${durationText(schedule.catchup_window_seconds * 1_000)} late`]],
    ['if a run fails', schedule.pause_on_failure ? ['it is paused'] : []],
    ['spread', schedule.jitter_seconds === 0 ? [] : [`up to ${durationText(schedule.jitter_seconds * 1_000)} later`]],
    ['calendars', schedule.calendars.length === 0 ? [] : [schedule.calendars.join(', ')]],
    ['labels', pairs(schedule.labels)],
    ['defined in', schedule.definition_source === 'code' ? [schedule.definition_path ?? 'code'] : []],
    ['runs are of', [schedule.created_by]],
    ['Temporal', [syncText(schedule)]],
  ];
  const lines = fields.flatMap(([name, values]) => values.map((value, index) => `  ${(index === 0 ? name : '').padEnd(16)}  ${value}`));
  const head = `${paint.bold(schedule.schedule_serial)}  ${cleanText(schedule.name)}  ${schedule.status}`;
  const about = schedule.description === null ? [] : [`  ${cleanText(schedule.description)}`];
  const attention = attentionLines(schedule, paint).map((line) => `  ${line}`);
  return [head, ...about, ...attention, ...lines].map((line) => `${line}\n`).join('');
};
