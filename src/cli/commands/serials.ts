import { Option } from 'commander';
import type { Command } from 'commander';
import type { PatternCheck, SerialCounts, SerialMatch } from '../../client/index.ts';
import { SerialStatus } from '../../contracts/serial.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { allPages } from '../http/all-pages.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';

const HEADINGS = ['SERIAL', 'LEVEL', 'NAME', 'STATUS', 'RUN'] as const;

const matchTable = (found: readonly SerialMatch[], session: CliSession): string => {
  const rows = found.map(({ level, serial, name, status, execution_serial: run }) => [serial, level, name, status, run ?? '']);
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column === 3 ? paintStatus(session.paint, row[3] ?? '', text) : text;
  return found.length === 0 ? '' : renderTable([HEADINGS, ...rows], { width: session.width, paint });
};

interface FindOptions {
  status?: SerialStatus;
  limit: number;
}

const find = async (context: CliContext, pattern: string, { status, limit }: FindOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await Array.fromAsync(
    allPages((place) => session.client.findSerials({ pattern, ...(status !== undefined && { status }), ...place }), { limit }),
  );
  await session.print(found, matchTable(found, session));
  if (found.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const LEVELS: Readonly<Record<SerialMatch['level'], string>> = {
  target: 'targets',
  job: 'jobs',
  execution: 'runs',
  branch: 'branches',
  action: 'actions',
};

const checkText = ({ level, pattern, problem, suggestions }: PatternCheck): string => {
  if (level !== null) return `${pattern ?? ''}  looks for ${LEVELS[level]}\n`;
  const advice = suggestions.length === 0 ? '' : ` Did you mean ${suggestions.join(' or ')}?`;
  return `${cleanText(`The pattern ${problem ?? 'is none'}.${advice}`)}\n`;
};

const check = async (context: CliContext, pattern: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await session.client.checkSerialPattern({ pattern });
  await session.print(found, checkText(found));
  if (!found.is_valid) process.exitCode = EXIT_CODES.failed;
};

const show = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await session.client.getSerial(serial);
  await session.print(found, matchTable([found], session));
};

/** `find`, of serials and of runs. */
export const addFind = (parent: Command, context: CliContext): void => {
  parent
    .command('find <pattern>')
    .description('find jobs, runs, branches, actions and targets by their serials')
    .addOption(statusOption())
    .addOption(limitOption(1_000))
    .addHelpText(
      'after',
      "\nA pattern: 'J2025*.0001.*' are all branches of the first runs of all jobs of 2025. Each part is whole, or ends in *.",
    )
    .action((pattern: string, options: FindOptions, command: Command) => find(context, pattern, options, command));
};

const ONE: Readonly<Record<SerialMatch['level'], string>> = {
  target: 'target',
  job: 'job',
  execution: 'run',
  branch: 'branch',
  action: 'action',
};

const ABOVE = [
  ['jobs', 'job'],
  ['executions', 'execution'],
  ['branches', 'branch'],
  ['targets', 'target'],
] as const;

const amount = (count: number, level: SerialMatch['level'], more: string): string =>
  `${count}${more} ${count === 1 ? ONE[level] : LEVELS[level]}`;

const countsText = (counts: SerialCounts): string => {
  const { level, total, by_status: states, is_capped: isCapped } = counts;
  const more = isCapped ? '+' : '';
  const ofStates = Object.entries(states).map(([status, count]) => `${count} ${status}`);
  const above = ABOVE.filter(([name, of]) => counts[name] > 0 && of !== level).map(([name, of]) => amount(counts[name], of, more));
  const rest = above.length === 0 ? '' : `; of ${above.join(', ')}`;
  return `${amount(total, level, more)}${ofStates.length === 0 ? '' : `: ${ofStates.join(', ')}`}${rest}\n`;
};

const count = async (context: CliContext, pattern: string, { status }: Pick<FindOptions, 'status'>, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const counts = await session.client.countSerials({ pattern, ...(status !== undefined && { status }) });
  await session.print(counts, countsText(counts));
};

const statusOption = (): Option => new Option('--status <status>', 'only what is in this state').choices(SerialStatus.options);

/** `serials find|count|check|show`. */
export const registerSerials = (program: Command, context: CliContext): void => {
  const serials = program.command('serials').alias('serial').description('serials of targets, jobs, runs, branches and actions');
  addFind(serials, context);
  serials
    .command('count <pattern>')
    .description('count what a pattern fits, by state')
    .addOption(statusOption())
    .action((pattern: string, options: Pick<FindOptions, 'status'>, command: Command) => count(context, pattern, options, command));
  serials
    .command('check <pattern>')
    .description('say how a pattern is understood, or what may have been meant; exits with 1 when it is none')
    .action((pattern: string, _options: object, command: Command) => check(context, pattern, command));
  serials
    .command('show <serial>')
    .description('say what a serial of any level names')
    .action((serial: string, _options: object, command: Command) => show(context, serial, command));
};
