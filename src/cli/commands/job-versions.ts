import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { JobComparison, JobVersion } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { limitOption, parseCount } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { valueText } from '../terminal/value-text.ts';

/** The calls of jobs, or of templates. */
const callsOf = ({ client }: CliSession, kind: 'job' | 'template') =>
  kind === 'job'
    ? { list: client.listJobVersions, compare: client.compareJobVersions, restore: client.restoreJobVersion }
    : { list: client.listJobTemplateVersions, compare: client.compareJobTemplateVersions, restore: client.restoreJobTemplateVersion };

const versionRow = (version: JobVersion): string[] => [
  `${version.definition_version}${version.is_current ? ' *' : ''}`,
  timeText(version.created_at),
  version.created_by ?? '',
  version.name,
  version.change_note ?? '',
];

/** As people read differences: what was with a minus, what is with a plus. */
export const comparisonText = ({ differences }: JobComparison, paint: CliSession['paint']): string =>
  differences
    .flatMap(({ path, change, before, after }) => [
      `${cleanText(path)}${change === 'moved' ? ` moved from place ${valueText(before)} to ${valueText(after)}` : ''}`,
      ...(change === 'added' || change === 'moved'
        ? []
        : [paint.red(`  - ${before === null ? '(secret, or nothing)' : valueText(before)}`)]),
      ...(change === 'removed' || change === 'moved'
        ? []
        : [paint.green(`  + ${after === null ? '(secret, or nothing)' : valueText(after)}`)]),
    ])
    .map((line) => `${line}\n`)
    .join('');

const versionNumber = (name: string, description: string): Argument => new Argument(`<${name}>`, description).argParser(parseCount);

/** `versions`, `diff` and `restore`, of jobs or of templates. */
export const registerVersions = (parent: Command, context: CliContext, kind: 'job' | 'template'): void => {
  parent
    .command('versions <serial>')
    .description(`list the versions of a ${kind}, the newest first; the current one has a *`)
    .addOption(limitOption(100))
    .action(async (serial: string, { limit }: { limit: number }, command: Command) => {
      const session = await openSession(context, command);
      const { list } = callsOf(session, kind);
      const versions = await Array.fromAsync(allPages((place) => list(serial, place), { limit }));
      const table = renderTable([['VERSION', 'MADE', 'BY', 'NAME', 'NOTE'], ...versions.map(versionRow)], { width: session.width });
      await session.print(versions, table);
    });
  parent
    .command('diff')
    .argument('<serial>')
    .addArgument(versionNumber('version', 'the former one'))
    .addArgument(versionNumber('other', 'the later one'))
    .description(`show in what two versions of a ${kind} differ`)
    .action(async (serial: string, version: number, other: number, _options: object, command: Command) => {
      const session = await openSession(context, command);
      const comparison = await callsOf(session, kind).compare(serial, `${version}`, `${other}`);
      await session.print(comparison, comparisonText(comparison, session.paint));
      if (comparison.differences.length === 0) session.say('They do not differ.');
    });
  parent
    .command('restore')
    .argument('<serial>')
    .addArgument(versionNumber('version', 'that shall be the next one'))
    .addOption(new Option('--note <text>', 'why'))
    .description(`make a former version of a ${kind} the next one, secrets included`)
    .action(async (serial: string, version: number, { note }: { note?: string }, command: Command) => {
      const session = await openSession(context, command);
      const job = await callsOf(session, kind).restore(serial, `${version}`, note === undefined ? {} : { change_note: note });
      session.say(`${serial} is now at version ${job.definition_version}.`);
      await session.print(job, `${job.job_serial}\n`);
    });
};
