import { Option } from 'commander';
import type { Command } from 'commander';
import type { CreateTemplate, JobFromTemplate, ListJobTemplatesOptions } from '../../client/index.ts';
import { askInputs } from '../ask-inputs.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { collect, limitOption, parseCount } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { jobText, templateTable } from '../job-text.ts';
import { parseVariables } from '../parse-variables.ts';
import { readDefinition, withLines } from '../read-definition.ts';
import { targetSerials } from '../target-serial.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { registerValidate } from './job-check.ts';
import { useText } from './job-facts.ts';
import { registerVersions } from './job-versions.ts';
import { withNote } from './jobs.ts';

interface FileOptions {
  file: string;
  note?: string;
}

const create = async (context: CliContext, { file }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin);
  const template = await withLines(definition, session.client.createJobTemplate(definition.value as CreateTemplate));
  const serial = template.job_serial;
  session.say(`Made template "${cleanText(template.name)}". Make a job of it: opsconductor templates use ${serial} NAME --target T…`);
  await session.print(template, `${serial}\n`);
};

const update = async (context: CliContext, serial: string, { file, note }: FileOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const definition = await readDefinition(file, session.stdin);
  const template = await withLines(
    definition,
    session.client.updateJobTemplate(serial, withNote(definition.value, note) as CreateTemplate),
  );
  session.say(`Template ${serial} is now at version ${template.definition_version}.`);
  await session.print(template, `${serial}\n`);
};

interface ListOptions {
  search?: string;
  tag?: string;
  createdBy?: string;
  sort?: ListJobTemplatesOptions['sort'];
  limit: number;
}

const list = async (context: CliContext, options: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { search, tag, createdBy, sort, limit } = options;
  const filter = { search, tag, created_by: createdBy, sort };
  const templates = await Array.fromAsync(allPages((place) => session.client.listJobTemplates({ ...filter, ...place }), { limit }));
  await session.print(templates, templateTable(templates, session.width));
};

interface UseOptions {
  target?: string[];
  selector?: string;
  var?: string[];
  description?: string;
  input?: boolean;
}

/** Makes a job; at a terminal the inputs of the template are asked, and become its values. */
const use = async (context: CliContext, serial: string, name: string, options: UseOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const targets = await targetSerials(session.client, options.target);
  const { variables } = await session.client.getJobTemplate(serial);
  const given = await parseVariables(variables, options.var ?? [], undefined, session.say);
  const parameters = options.input === false ? given : await askInputs(session, variables, given);
  const input: JobFromTemplate = {
    name,
    parameters,
    ...(options.description !== undefined && { description: options.description }),
    ...(targets.length > 0 && { targets }),
    ...(options.selector !== undefined && { target_selector: options.selector }),
  };
  const job = await session.client.createJobFromTemplate(serial, input);
  session.say(`Made job "${cleanText(job.name)}" from ${serial}. Run it: opsconductor jobs run ${job.job_serial} --watch`);
  await session.print(job, `${job.job_serial}\n`);
};

const registerChanges = (templates: Command, context: CliContext): void => {
  templates
    .command('create')
    .description('define a template; prints its serial')
    .requiredOption('-f, --file <file>', 'definition of a job, without targets, in YAML or JSON; - reads stdin')
    .action((options: FileOptions, command: Command) => create(context, options, command));
  templates
    .command('update <serial>')
    .description('make a new version of a template, if anything is another; jobs that were made from it stay as they are')
    .requiredOption('-f, --file <file>', 'definition in YAML or JSON; - reads stdin')
    .option('--note <text>', 'why')
    .action((serial: string, options: FileOptions, command: Command) => update(context, serial, options, command));
  templates
    .command('clone <serial> <name>')
    .description('make a template like another; prints its serial')
    .action(async (serial: string, name: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      const template = await session.client.cloneJobTemplate(serial, { name });
      await session.print(template, `${template.job_serial}\n`);
    });
  templates
    .command('remove <serial>')
    .description('remove a template; jobs that were made from it stay')
    .action(async (serial: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      await session.client.deleteJobTemplate(serial);
      session.say(`Removed ${serial}.`);
    });
  templates
    .command('use <serial> <name>')
    .description('make a job of a template; prints its serial')
    .option('--target <target>', 'on its list, by serial or name; may be given several times', collect)
    .option('--selector <selector>', 'targets such as env=production,team=web, chosen when a run starts')
    .option('--var <name=value>', 'value of a variable; may be given several times. NAME=@FILE reads a file', collect)
    .option('--description <text>', 'in place of the one of the template')
    .option('--no-input', 'ask for nothing, also at a terminal')
    .action((serial: string, name: string, options: UseOptions, command: Command) => use(context, serial, name, options, command));
};

/** `templates create|update|clone|remove|use|list|show|used-by|validate|versions|diff|restore`. */
export const registerTemplates = (program: Command, context: CliContext): void => {
  const templates = program.command('templates').alias('template').description('patterns for jobs');
  registerChanges(templates, context);
  templates
    .command('list')
    .description('list templates, newest first')
    .option('--search <text>', 'part of the name, or a serial')
    .option('--tag <tag>', 'only templates with this tag')
    .option('--created-by <user>', 'only templates that this user made')
    .addOption(new Option('--sort <order>').choices(['name', '-name', 'created', '-created']))
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  templates
    .command('show <serial>')
    .description('show a template')
    .addOption(new Option('--version <n>', 'a former version').argParser(parseCount))
    .action(async (serial: string, { version }: { version?: number }, command: Command) => {
      const session = await openSession(context, command);
      const template = await session.client.getJobTemplate(serial, { version });
      await session.print(template, jobText(template, 'template', session.width));
    });
  templates
    .command('used-by <serial>')
    .description('jobs that were made from a template')
    .action(async (serial: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      const use = await session.client.getJobTemplateUse(serial);
      await session.print(use, useText(use, 'template'));
    });
  registerValidate(templates, context, 'template');
  registerVersions(templates, context, 'template');
};
