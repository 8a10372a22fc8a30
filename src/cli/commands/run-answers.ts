import { Option } from 'commander';
import type { Command } from 'commander';
import { ResolveAttempt } from '../../contracts/action-answers.ts';
import type { ActionResult, Approval } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { parentSerial } from '../../domain/serials.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { allPages } from '../http/all-pages.ts';
import { lastLineOf } from '../run-text.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

/** Serial of the run of an action. @throws OpsError VALIDATION when it is no serial of an action */
export const runOfAction = (action: string): string => {
  const run = parentSerial(parentSerial(action) ?? '');
  if (run !== undefined && action.split('.').length === 4) return run;
  throw new OpsError('VALIDATION', `"${action}" is no serial of an action, such as J20250001.0001.0001.0002.`);
};

const approvalRow = (one: Approval): string[] => [
  one.action_serial,
  one.job_name,
  one.target_name,
  cleanText(one.message ?? one.action_name),
  one.approvers.map(({ type, value }) => (type === 'user' ? value : `role ${value}`)).join(', '),
  `${one.on_timeout} at ${timeText(one.expires_at)}`,
];

const approvals = async (context: CliContext, { run }: { run?: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await Array.fromAsync(allPages((place) => session.client.listApprovals({ execution: run, ...place })));
  const headings = ['ACTION', 'JOB', 'TARGET', 'QUESTION', 'APPROVERS', 'WITHOUT ANSWER'];
  await session.print(found, found.length === 0 ? '' : renderTable([headings, ...found.map(approvalRow)], { width: session.width }));
  session.say(found.length === 0 ? 'No action waits for an answer.' : 'Answer with: opsconductor runs approve|reject ACTION');
};

const lostRow = (one: ActionResult): string[] => [
  one.action_serial,
  one.target_serial,
  cleanText(one.action_name),
  one.started_at === null ? '' : timeText(one.started_at),
  lastLineOf(one.result_error),
];

const lost = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await Array.fromAsync(allPages((place) => session.client.listResults(serial, { unresolved: 'true', ...place })));
  const headings = ['ACTION', 'TARGET', 'NAME', 'STARTED', 'WHY'];
  await session.print(found, found.length === 0 ? '' : renderTable([headings, ...found.map(lostRow)], { width: session.width }));
  session.say(
    found.length === 0
      ? 'The outcome of every action is known.'
      : 'Look at the targets, then: opsconductor runs resolve ACTION --outcome succeeded|failed|not_run --note "how it is known"',
  );
};

const resolve = async (context: CliContext, action: string, input: ResolveAttempt, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const result = await session.client.resolveAttempt(runOfAction(action), action, input);
  session.say(
    `Noted of ${action}: ${result.resolution}. The attempt stays failed; retry its target with \`runs retry\` where that is right.`,
  );
  if (session.isData) await session.print(result, '');
};

/** `runs approvals|lost|resolve`. */
export const registerRunAnswers = (runs: Command, context: CliContext): void => {
  runs
    .command('approvals')
    .description('list the actions that wait for the answer of a person')
    .option('--run <serial>', 'only those of this run')
    .action((options: { run?: string }, command: Command) => approvals(context, options, command));
  runs
    .command('lost <serial>')
    .description('list the actions of a run whose outcome is not known, and of which nobody has told it')
    .action((serial: string, _options: object, command: Command) => lost(context, serial, command));
  runs
    .command('resolve <action>')
    .description('tell what really happened to an action whose outcome is not known')
    .addOption(
      new Option('--outcome <outcome>', 'what really happened').choices(ResolveAttempt.shape.outcome.options).makeOptionMandatory(),
    )
    .requiredOption('--note <text>', 'how it is known: what was looked at on the target')
    .action((action: string, { outcome, note }: ResolveAttempt, command: Command) => resolve(context, action, { outcome, note }, command));
};
