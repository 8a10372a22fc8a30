import type { Command } from 'commander';
import type { AppliedSchedules, ScheduleCode, SchedulePlan } from '../../client/index.ts';
import { ask } from '../ask.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect } from '../command-options.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { applyUntilSettled } from '../schedule-code/apply-until-settled.ts';
import { exportText, writeExport } from '../schedule-code/export-files.ts';
import type { ReadFile } from '../schedule-code/found-definition.ts';
import { hasWork, planSummary, planText } from '../schedule-code/plan-text.ts';
import { readDefinitions } from '../schedule-code/read-definitions.ts';
import { cleanText } from '../terminal/clean-text.ts';

interface CodeOptions {
  file?: string[];
  prune?: boolean;
  yes?: boolean;
}

const DEFAULT_FOLDER = 'schedules';
/** As `terraform plan -detailed-exitcode` has it, so that a pipeline can tell. */
const HAS_CHANGES = 2;

interface Planned {
  session: CliSession;
  code: ScheduleCode;
  plan: SchedulePlan;
  /** A line for each problem, of files and of definitions. */
  problems: string[];
}

const problemLines = ({ found, problems }: ReadFile, plan: SchedulePlan): string[] => [
  ...problems.map(({ source, message }) => `${source}: ${message}`),
  ...plan.problems.map(({ definition, source, path, message }) => {
    const place = found[definition]?.lineOf(path) ?? source;
    return `${place}: ${path === '' ? '' : `${path}: `}${message}`;
  }),
];

const planFiles = async (
  context: CliContext,
  { file = [DEFAULT_FOLDER], prune = false }: CodeOptions,
  command: Command,
): Promise<Planned> => {
  const session = await openSession(context, command);
  const files = await readDefinitions(file, session.stderr);
  const code = { definitions: files.found.map(({ source, definition }) => ({ source, definition })), prune };
  const plan = await session.client.planSchedules(code);
  return { session, code, plan, problems: problemLines(files, plan) };
};

const sayProblems = (session: CliSession, problems: readonly string[]): void => {
  for (const problem of problems) session.say(cleanText(problem));
  session.say(`${problems.length} problem(s): nothing of this set can be applied.`);
  process.exitCode = EXIT_CODES.failed;
};

const plan = async (context: CliContext, options: CodeOptions, command: Command, isFull: boolean): Promise<void> => {
  const { session, plan: planned, problems } = await planFiles(context, options, command);
  // With a problem in a file, what is in no file is not known.
  const text = problems.length === 0 ? planText(planned, session.paint, isFull) : '';
  await session.print(problems.length === 0 ? planned : { problems, plan: planned }, text);
  if (problems.length > 0) return sayProblems(session, problems);
  session.say(hasWork(planned) ? `Plan: ${planSummary(planned)}.` : `Nothing to do: ${planSummary(planned)}.`);
  if (hasWork(planned)) process.exitCode = HAS_CHANGES;
};

const COUNTS = ['created', 'updated', 'adopted', 'deleted', 'unchanged'] as const;

const appliedText = (applied: AppliedSchedules): string =>
  COUNTS.flatMap((count) => (applied[count] === 0 ? [] : [`${applied[count]} ${count}`])).join(', ') || 'nothing was to be done';

const sayApplied = (session: CliSession, applied: AppliedSchedules): void => {
  session.say(`Applied: ${appliedText(applied)}.`);
  if (applied.pending === 0) return;
  for (const { schedule_serial: serial, name, message } of applied.failed) session.say(cleanText(`${serial} (${name}): ${message}`));
  session.say(
    `All is stored, but Temporal could not be told of ${applied.pending} of them; that is tried again each minute. \`schedules plan\` says what is left.`,
  );
  process.exitCode = EXIT_CODES.unreachable;
};

const isConfirmed = async (session: CliSession, { yes = false }: CodeOptions): Promise<boolean> => {
  if (yes) return true;
  const answer = await ask(session, 'Apply this? (yes/no)', { otherwise: 'Without one, say --yes.' });
  if (/^y(es)?$/i.test(answer.trim())) return true;
  session.say('Nothing was changed.');
  return false;
};

const apply = async (context: CliContext, options: CodeOptions, command: Command): Promise<void> => {
  const { session, code, plan: planned, problems } = await planFiles(context, options, command);
  if (problems.length > 0) return sayProblems(session, problems);
  const text = planText(planned, session.paint, false);
  if (session.isData) session.say(text.trimEnd());
  else await session.print(planned, text);
  if (!hasWork(planned)) {
    session.say(`Nothing to do: ${planSummary(planned)}.`);
    if (session.isData) await session.print({ created: 0, updated: 0, adopted: 0, deleted: 0, pending: 0 }, '');
    return;
  }
  session.say(`Plan: ${planSummary(planned)}.`);
  if (!(await isConfirmed(session, options))) return;
  const applied = await applyUntilSettled(session, code);
  if (session.isData) await session.print(applied, '');
  sayApplied(session, applied);
};

const exportCode = async (context: CliContext, serials: string[], { to }: { to?: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { data } = await session.client.exportSchedules(serials.length === 0 ? {} : { serials: serials.join(',') });
  if (to === undefined) return session.print(data, exportText(data));
  const paths = await writeExport(to, data);
  await session.print({ paths }, '');
  session.say(`Exported ${paths.length} schedule(s) to ${to}.`);
};

const withFiles = (command: Command): Command =>
  command
    .option('-f, --file <path>', 'file or folder of *.yaml, *.yml and *.ts; may be given several times (default: schedules/)', collect)
    .option('--prune', 'schedules that came from code and are in none of the files are deleted');

const EXITS = `
Exits with 0 when there is nothing to do, 2 when there is, 1 when a definition is wrong.`;

/** `schedules plan`, `apply`, `diff` and `export`. */
export const registerScheduleCode = (schedules: Command, context: CliContext): void => {
  withFiles(schedules.command('plan').description('show what files of definitions would change; changes nothing'))
    .addHelpText('after', EXITS)
    .action((options: CodeOptions, command: Command) => plan(context, options, command, false));
  withFiles(schedules.command('diff').description('as plan, with the whole of each value that would change'))
    .addHelpText('after', EXITS)
    .action((options: CodeOptions, command: Command) => plan(context, options, command, true));
  withFiles(schedules.command('apply').description('make schedules be as files of definitions say; what is so already is left alone'))
    .option('--yes', 'do not ask')
    .action((options: CodeOptions, command: Command) => apply(context, options, command));
  schedules
    .command('export [serials...]')
    .description('print schedules as definitions in YAML; all that there are, when none is named')
    .option('--to <folder>', 'write a file for each into this folder')
    .action((serials: string[], options: { to?: string }, command: Command) => exportCode(context, serials, options, command));
};
