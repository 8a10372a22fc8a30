import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { LogLine } from '../../client/index.ts';
import { LogFormat } from '../../contracts/log-search.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { allPages } from '../http/all-pages.ts';
import { lineFilter } from '../line-filter.ts';
import { saveWhole } from '../save-whole.ts';
import { logLineText } from '../log-line-text.ts';
import { addSearchOptions, foundLines, isSearch, searchQuery } from './log-search.ts';
import type { SearchOptions } from './log-search.ts';

interface LogOptions extends SearchOptions {
  target?: string;
  follow?: boolean;
}

const PAGE_SIZE = 5_000;

/** Lines that are stored now, in the order in which they were stored. */
const storedLines = (session: CliSession, serial: string, options: LogOptions): AsyncIterable<LogLine> => {
  const { target } = options;
  if (isSearch(options)) return foundLines(session, { execution: serial, target, ...searchQuery(options) });
  return allPages((place) => session.client.listLogs(serial, { target, ...place }), { pageSize: PAGE_SIZE });
};

/** Lines until the run ends. Those of one target are in order. */
async function* liveLines(
  { client, say }: CliSession,
  serial: string,
  target: string | undefined,
): AsyncGenerator<LogLine, void, undefined> {
  const wanted = new Set<string>();
  const onConnection = (isUp: boolean): void => say(isUp ? 'The connection is back.' : 'The connection is lost, trying again.');
  for await (const event of client.followExecution(serial, { onConnection })) {
    if (event.type === 'branch' && (event.data.target_serial === target || event.data.target_name === target))
      wanted.add(event.data.branch_serial);
    if (event.type === 'line' && (target === undefined || wanted.has(event.data.branch_serial ?? ''))) yield event.data;
  }
}

const logs = async (context: CliContext, serial: string, options: LogOptions, command: Command): Promise<void> => {
  const { target, follow = false } = options;
  if (follow && [options.regex, options.since, options.until].some((option) => option !== undefined))
    throw new OpsError(
      'VALIDATION',
      '--follow takes neither --regex, whose expressions are those of the database, nor --since nor --until: leave it out to search the lines that are stored.',
    );
  const session = await openSession(context, command);
  const { stdout, paint, client } = session;
  const hasSeveral = target === undefined && (await client.listBranches(serial, { limit: 2 })).data.length !== 1;
  const lines = follow ? liveLines(session, serial, target) : storedLines(session, serial, options);
  const fits = follow ? lineFilter(options) : () => true;
  for await (const line of lines) {
    if (!fits(line)) continue;
    await session.printItem(line, `${logLineText(line, { hasSeveral, isTerminal: stdout.isTTY, paint })}\n`);
  }
};

interface DownloadOptions {
  format: LogFormat;
  to?: string;
}

const download = async (context: CliContext, serial: string, { format, to }: DownloadOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const content = await session.client.downloadLog(serial, { format });
  if (to === '-') return pipeline(content, context.stdout, { end: false });
  const path = resolve(to ?? `${serial}.${format === 'text' ? 'log' : 'ndjson'}`);
  await saveWhole(path, content, 'The log');
  await session.print({ execution_serial: serial, path }, `${path}\n`);
};

/** `runs logs|download`. */
export const registerRunLogs = (runs: Command, context: CliContext): void => {
  addSearchOptions(
    runs
      .command('logs <serial>')
      .description('print the output of a run; lines of stderr are marked with ! and notes of OpsConductor with #')
      .option('--target <target>', 'only this target, by serial or name')
      .option('-f, --follow', 'go on until the run ends'),
  )
    .addHelpText(
      'after',
      '\nWith several targets each line begins with the name of its target. With --json: one JSON document a line; with --output yaml: one YAML document each.',
    )
    .action((serial: string, options: LogOptions, command: Command) => logs(context, serial, options, command));
  runs
    .command('download <serial>')
    .description('save the whole log of a run')
    .addOption(
      new Option('--format <format>', 'text: a line each, with its time; ndjson: a JSON document each')
        .choices(LogFormat.options)
        .default('text'),
    )
    .option('--to <file>', 'file to write, - for standard output; default the serial in this folder')
    .action((serial: string, options: DownloadOptions, command: Command) => download(context, serial, options, command));
};
