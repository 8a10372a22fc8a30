import { Option } from 'commander';
import type { Command } from 'commander';
import type { CreateSchedule, ListSchedulesOptions, Schedule, ScheduleSummary, UpdateSchedule } from '../../client/index.ts';
import { DefinitionSource, ScheduleStatus } from '../../contracts/enums.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { readDefinition, withLines } from '../read-definition.ts';
import type { Definition } from '../read-definition.ts';
import { jobSerial, scheduleSerial } from '../schedule-serial.ts';
import { nextText, outcomeText, paintAttention, paintOutcome, scheduleText, whenText } from '../schedule-text.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { registerScheduleCode } from './schedule-code.ts';
import { registerScheduleFirings } from './schedule-firings.ts';
import { registerScheduleFuture } from './schedule-future.ts';

const WHAT = { what: 'a schedule', has: 'a name, a job and when' };
const HEADINGS = ['SERIAL', 'NAME', 'JOB', 'WHEN', 'NEXT', 'LAST', 'ATTENTION'] as const;
const [LAST, ATTENTION] = [5, 6];

interface ListOptions {
  search?: string;
  job?: string;
  status?: ListSchedulesOptions['status'];
  source?: ListSchedulesOptions['source'];
  calendar?: string;
  label?: string;
  sort?: ListSchedulesOptions['sort'];
  limit: number;
}

const rowOf = (schedule: ScheduleSummary, now: number): string[] => [
  schedule.schedule_serial,
  schedule.name,
  schedule.job_serial,
  whenText(schedule),
  nextText(schedule, now),
  schedule.last_firing === null ? '' : outcomeText(schedule.last_firing, now),
  schedule.attention ?? '',
];

