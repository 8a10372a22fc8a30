import { Option } from 'commander';
import type { Command } from 'commander';
import type { PatternCheck, SerialMatch } from '../../client/index.ts';
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
    .addOption(new Option('--status <status>', 'only what is in this state').choices(SerialStatus.options))
    .addOption(limitOption(1_000))
    .addHelpText(
      'after',
      "\nA pattern: 'J2025*.0001.*' are all branches of the first runs of all jobs of 2025. Each part is whole, or ends in *.",
    )
    .action((pattern: string, options: FindOptions, command: Command) => find(context, pattern, options, command));
};

/** `serials find|check|show`. */
export const registerSerials = (program: Command, context: CliContext): void => {
  const serials = program.command('serials').alias('serial').description('serials of targets, jobs, runs, branches and actions');
  addFind(serials, context);
  serials
    .command('check <pattern>')
    .description('say how a pattern is understood, or what may have been meant; exits with 1 when it is none')
    .action((pattern: string, _options: object, command: Command) => check(context, pattern, command));
  serials
    .command('show <serial>')
    .description('say what a serial of any level names')
    .action((serial: string, _options: object, command: Command) => show(context, serial, command));
};
