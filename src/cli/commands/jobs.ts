import { Option } from 'commander';
import type { Command } from 'commander';
import { JobStatus } from '../../contracts/enums.ts';
import type { Job, JobSummary } from '../../contracts/job.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { readDefinition, withLines } from '../read-definition.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { registerPlanJob } from './job-plan.ts';
import { registerRunJob } from './job-run.ts';

interface FileOptions {
  file: string;
}

interface ListOptions {
  search?: string;
  tag?: string;
  status?: string;
  limit: number;
}

const create = async (context: CliContext, { file }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin);
  const job = await withLines(definition, session.client.createJob(definition.value));
  session.say(
    `Made job "${cleanText(job.name)}" with ${job.actions.length} action(s) for ${job.target_count} target(s). Run it: opsconductor jobs run ${job.job_serial} --watch`,
  );
  await session.print(job, `${job.job_serial}\n`);
};

const update = async (context: CliContext, serial: string, { file }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin);
  const job = await withLines(definition, session.client.updateJob(serial, definition.value));
  session.say(`Job ${serial} is now at version ${job.definition_version}.`);
  await session.print(job, `${job.job_serial}\n`);
};

const HEADINGS = ['SERIAL', 'NAME', 'TYPE', 'VERSION', 'STATUS', 'UPDATED'] as const;

const rowOf = (job: JobSummary): string[] => [
  job.job_serial,
  job.name,
  job.job_type,
  String(job.definition_version),
  job.status,
  timeText(job.updated_at),
];

const list = async (context: CliContext, { search, status, tag, limit }: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const jobs = await Array.fromAsync(allPages((place) => session.client.listJobs({ search, status, tag, ...place }), { limit }));
  await session.print(jobs, renderTable([HEADINGS, ...jobs.map(rowOf)], { width: session.width, right: [3] }));
  if (jobs.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const variableText = ({ key, type, value, is_secret: isSecret, is_required: isRequired }: Job['variables'][number]): string => {
  const shown = isSecret ? 'secret' : value === undefined || value === null ? 'no value' : JSON.stringify(value);
  return `  ${key} (${type}${isRequired ? ', required' : ''}): ${shown}`;
};

const describe = (job: Job): string => {
  const targets = job.targets.slice(0, 10).join(' ');
  const lines = [
    `${job.job_serial}  ${job.name}  version ${job.definition_version}, ${job.status}`,
    ...(job.description === null ? [] : [`  ${job.description}`]),
    `targets: ${job.target_count}${job.target_count === 0 ? '' : ` (${targets}${job.target_count > 10 ? ' …' : ''})`}`,
    ...(job.variables.length === 0 ? [] : ['variables:', ...job.variables.map(variableText)]),
    'actions:',
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

const actionRow = ({
  action_order,
  action_name,
  action_type,
  timeout_seconds,
  on_failure,
  is_enabled,
}: Job['actions'][number]): string[] => [
  String(action_order),
  action_name,
  action_type,
  `${timeout_seconds} s`,
  on_failure,
  is_enabled ? '' : 'disabled',
];

const show = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const job = await session.client.getJob(serial);
  const actions = renderTable([['#', 'ACTION', 'TYPE', 'TIME LIMIT', 'ON FAILURE', ''], ...job.actions.map(actionRow)], {
    width: session.width,
    right: [0, 3],
  });
  await session.print(job, `${describe(job)}${actions}`);
};

/** `jobs create|update|list|show|plan|run`. */
export const registerJobs = (program: Command, context: CliContext): void => {
  const jobs = program.command('jobs').alias('job').description('what is run on targets');
  jobs
    .command('create')
    .description('define a job; prints its serial')
    .requiredOption('-f, --file <file>', 'definition in YAML or JSON; - reads stdin')
    .action((options: FileOptions, command: Command) => create(context, options, command));
  jobs
    .command('update <serial>')
    .description('make a new version of a job; runs keep the version that they began with')
    .requiredOption('-f, --file <file>', 'definition in YAML or JSON; - reads stdin')
    .action((serial: string, options: FileOptions, command: Command) => update(context, serial, options, command));
  jobs
    .command('list')
    .description('list jobs, newest first')
    .option('--search <text>', 'part of the name, or a serial')
    .option('--tag <tag>', 'only jobs with this tag')
    .addOption(new Option('--status <status>').choices(JobStatus.options))
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  jobs
    .command('show <serial>')
    .description('show a job')
    .action((serial: string, _options: object, command: Command) => show(context, serial, command));
  registerPlanJob(jobs, context);
  registerRunJob(jobs, context);
};
