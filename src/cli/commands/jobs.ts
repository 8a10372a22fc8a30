import { Option } from 'commander';
import type { Command } from 'commander';
import { JobStatus, JobType } from '../../contracts/enums.ts';
import type { CreateJob, ListJobsOptions } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { collect, limitOption, parseCount } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { jobTable, jobText, whereText } from '../job-text.ts';
import { readDefinition, withLines } from '../read-definition.ts';
import { targetSerial, targetSerials } from '../target-serial.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { registerValidate } from './job-check.ts';
import { registerJobFacts } from './job-facts.ts';
import { registerPlanJob } from './job-plan.ts';
import { registerRunJob } from './job-run.ts';
import { registerVersions } from './job-versions.ts';

interface FileOptions {
  file: string;
  note?: string;
}

interface ListOptions {
  search?: string;
  tag?: string;
  status?: JobStatus;
  type?: JobType;
  createdBy?: string;
  target?: string;
  template?: string;
  sort?: ListJobsOptions['sort'];
  limit: number;
}

/** The definition of a file, with a note if one is given. */
export const withNote = (value: unknown, note: string | undefined): object => ({
  ...(value as object),
  ...(note !== undefined && { change_note: note }),
});

const create = async (context: CliContext, { file }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin);
  const job = await withLines(definition, session.client.createJob(definition.value as CreateJob));
  session.say(
    `Made job "${cleanText(job.name)}" with ${job.actions.length} action(s) for ${whereText(job)}. Run it: opsconductor jobs run ${job.job_serial} --watch`,
  );
  await session.print(job, `${job.job_serial}\n`);
};

const update = async (context: CliContext, serial: string, { file, note }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin);
  const job = await withLines(definition, session.client.updateJob(serial, withNote(definition.value, note) as CreateJob));
  session.say(`Job ${serial} is now at version ${job.definition_version}.`);
  await session.print(job, `${job.job_serial}\n`);
};

const list = async (context: CliContext, options: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { search, status, tag, type, createdBy, template, sort, limit } = options;
  const target = options.target === undefined ? undefined : await targetSerial(session.client, options.target);
  const filter = { search, status, tag, job_type: type, created_by: createdBy, target, template, sort };
  const jobs = await Array.fromAsync(allPages((place) => session.client.listJobs({ ...filter, ...place }), { limit }));
  await session.print(jobs, jobTable(jobs, session.width));
  if (jobs.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const show = async (context: CliContext, serial: string, { version }: { version?: number }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const job = await session.client.getJob(serial, { version });
  await session.print(job, jobText(job, 'job', session.width));
};

interface CloneOptions {
  target?: string[];
  selector?: string;
  note?: string;
}

const clone = async (context: CliContext, serial: string, name: string, options: CloneOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const targets = await targetSerials(session.client, options.target);
  const job = await session.client.cloneJob(serial, {
    name,
    ...(targets.length > 0 && { targets }),
    ...(options.selector !== undefined && { target_selector: options.selector }),
    ...(options.note !== undefined && { change_note: options.note }),
  });
  session.say(`Made job "${cleanText(job.name)}" like ${serial}, for ${whereText(job)}.`);
  await session.print(job, `${job.job_serial}\n`);
};

const remove = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await session.client.deleteJob(serial);
  session.say(`Removed ${serial}; the record of its runs stays.`);
};

const registerChanges = (jobs: Command, context: CliContext): void => {
  jobs
    .command('create')
    .description('define a job; prints its serial')
    .requiredOption('-f, --file <file>', 'definition in YAML or JSON; - reads stdin')
    .action((options: FileOptions, command: Command) => create(context, options, command));
  jobs
    .command('update <serial>')
    .description('make a new version of a job, if anything is another; runs keep the version that they began with')
    .requiredOption('-f, --file <file>', 'definition in YAML or JSON; - reads stdin')
    .option('--note <text>', 'why')
    .action((serial: string, options: FileOptions, command: Command) => update(context, serial, options, command));
  jobs
    .command('clone <serial> <name>')
    .description('make a job like another, secrets included; prints its serial')
    .option('--target <target>', 'in place of its targets, by serial or name; may be given several times', collect)
    .option('--selector <selector>', 'in place of its selector')
    .option('--note <text>', 'why')
    .action((serial: string, name: string, options: CloneOptions, command: Command) => clone(context, serial, name, options, command));
  jobs
    .command('remove <serial>')
    .description('remove a job; the record of its runs stays')
    .action((serial: string, _options: object, command: Command) => remove(context, serial, command));
};

/** `jobs create|update|clone|remove|list|show|validate|versions|diff|restore|targets|used-by|stats|plan|run`. */
export const registerJobs = (program: Command, context: CliContext): void => {
  const jobs = program.command('jobs').alias('job').description('what is run on targets');
  registerChanges(jobs, context);
  jobs
    .command('list')
    .description('list jobs, newest first')
    .option('--search <text>', 'part of the name, or a serial')
    .option('--tag <tag>', 'only jobs with this tag')
    .addOption(new Option('--status <status>').choices(JobStatus.options))
    .addOption(new Option('--type <type>').choices(JobType.options))
    .option('--created-by <user>', 'only jobs that this user made')
    .option('--target <target>', 'only jobs with this target on their list, by serial or name')
    .option('--template <serial>', 'only jobs that were made from this template')
    .addOption(new Option('--sort <order>').choices(['name', '-name', 'created', '-created']))
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  jobs
    .command('show <serial>')
    .description('show a job')
    .addOption(new Option('--version <n>', 'a former version').argParser(parseCount))
    .action((serial: string, options: { version?: number }, command: Command) => show(context, serial, options, command));
  registerValidate(jobs, context, 'job');
  registerVersions(jobs, context, 'job');
  registerJobFacts(jobs, context);
  registerPlanJob(jobs, context);
  registerRunJob(jobs, context);
};
