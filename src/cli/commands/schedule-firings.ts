import { Option } from 'commander';
import type { Command } from 'commander';
import type { ListScheduleFiringsOptions, ScheduleFiring } from '../../client/index.ts';
import { OverlapPolicy, ScheduleExecutionStatus, SkipReason } from '../../contracts/enums.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { parseTime } from '../parse-time.ts';
import { optionalSerial, scheduleSerial } from '../schedule-serial.ts';
import { inZone, outcomeText, paintOutcome } from '../schedule-text.ts';
import { durationText } from '../terminal/duration-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const TYPES: Readonly<Record<ScheduleFiring['firing_type'], string>> = { planned: '', backfill: ' (backfill)', run_now: ' (run now)' };

const saysText = ({ postponed_until: until, error_message: error, result_summary: result, run, status }: ScheduleFiring): string => {
  if (status === 'running' && run === null && until !== null) return `until ${timeText(until)}`;
  return error ?? result ?? '';
};

interface HistoryOptions {
  status?: ListScheduleFiringsOptions['status'];
  reason?: ListScheduleFiringsOptions['skip_reason'];
  from?: string;
  to?: string;
  limit: number;
}

/** The zone of the schedule; one that was deleted, and all of them together, are shown in that of this machine. */
const clockOf = async ({ client }: CliSession, serial: string | undefined): Promise<(iso: string) => string> => {
  if (serial === undefined) return timeText;
  const schedule = await client.getSchedule(serial).catch((error: unknown) => {
    if (error instanceof OpsError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  return schedule === undefined ? timeText : (iso) => inZone(iso, schedule.timezone);
};

const history = async (context: CliContext, which: string | undefined, options: HistoryOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const serial = await optionalSerial(session.client, which);
  const { limit, reason, ...filter } = options;
  // What is to come is shown by `next`; clocks of two machines differ.
  const soon = new Date(Date.now() + 60_000).toISOString();
  const query = { to: soon, ...filter, skip_reason: reason };
  const read = (place: object) =>
    serial === undefined
      ? session.client.listAllScheduleFirings({ ...query, ...place })
      : session.client.listScheduleFirings(serial, { ...query, ...place });
  const firings = await Array.fromAsync(allPages(read, { limit }));
  const [clock, now] = [await clockOf(session, serial), Date.now()];
  const rows = firings.map((firing) => [
    clock(firing.scheduled_at),
    ...(serial === undefined ? [firing.schedule_name] : []),
    `${outcomeText(firing, now)}${TYPES[firing.firing_type]}`,
    firing.start_delay_ms === null || firing.firing_type === 'backfill' ? '' : durationText(firing.start_delay_ms),
    firing.run ?? '',
    saysText(firing),
  ]);
  const headings = ['PLANNED', ...(serial === undefined ? ['SCHEDULE'] : []), 'OUTCOME', 'DELAY', 'RUN', 'SAYS'];
  const [outcome, delay] = [headings.indexOf('OUTCOME'), headings.indexOf('DELAY')];
  const paint = (cell: string, column: number, row: readonly string[]): string =>
    column === outcome ? paintOutcome(session.paint, (row[outcome] ?? '').replace(/ \(.*$/, ''), cell) : cell;
  await session.print(firings, renderTable([headings, ...rows], { width: session.width, right: [delay], paint }));
  if (firings.length === limit) session.say(`The newest ${limit}; more with --limit.`);
};

const runNow = async (context: CliContext, which: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const serial = await scheduleSerial(session.client, which);
  const firing = await session.client.runScheduleNow(serial);
  session.say(`${serial} is started now. What becomes of it: opsconductor schedules history ${serial}`);
  await session.print(firing, `${firing.execution_serial}\n`);
};

interface BackfillOptions {
  from: string;
  to: string;
  overlap?: OverlapPolicy;
}

const backfill = async (context: CliContext, which: string, { from, to, overlap }: BackfillOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const serial = await scheduleSerial(session.client, which);
  const made = await session.client.backfillSchedule(serial, { from, to, ...(overlap !== undefined && { overlap_policy: overlap }) });
  const started = overlap === 'skip' || overlap === 'buffer_one' ? `started as far as ${overlap} lets them` : 'started';
  session.say(
    made.instants === 0
      ? `${serial} has no instant in this period: nothing is started.`
      : `${serial} has ${made.instants} instant(s) in this period; those without a run are ${started}. See: opsconductor schedules history ${serial}`,
  );
  if (session.isData) await session.print(made, '');
};

/** `schedules run-now|backfill|history`. */
export const registerScheduleFirings = (schedules: Command, context: CliContext): void => {
  schedules
    .command('run-now <schedule>')
    .description('start its run now, whatever its pause, limits and calendars')
    .action((which: string, _options: object, command: Command) => runNow(context, which, command));
  schedules
    .command('backfill <schedule>')
    .description('start the instants of a period that has passed; those that have a run are left alone')
    .addOption(new Option('--from <time>', 'a time, or how long ago such as 2h or 3d').argParser(parseTime).makeOptionMandatory())
    .addOption(new Option('--to <time>', 'the same').argParser(parseTime).makeOptionMandatory())
    .addOption(
      new Option('--overlap <policy>', 'of these firings (default: buffer_all, one after the other)').choices(OverlapPolicy.options),
    )
    .action((which: string, options: BackfillOptions, command: Command) => backfill(context, which, options, command));
  schedules
    .command('history [schedule]')
    .description('the ledger of a schedule or of all: each planned instant and what became of it, newest first')
    .addOption(new Option('--status <status>').choices(ScheduleExecutionStatus.options))
    .addOption(new Option('--reason <reason>', 'why it was skipped').choices(SkipReason.options))
    .addOption(new Option('--from <time>', 'planned at this time or later: a time, or how long ago such as 2h or 3d').argParser(parseTime))
    .addOption(new Option('--to <time>', 'planned before (default: now)').argParser(parseTime))
    .addOption(limitOption(50))
    .action((which: string | undefined, options: HistoryOptions, command: Command) => history(context, which, options, command));
};
