import { Option } from 'commander';
import type { Command } from 'commander';
import { ActionResultStatus } from '../../contracts/enums.ts';
import type { ActionResult, ActionSummary, Branch, ExecutionSummary, ListResultsOptions } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption, parseCount } from '../command-options.ts';
import { exitCodeOfRun } from '../exit-code.ts';
import { allPages } from '../http/all-pages.ts';
import { branchText, lastLineOf, tookText } from '../run-text.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { durationText } from '../terminal/duration-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { addFind } from './serials.ts';

const STATUSES = ['scheduled', 'running', 'completed', 'failed', 'cancelled'] as const;
const msText = (ms: number | null): string => (ms === null ? '' : durationText(ms));

const actionRow = (action: ActionSummary): string[] => [
  String(action.action_order),
  action.action_name,
  action.action_type,
  ...[action.completed, action.failed, action.cancelled, action.skipped, action.running, action.unresolved, action.attempts].map(String),
  msText(action.duration.avg_ms),
  msText(action.duration.p95_ms),
];

const countsOf = (counts: ExecutionSummary['branches']): string[] => STATUSES.map((status) => String(counts[status]));

const summary = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { width } = session;
  const [counted, { data: actions }] = [await session.client.summariseExecution(serial), await session.client.summariseActions(serial)];
  const batches = [
    ['BATCH', ...STATUSES.map((status) => status.toUpperCase())],
    ...counted.batches.map((batch) => [String(batch.batch_number), ...countsOf(batch)]),
    ['all', ...countsOf(counted.branches)],
  ];
  const failures = counted.failures.map((cause) => [String(cause.branches), cause.failure_category, cause.error_code ?? '']);
  const parts = [
    renderTable(batches, { width, right: [1, 2, 3, 4, 5] }),
    failures.length === 0 ? '' : renderTable([['TARGETS', 'FAILED BY', 'CODE'], ...failures], { width, right: [0] }),
    actions.length === 0
      ? ''
      : renderTable(
          [
            ['#', 'ACTION', 'TYPE', 'COMPLETED', 'FAILED', 'CANCELLED', 'SKIPPED', 'RUNNING', 'LOST', 'TRIES', 'MEAN', '95 %'],
            ...actions.map(actionRow),
          ],
          { width, right: [0, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
        ),
  ];
  await session.print({ ...counted, actions }, parts.filter((part) => part !== '').join('\n'));
};

const resultRow = (result: ActionResult): string[] => [
  result.branch_serial,
  `${result.action_order} ${result.action_name}`,
  `${result.iteration}/${result.attempt}`,
  result.status,
  result.exit_code === null ? '' : String(result.exit_code),
  msText(result.execution_time_ms),
  lastLineOf(result.result_error === null || result.result_error === '' ? result.result_output : result.result_error),
];

const printResults = async (session: CliSession, results: ActionResult[]): Promise<void> => {
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column === 3 ? paintStatus(session.paint, row[3] ?? '', text) : text;
  const rows = [['BRANCH', 'ACTION', 'TRY', 'STATUS', 'EXIT', 'TOOK', 'OUTPUT'], ...results.map(resultRow)];
  await session.print(results, renderTable(rows, { width: session.width, right: [4, 5], paint }));
};

interface ResultOptions {
  target?: string;
  action?: number;
  status?: ListResultsOptions['status'];
  all?: boolean;
  limit: number;
}

const results = async (context: CliContext, serial: string, options: ResultOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { target, action: action_order, status, all = false, limit } = options;
  const query = { target, action_order, status, final: all ? undefined : 'true' };
  const found = await Array.fromAsync(allPages((place) => session.client.listResults(serial, { ...query, ...place }), { limit }));
  await printResults(session, found);
  if (found.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const branchDetails = (branch: Branch, now: number): string => {
  const lines = [
    `${branch.branch_serial}  ${branch.target_name} (${branch.target_serial})`,
    `  status   ${branch.status}${branch.exit_code === null ? '' : `, exit ${branch.exit_code}`}`,
    `  begun    ${timeText(branch.started_at)}`,
    `  took     ${tookText(branch, now)}`,
    `  batch    ${branch.batch_number}`,
    `  lines    ${branch.last_line_number}`,
    `  fault    ${[branch.fault, branch.failure_category, branch.error_code].filter((part) => part !== null).join(', ')}`,
    `  result   ${branchText(branch)}`,
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

const branch = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await session.client.getBranch(serial);
  await session.print(found, branchDetails(found, Date.now()));
  process.exitCode = exitCodeOfRun(found.status);
};

/** Outputs as they are kept; at most so many bytes of each. */
const WHOLE_OUTPUT = 1_048_576;
const AT_ONCE = 10;

const attemptText = (attempt: ActionResult): string => {
  const head = `${attempt.action_serial}  ${attempt.action_name}, turn ${attempt.iteration}, attempt ${attempt.attempt}: ${attempt.status}`;
  const parts = [cleanText(head), attempt.result_output, attempt.result_error].filter(
    (part): part is string => part !== null && part !== '',
  );
  return parts.map((part) => (part.endsWith('\n') ? part : `${part}\n`)).join('');
};

const action = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { isTTY } = session.stdout;
  const found = await Array.fromAsync(
    allPages((place) => session.client.listAttempts(serial, { max_output: WHOLE_OUTPUT, ...place }), { pageSize: AT_ONCE }),
  );
  const text = found.map(attemptText).join('');
  await session.print(found, isTTY ? `${text.trimEnd().split('\n').map(cleanText).join('\n')}\n` : text);
};

/** `runs summary|results|branch|action|find`. */
export const registerRunParts = (runs: Command, context: CliContext): void => {
  runs
    .command('summary <serial>')
    .description('count the targets of a run by state, batch and cause of failure, and what came of each action')
    .action((serial: string, _options: object, command: Command) => summary(context, serial, command));
  runs
    .command('results <serial>')
    .description('list what came of the actions of a run, by target')
    .option('--target <target>', 'only this target, by serial or name')
    .addOption(new Option('--action <number>', 'only this action of the job').argParser(parseCount))
    .addOption(new Option('--status <status>', 'only those in this state').choices(ActionResultStatus.options))
    .option('--all', 'every attempt, not only the one that counts')
    .addOption(limitOption(1_000))
    .action((serial: string, options: ResultOptions, command: Command) => results(context, serial, options, command));
  runs
    .command('branch <serial>')
    .description('show one branch of a run: what came of it on one target; exits as the branch did')
    .action((serial: string, _options: object, command: Command) => branch(context, serial, command));
  runs
    .command('action <serial>')
    .description('print the attempts of one action on one target with their outputs')
    .action((serial: string, _options: object, command: Command) => action(context, serial, command));
  addFind(runs, context);
};
