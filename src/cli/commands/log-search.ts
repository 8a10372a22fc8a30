import { Option } from 'commander';
import type { Command } from 'commander';
import { LogCategory, LogLevel, LogPhase, OutputStream } from '../../contracts/enums.ts';
import type { FoundLine, SearchLogsOptions } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { logLineText } from '../log-line-text.ts';
import { parseTime } from '../parse-time.ts';
import { timeText } from '../terminal/time-text.ts';

/** What `--grep` and the like give. */
export interface SearchOptions {
  grep?: string;
  regex?: string;
  ignoreCase?: boolean;
  level?: LogLevel;
  phase?: LogPhase;
  category?: LogCategory;
  stream?: OutputStream;
  since?: string;
  until?: string;
}

const LARGEST_PAGE = 1_000;

/** Adds the options that say which lines are wanted. */
export const addSearchOptions = (command: Command): Command =>
  command
    .addOption(new Option('-g, --grep <text>', 'only lines with this text').conflicts('regex'))
    .option('-e, --regex <expression>', 'only lines that this regular expression (of PostgreSQL) fits')
    .option('-i, --ignore-case', 'upper and lower case are the same')
    .addOption(new Option('--level <level>', 'only lines of this level').choices(LogLevel.options))
    .addOption(new Option('--phase <phase>', 'only lines of this phase').choices(LogPhase.options))
    .addOption(new Option('--category <category>', 'only lines of this category').choices(LogCategory.options))
    .addOption(new Option('--stream <stream>', 'only stdout or stderr').choices(OutputStream.options))
    .addOption(new Option('--since <time>', 'only lines from then on: 2025-03-01T09:00, 30m, 2h, 3d').argParser(parseTime))
    .addOption(new Option('--until <time>', 'only lines until then').argParser(parseTime));

/** The query of a search with these options. */
export const searchQuery = ({
  grep,
  regex,
  ignoreCase,
  level,
  phase,
  category,
  stream,
  since,
  until,
}: SearchOptions): SearchLogsOptions<keyof FoundLine> => ({
  text: grep,
  regex,
  ignore_case: ignoreCase === true ? 'true' : undefined,
  level,
  phase,
  category,
  stream,
  from: since,
  to: until,
});

/** Does any of the options ask for less than all lines? */
export const isSearch = (options: SearchOptions): boolean => Object.values(searchQuery(options)).some((value) => value !== undefined);

/** Lines that fit, page after page, however many pages have none. */
export const foundLines = ({ client }: CliSession, query: SearchLogsOptions<keyof FoundLine>, limit?: number): AsyncIterable<FoundLine> =>
  allPages((place) => client.searchLogs({ ...query, ...place }), { pageSize: LARGEST_PAGE, ...(limit !== undefined && { limit }) });

interface ScopeOptions extends SearchOptions {
  run?: string;
  branch?: string;
  job?: string;
  target?: string;
  limit: number;
}

const search = async (context: CliContext, options: ScopeOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { paint, stdout, say } = session;
  const { run: execution, branch, job, target, limit } = options;
  let count = 0;
  for await (const line of foundLines(session, { execution, branch, job, target, ...searchQuery(options) }, limit)) {
    const text = logLineText(line, { hasSeveral: true, isTerminal: stdout.isTTY, paint });
    await session.printItem(line, `${paint.dim(`${timeText(line.timestamp)} ${line.execution_serial ?? line.job_serial}`)} ${text}\n`);
    count += 1;
  }
  if (count === limit) say(`The first ${limit}; more with --limit.`);
};

/** `logs search`. */
export const registerLogs = (program: Command, context: CliContext): void => {
  const logs = program.command('logs').alias('log').description('lines of all runs');
  addSearchOptions(
    logs
      .command('search')
      .description('find lines within a run, a branch, a job, a target or at most 7 days')
      .option('--run <serial>', 'within this run')
      .option('--branch <serial>', 'within this branch')
      .option('--job <serial>', 'within this job and its runs, the newest first')
      .option('--target <target>', 'on this target, the newest run first'),
  )
    .addOption(limitOption(10_000))
    .addHelpText(
      'after',
      '\nWithout run, branch, job or target: --since is needed. Each line begins with its time and its run. With --json: one JSON document a line.',
    )
    .action((options: ScopeOptions, command: Command) => search(context, options, command));
};