const list = async (context: CliContext, { job, limit, ...filter }: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const query = { ...filter, job: job === undefined ? undefined : await jobSerial(session.client, job) };
  const schedules = await Array.fromAsync(allPages((place) => session.client.listSchedules({ ...query, ...place }), { limit }));
  const now = Date.now();
  const paint = (text: string, column: number, row: readonly string[]): string => {
    if (column === LAST) return paintOutcome(session.paint, row[LAST] ?? '', text);
    return column === ATTENTION ? paintAttention(session.paint, row[ATTENTION] ?? '', text) : text;
  };
  const table = renderTable([HEADINGS, ...schedules.map((schedule) => rowOf(schedule, now))], { width: session.width, paint });
  await session.print(schedules, table);
  if (schedules.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const printOne = (session: CliSession, schedule: Schedule): Promise<void> =>
  session.print(schedule, scheduleText(schedule, session.paint, Date.now()));

/** Temporal is told of each change at once; a person should know when it was not. */
const sayUnsynced = ({ say }: CliSession, { schedule_serial: serial, sync_status: status, sync_error: error }: Schedule): void => {
  if (status === 'synced') return;
  say(
    `Temporal does not have it so yet${error === null ? '.' : `: ${cleanText(error)}`} It is tried each minute, and now by: schedules sync ${serial}`,
  );
};

const readSchedule = async (session: CliSession, file: string): Promise<Definition & { value: Record<string, unknown> }> => {
  const definition = await readDefinition(file, session.stdin, WHAT);
  return { ...definition, value: definition.value as Record<string, unknown> };
};

const jobOf = ({ client }: CliSession, { job }: Record<string, unknown>): Promise<string | undefined> =>
  typeof job === 'string' ? jobSerial(client, job) : Promise.resolve(undefined);

const create = async (context: CliContext, { file }: { file: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readSchedule(session, file);
  const job = await jobOf(session, definition.value);
  const input = { ...definition.value, ...(job !== undefined && { job }) } as CreateSchedule;
  const schedule = await withLines(definition, session.client.createSchedule(input));
  session.say(
    `Made schedule "${cleanText(schedule.name)}" of ${schedule.job_serial}: ${whenText(schedule)}, ${nextText(schedule, Date.now())}.`,
  );
  sayUnsynced(session, schedule);
  await session.print(schedule, `${schedule.schedule_serial}\n`);
};

/** The job and the pause of a file stand here already: the first must be the same, the second is not for an update. */
const update = async (context: CliContext, which: string, { file }: { file: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readSchedule(session, file);
  const serial = await scheduleSerial(session.client, which);
  const job = await jobOf(session, definition.value);
  const { job_serial: own } = await session.client.getSchedule(serial);
  if (job !== undefined && job !== own)
    throw new OpsError('VALIDATION', `${serial} is a schedule of ${own}, not of ${job}. Schedules keep their job: create another one.`);
  const { job: _, paused, status_note: __, ...rest } = definition.value;
  const input: object = rest;
  const schedule = await withLines(definition, session.client.updateSchedule(serial, input as UpdateSchedule));
  if (paused !== undefined && paused !== (schedule.status === 'paused'))
    session.say(`It stays ${schedule.status}: an update does not pause or resume. See: schedules pause, schedules resume`);
  session.say(`Changed ${serial}: ${whenText(schedule)}, ${nextText(schedule, Date.now())}.`);
  sayUnsynced(session, schedule);
  await session.print(schedule, `${serial}\n`);
};

const remove = async (context: CliContext, which: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const serial = await scheduleSerial(session.client, which);
  await session.client.deleteSchedule(serial);
  session.say(`Removed ${serial}. What it started goes on, and its ledger stays: schedules history ${serial}`);
  if (session.isData) await session.print({ schedule_serial: serial }, '');
};

type Change = (client: CliSession['client'], serial: string) => Promise<Schedule>;

const change = async (
  context: CliContext,
  which: string,
  command: Command,
  { done, call }: { done: string; call: Change },
): Promise<void> => {
  const session = await openSession(context, command);
  const serial = await scheduleSerial(session.client, which);
  const schedule = await call(session.client, serial);
  session.say(`${serial} ${done}; next: ${nextText(schedule, Date.now()) || 'none'}.`);
  sayUnsynced(session, schedule);
  await session.print(schedule, `${serial}\n`);
};

const registerChanges = (schedules: Command, context: CliContext): void => {
  const file = 'definition in YAML or JSON, its job by serial or name; - reads stdin';
  schedules
    .command('create')
    .description('have a job started by itself; prints the serial of the schedule')
    .requiredOption('-f, --file <file>', file)
    .action((options: { file: string }, command: Command) => create(context, options, command));
  schedules
    .command('update <schedule>')
    .description('replace what a schedule says; whether it is paused stays')
    .requiredOption('-f, --file <file>', file)
    .action((which: string, options: { file: string }, command: Command) => update(context, which, options, command));
  schedules
    .command('remove <schedule>')
    .description('remove a schedule; what it started goes on')
    .action((which: string, _options: object, command: Command) => remove(context, which, command));
  schedules
    .command('pause <schedule>')
    .description('start nothing until it is resumed: instants are skipped meanwhile')
    .option('--note <text>', 'why; shown to whoever looks at the schedule')
    .action((which: string, { note }: { note?: string }, command: Command) =>
      change(context, which, command, {
        done: 'is paused',
        call: (client, serial) => client.pauseSchedule(serial, note === undefined ? {} : { note }),
      }),
    );
  schedules
    .command('resume <schedule>')
    .description('start again what is to come; instants of the pause stay skipped')
    .action((which: string, _options: object, command: Command) =>
      change(context, which, command, { done: 'is active', call: (client, serial) => client.resumeSchedule(serial) }),
    );
  schedules
    .command('sync <schedule>')
    .description('bring a schedule and Temporal together now, as happens each minute by itself')
    .action((which: string, _options: object, command: Command) =>
      change(context, which, command, { done: 'and Temporal agree', call: (client, serial) => client.syncSchedule(serial) }),
    );
};

/** `schedules list|show|create|update|remove|pause|resume|sync`, those that start, foresee and remember, and those of definitions in code. */
export const registerSchedules = (program: Command, context: CliContext): void => {
  const schedules = program.command('schedules').alias('schedule').description('when jobs start by themselves');
  schedules
    .command('list')
    .description('list schedules: those that fail, are late or are not in Temporal first')
    .option('--search <text>', 'part of the name, or a serial')
    .option('--job <job>', 'of this job, by serial or name')
    .addOption(new Option('--status <status>').choices(ScheduleStatus.options))
    .addOption(new Option('--source <source>', 'where they are defined').choices(DefinitionSource.options))
    .option('--calendar <name>', 'that obey this calendar')
    .option('--label <key=value>', 'that have this label')
    .addOption(
      new Option('--sort <order>').choices(['attention', '-attention', 'name', '-name', 'created', '-created', 'next_run', '-next_run']),
    )
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  schedules
    .command('show <schedule>')
    .description('show a schedule, by serial or name: what is wrong, when it fires, what it does')
    .action(async (which: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      await printOne(session, await session.client.getSchedule(await scheduleSerial(session.client, which)));
    });
  registerChanges(schedules, context);
  registerScheduleFirings(schedules, context);
  registerScheduleFuture(schedules, context);
  registerScheduleCode(schedules, context);
};
