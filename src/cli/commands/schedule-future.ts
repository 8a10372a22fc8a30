import { text } from 'node:stream/consumers';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { PreviewSchedule, SchedulePreview, UpcomingFirings } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { parseTime } from '../parse-time.ts';
import { readDefinition, withLines } from '../read-definition.ts';
import { optionalSerial } from '../schedule-serial.ts';
import { fromNow, inUtc, shortLocal } from '../schedule-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { wrapText } from '../terminal/wrap-text.ts';

/** Those a definition has that decide when it fires. */
const FIRING_FIELDS = ['when', 'timezone', 'start_date', 'end_date', 'max_executions'] as const;

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Parser of how far ahead: `12h`, `3d`, or a time. @throws InvalidArgumentError */
const parseAhead = (given: string): string => {
  const [, amount, unit] = /^(\d{1,5})([mhd])$/.exec(given) ?? [];
  if (amount !== undefined) return new Date(Date.now() + Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]).toISOString();
  try {
    return parseTime(given);
  } catch {
    throw new InvalidArgumentError('It must be a time such as 2025-03-01T09:00, or how far ahead, such as 12h or 3d.');
  }
};

const upcomingTable = ({ data }: UpcomingFirings, { width }: CliSession): string => {
  const rows = data.map(({ at, local, schedule_serial: serial, schedule_name: name }) => [
    shortLocal(local),
    inUtc(at).slice(0, -4),
    fromNow(at, Date.now()),
    serial,
    name,
  ]);
  return renderTable([['IN ITS ZONE', 'UTC', '', 'SCHEDULE', 'NAME'], ...rows], { width });
};

interface NextOptions {
  from?: string;
  to?: string;
  limit: number;
}

const next = async (context: CliContext, which: string | undefined, options: NextOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const serial = await optionalSerial(session.client, which);
  const found = await (serial === undefined
    ? session.client.listAllUpcomingFirings({ ...options })
    : session.client.listUpcomingFirings(serial, { ...options }));
  await session.print(found, upcomingTable(found, session));
  if (!found.is_complete) session.say(`The first ${options.limit}; more with --limit, or ask for less with --to.`);
  if (found.data.length === 0) session.say('Nothing fires in this period. Paused schedules do not; more time with --to.');
};

interface PreviewOptions {
  file?: string;
  cron?: string;
  every?: string;
  daily?: string;
  timezone?: string;
}

const NOTES: Readonly<Record<NonNullable<SchedulePreview['instants'][number]['note']>, string>> = {
  doubled: 'clocks show this time twice on that day',
};

const previewText = ({ instants, notes }: SchedulePreview, { width, paint }: CliSession): string => {
  const rows = instants.map(({ at, local, note }) => [
    shortLocal(local),
    inUtc(at).slice(0, -4),
    fromNow(at, Date.now()),
    ...(note === null ? [] : [NOTES[note]]),
  ]);
  const table = renderTable([['IN ITS ZONE', 'UTC', ''], ...rows], { width });
  return `${table}${notes.flatMap((note) => wrapText(note, width).map((line) => `${paint.yellow(line)}\n`)).join('')}`;
};

const rulesOf = ({ cron, every, daily }: PreviewOptions): PreviewSchedule['when'] => {
  const rules = [
    ...(cron === undefined ? [] : [{ cron }]),
    ...(every === undefined ? [] : [{ every }]),
    ...(daily === undefined ? [] : [{ daily: { at: daily } }]),
  ];
  if (rules.length === 0) throw new OpsError('VALIDATION', 'Give a definition with -f, or a rule with --cron, --every or --daily.');
  return rules;
};

const preview = async (context: CliContext, options: PreviewOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { file, timezone } = options;
  const zone = timezone === undefined ? {} : { timezone };
  const ask = async (): Promise<SchedulePreview> => {
    if (file === undefined) return session.client.previewSchedule({ when: rulesOf(options), ...zone });
    const definition = await readDefinition(file, session.stdin, { what: 'a schedule', has: 'when' });
    const given = definition.value as Record<string, unknown>;
    const fields = Object.fromEntries(FIRING_FIELDS.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
    return withLines(definition, session.client.previewSchedule({ ...fields, ...zone } as PreviewSchedule));
  };
  const found = await ask();
  await session.print(found, previewText(found, session));
  if (found.instants.length === 0) session.say('It never fires: nothing of it lies ahead.');
};

const parseDays = (given: string): number => {
  const days = Number(given);
  if (!/^\d{1,3}$/.test(given) || days > 366) throw new InvalidArgumentError('It must be a number of days, 366 at most.');
  return days;
};

interface FeedOptions {
  pastDays?: number;
  comingDays?: number;
}

const feed = async (context: CliContext, which: string | undefined, options: FeedOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const serial = await optionalSerial(session.client, which);
  const query = { past_days: options.pastDays, coming_days: options.comingDays };
  const body = await (serial === undefined ? session.client.getScheduleFeed(query) : session.client.getFeedOfSchedule(serial, query));
  const document = await text(body);
  await session.print(document, document);
};

/** `schedules next|preview|feed`. */
export const registerScheduleFuture = (schedules: Command, context: CliContext): void => {
  schedules
    .command('next [schedule]')
    .description('what is to come of a schedule or of all, in the zone of each and in UTC')
    .addOption(new Option('--from <time>', 'a time, or how far ahead such as 12h or 3d (default: now)').argParser(parseAhead))
    .addOption(new Option('--to <time>', 'the same (default: a day after --from)').argParser(parseAhead))
    .addOption(limitOption(100))
    .action((which: string | undefined, options: NextOptions, command: Command) => next(context, which, options, command));
  schedules
    .command('preview')
    .description('when rules would fire that no schedule has yet, and what changes of clocks do to them')
    .option('-f, --file <file>', 'definition in YAML or JSON, of which only when it fires is read; - reads stdin')
    .addOption(new Option('--cron <expression>', 'five fields, such as "0 9 * * 1-5"').conflicts('file'))
    .addOption(new Option('--every <interval>', 'such as 15m or 6h').conflicts('file'))
    .addOption(new Option('--daily <time>', 'such as 03:30').conflicts('file'))
    .option('--timezone <zone>', 'such as Europe/Berlin (default: that of the file, or UTC)')
    .action((options: PreviewOptions, command: Command) => preview(context, options, command));
  schedules
    .command('feed [schedule]')
    .description('print a schedule or all of them as an iCalendar document: opsconductor schedules feed > schedules.ics')
    .addOption(new Option('--past-days <days>', 'days of what was (default: 7)').argParser(parseDays))
    .addOption(new Option('--coming-days <days>', 'days of what is to come (default: 31)').argParser(parseDays))
    .action((which: string | undefined, options: FeedOptions, command: Command) => feed(context, which, options, command));
};
