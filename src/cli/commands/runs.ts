import { Option } from 'commander';
import type { Command } from 'commander';
import { ExecutionStatus } from '../../contracts/enums.ts';
import type { Branch, Execution } from '../../contracts/execution.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { EXIT_CODE_HELP, exitCodeOfRun } from '../exit-code.ts';
import { allPages } from '../http/all-pages.ts';
import { branchText, summaryText, tookText } from '../run-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { registerRunAnswers } from './run-answers.ts';
import { registerRunLocks } from './run-locks.ts';
import { registerRunLogs } from './run-logs.ts';
import { registerSteering } from './run-steering.ts';
import { watchUntilEnd } from './watch-until-end.ts';

interface ListOptions {
  status?: string;
  job?: string;
  limit: number;
}

interface ShowOptions {
  status?: string;
}

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

const list = async (context: CliContext, { status, job, limit }: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const runs = await Array.fromAsync(allPages((place) => session.client.listExecutions({ status, job, ...place }), { limit }));
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
  const branches = await Array.fromAsync(allPages((place) => session.client.listBranches(serial, { status, ...place })));
  const now = Date.now();
  const rows = [['TARGET', 'SERIAL', 'STATUS', 'EXIT', 'TOOK', 'RESULT'], ...branches.map((branch) => branchRow(branch, now))];
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column === 2 ? paintStatus(session.paint, row[2] ?? '', text) : text;
  const table = branches.length === 0 ? '' : renderTable(rows, { width: session.width, right: [3, 4], paint });
  await session.print({ ...run, branches }, `${summaryText(run, session.paint, now)}${table}`);
  process.exitCode = exitCodeOfRun(run.status);
};

/** `runs list|show|watch|logs|locks`, those that steer, and those that answer. */
export const registerRuns = (program: Command, context: CliContext): void => {
  const runs = program.command('runs').alias('run').description('runs of jobs').addHelpText('after', EXIT_CODE_HELP);
  const status = (description: string): Option => new Option('--status <status>', description).choices(ExecutionStatus.options);
  runs
    .command('list')
    .description('list runs, newest first')
    .addOption(status('only runs in this state'))
    .option('--job <serial>', 'only runs of this job')
    .addOption(limitOption(50))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  runs
    .command('show <serial>')
    .description('show a run and what came of it on each target; exits as the run did')
    .addOption(status('only targets in this state'))
    .addHelpText('after', EXIT_CODE_HELP)
    .action((serial: string, options: ShowOptions, command: Command) => show(context, serial, options, command));
  runs
    .command('watch <serial>')
    .description('watch a run until it ends, and exit as it does; Ctrl-C leaves it going')
    .addHelpText('after', EXIT_CODE_HELP)
    .action(async (serial: string, _options: object, command: Command) => watchUntilEnd(await openSession(context, command), serial));
  registerRunLogs(runs, context);
  registerRunLocks(runs, context);
  registerSteering(runs, context);
  registerRunAnswers(runs, context);
};
