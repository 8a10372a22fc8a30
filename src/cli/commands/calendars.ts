import { readFile } from 'node:fs/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { CreateCalendar, ImportCalendar, ListCalendarsOptions } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { readStdin } from '../ask.ts';
import { blackoutTable, calendarTable, calendarText } from '../calendar-text.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { parseTime } from '../parse-time.ts';
import { readDefinition, withLines } from '../read-definition.ts';
import { cleanText } from '../terminal/clean-text.ts';

const CALENDAR = { what: 'a calendar', has: 'a name and windows' };

interface FileOptions {
  file: string;
}

const create = async (context: CliContext, { file }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin, CALENDAR);
  const calendar = await withLines(definition, session.client.createCalendar(definition.value as CreateCalendar));
  session.say(`Made the calendar ${cleanText(calendar.name)}.`);
  await session.print(calendar, `${calendar.calendar_uuid}\n`);
};

const update = async (context: CliContext, name: string, { file }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin, CALENDAR);
  const calendar = await withLines(definition, session.client.updateCalendar(name, definition.value as CreateCalendar));
  session.say(`The calendar ${cleanText(calendar.name)} is as the file says. What it holds is looked at again within a minute.`);
  await session.print(calendar, `${calendar.calendar_uuid}\n`);
};

interface ListOptions {
  search?: string;
  holdsRuns?: boolean;
  sort?: ListCalendarsOptions['sort'];
  limit: number;
}

const list = async (context: CliContext, { search, holdsRuns, sort, limit }: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const filter = { search, sort, holds_runs: holdsRuns === true ? 'true' : undefined };
  const calendars = await Array.fromAsync(allPages((place) => session.client.listCalendars({ ...filter, ...place }), { limit }));
  await session.print(calendars, calendarTable(calendars, session.width));
};

interface ImportOptions {
  name: string;
  kind?: ImportCalendar['kind'];
  timezone?: string;
  zone?: Record<string, string>;
  replace?: boolean;
  skipRefused?: boolean;
}

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `${file} cannot be read (${cause.code ?? 'unknown reason'}).`, { cause });
  });

const importFile = async (context: CliContext, file: string, options: ImportOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { name, kind, timezone, zone, replace, skipRefused } = options;
  const text = file === '-' ? await readStdin(session.stdin) : await readText(file);
  const imported = await session.client.importCalendar({
    name,
    text,
    ...(kind !== undefined && { kind }),
    ...(timezone !== undefined && { timezone }),
    ...(zone !== undefined && { zones: zone }),
    ...(replace === true && { replace }),
    ...(skipRefused === true && { skip_refused: true }),
  });
  for (const { event, summary, reason } of imported.refused)
    session.say(cleanText(`Left out event ${event}${summary === null ? '' : ` (${summary})`}: ${reason}`));
  session.say(`${imported.imported} event(s) are windows of ${cleanText(imported.calendar.name)} now.`);
  await session.print(imported, `${imported.calendar.calendar_uuid}\n`);
};

/** `NAME=IANA zone`. @throws InvalidArgumentError */
const collectZone = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const at = text.lastIndexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be NAME=ZONE, such as "W. Europe Standard Time=Europe/Berlin".');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

const registerChanges = (calendars: Command, context: CliContext): void => {
  calendars
    .command('create')
    .description('make a calendar; prints its uuid')
    .requiredOption('-f, --file <file>', 'calendar in YAML or JSON; - reads stdin')
    .action((options: FileOptions, command: Command) => create(context, options, command));
  calendars
    .command('update <calendar>')
    .description('have a calendar say what a file says')
    .requiredOption('-f, --file <file>', 'calendar in YAML or JSON; - reads stdin')
    .action((name: string, options: FileOptions, command: Command) => update(context, name, options, command));
  calendars
    .command('remove <calendar>')
    .description('remove a calendar that no job and no schedule names')
    .action(async (name: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      await session.client.deleteCalendar(name);
      session.say(`Removed the calendar ${cleanText(name)}.`);
    });
  calendars
    .command('import <file>')
    .description('make a calendar of the events of an iCalendar file (.ics); - reads stdin')
    .requiredOption('--name <name>', 'of the calendar')
    .addOption(new Option('--kind <kind>', 'what the events are (default: blackout)').choices(['blackout', 'allowed']))
    .option('--timezone <zone>', 'IANA zone of the calendar (default: that of the file)')
    .option('--zone <name=zone>', 'IANA zone of a name in the file that is none; may be given several times', collectZone)
    .option('--replace', 'give the events to the calendar of this name, in place of its windows')
    .option('--skip-refused', 'leave out events that cannot be windows, and tell them')
    .action((file: string, options: ImportOptions, command: Command) => importFile(context, file, options, command));
};

/** `calendars list|show|create|update|remove|import|windows`. */
export const registerCalendars = (program: Command, context: CliContext): void => {
  const calendars = program
    .command('calendars')
    .alias('calendar')
    .description('when schedules do not fire, and runs are held; each is named by its name or uuid');
  calendars
    .command('list')
    .description('list calendars, and whether each is blacked out now')
    .option('--search <text>', 'part of the name or description')
    .option('--holds-runs', 'only those that hold runs')
    .addOption(new Option('--sort <order>').choices(['name', '-name', 'created', '-created']))
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  calendars
    .command('show <calendar>')
    .description('show a calendar, its windows, and what names it')
    .action(async (name: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      const calendar = await session.client.getCalendar(name);
      await session.print(calendar, calendarText(calendar, session.width));
    });
  registerChanges(calendars, context);
  calendars
    .command('windows <calendar>')
    .description('when a calendar is blacked out, in the zone of this machine')
    .addOption(new Option('--from <time>', 'a time such as 2025-03-01T09:00 (default: now)').argParser(parseTime))
    .addOption(new Option('--to <time>', 'at most 400 days later (default: 31 days)').argParser(parseTime))
    .action(async (name: string, options: { from?: string; to?: string }, command: Command) => {
      const session = await openSession(context, command);
      const found = await session.client.listCalendarBlackouts(name, options);
      await session.print(found, blackoutTable(found, session.width));
    });
};
