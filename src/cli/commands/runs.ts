import { Option } from 'commander';
import type { Command } from 'commander';
import { ExecutionStatus } from '../../contracts/enums.ts';
import type { Branch, CountExecutionsOptions, Execution } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { EXIT_CODE_HELP, exitCodeOfRun } from '../exit-code.ts';
import { allPages } from '../http/all-pages.ts';
import { branchText, chosenText, summaryText, tookText } from '../run-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { addRunFilters, runQuery } from './run-filters.ts';
import type { RunFilters } from './run-filters.ts';
import { registerRunAnswers } from './run-answers.ts';
import { registerRunCompare } from './run-compare.ts';
import { registerRunLocks } from './run-locks.ts';
import { registerRunLogs } from './run-logs.ts';
import { registerRunParts } from './run-parts.ts';
import { registerSteering } from './run-steering.ts';
import { watchRuns } from './watch-runs.ts';
import { watchUntilEnd } from './watch-until-end.ts';

interface ListOptions extends RunFilters {
  count?: boolean;
  limit: number;
}

interface ShowOptions {
  status?: ExecutionStatus;
}

const MOST_COUNTED = 10_000;
const HEADINGS = ['SERIAL', 'JOB', 'STATUS', 'TARGETS', 'FAILED', 'LOST', 'CREATED', 'TOOK', 'BY'] as const;

const rowOf = (run: Execution, now: number): string[] => [
  run.execution_serial,
  run.job_name,
  run.status,
  String(run.total_branches),
  String(run.failed_branches),
  String(run.unresolved_attempts),
  timeText(run.created_at),
  tookText(run, now),
  run.triggered_by ?? '',
];

const count = async (session: CliSession, query: CountExecutionsOptions): Promise<void> => {
  const counts = await session.client.countExecutions(query);
  const more = counts.is_capped ? '+' : '';
  const rows = ExecutionStatus.options.map((status) => [
    status,
    `${counts[status]}${counts.is_capped && counts[status] === MOST_COUNTED ? '+' : ''}`,
  ]);
  await session.print(
    counts,
    renderTable([['STATUS', 'RUNS'], ...rows, ['all', `${counts.total}${more}`]], { width: session.width, right: [1] }),
  );
};

const list = async (context: CliContext, options: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { limit } = options;
  const query = runQuery(options);
  if (options.count === true) return count(session, query);
  const runs = await Array.fromAsync(allPages((place) => session.client.listExecutions({ ...query, ...place }), { limit }));
  const rows = runs.map((run) => rowOf(run, Date.now()));
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column === 2 ? paintStatus(session.paint, row[2] ?? '', text) : text;
  await session.print(runs, renderTable([HEADINGS, ...rows], { width: session.width, right: [3, 4, 5, 7], paint }));
  if (runs.length === limit) session.say(`The newest ${limit}; more with --limit.`);
};

const branchRow = (branch: Branch, now: number): string[] => [
  branch.target_name,
  branch.target_serial,
  branch.status,
  branch.exit_code === null ? '' : String(branch.exit_code),
  tookText(branch, now),
  branchText(branch),
];

const show = async (context: CliContext, serial: string, { status }: ShowOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const run = await session.client.getExecution(serial);
  const branches = await Array.fromAsync(allPages((place) => session.client.listBranches(run.execution_serial, { status, ...place })));
  const now = Date.now();
  const rows = [['TARGET', 'SERIAL', 'STATUS', 'EXIT', 'TOOK', 'RESULT'], ...branches.map((branch) => branchRow(branch, now))];
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column === 2 ? paintStatus(session.paint, row[2] ?? '', text) : text;
  const table = branches.length === 0 ? '' : renderTable(rows, { width: session.width, right: [3, 4], paint });
  await session.print({ ...run, branches }, `${summaryText(run, session.paint, now)}${chosenText(run)}${table}`);
  process.exitCode = exitCodeOfRun(run.status);
};

/** `runs list|show|watch`, those that read more of a run, those that steer, and those that answer. */
export const registerRuns = (program: Command, context: CliContext): void => {
  const runs = program.command('runs').alias('run').description('runs of jobs').addHelpText('after', EXIT_CODE_HELP);
  const status = (description: string): Option => new Option('--status <status>', description).choices(ExecutionStatus.options);
  addRunFilters(runs.command('list').description('list runs, newest first'))
    .option('--count', 'only how many there are, by state; of each at most 10,000 are counted')
    .addOption(limitOption(50))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  runs
    .command('show <serial>')
    .description('show a run and what came of it on each target; exits as the run did')
    .addOption(status('only targets in this state'))
    .addHelpText('after', EXIT_CODE_HELP)
    .action((serial: string, options: ShowOptions, command: Command) => show(context, serial, options, command));
  runs
    .command('watch [serial]')
    .description(
      'watch a run until it ends, and exit as it does; without a serial all runs, a line for each change. Ctrl-C leaves them going',
    )
    .option('--job <serial>', 'all runs of this job')
    .addHelpText('after', EXIT_CODE_HELP)
    .action(async (serial: string | undefined, { job }: { job?: string }, command: Command) => {
      if (serial !== undefined && job !== undefined) throw new OpsError('VALIDATION', 'Give the serial of a run or --job, not both.');
      const session = await openSession(context, command);
      await (serial === undefined ? watchRuns(session, job) : watchUntilEnd(session, serial));
    });
  registerRunParts(runs, context);
  registerRunCompare(runs, context);
  registerRunLogs(runs, context);
  registerRunLocks(runs, context);
  registerSteering(runs, context);
  registerRunAnswers(runs, context);
};
