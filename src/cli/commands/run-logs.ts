import type { Command } from 'commander';
import type { LogLine } from '../../contracts/execution.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { allPages } from '../http/all-pages.ts';
import { logLineText } from '../log-line-text.ts';

interface LogOptions {
  target?: string;
  follow?: boolean;
}

const PAGE_SIZE = 5_000;

/** Lines that are stored now, in the order in which they were stored. */
const storedLines = ({ client }: CliSession, serial: string, target: string | undefined): AsyncIterable<LogLine> =>
  allPages((place) => client.listLogs(serial, { target, ...place }), { pageSize: PAGE_SIZE });

/** Lines until the run ends. Those of one target are in order. */
async function* liveLines(
  { client, say }: CliSession,
  serial: string,
  target: string | undefined,
): AsyncGenerator<LogLine, void, undefined> {
  const wanted = new Set<string>();
  const onConnection = (isUp: boolean): void => say(isUp ? 'The connection is back.' : 'The connection is lost, trying again.');
  for await (const event of client.events(serial, { onConnection })) {
    if (event.type === 'branch' && (event.data.target_serial === target || event.data.target_name === target))
      wanted.add(event.data.branch_serial);
    if (event.type === 'line' && (target === undefined || wanted.has(event.data.branch_serial ?? ''))) yield event.data;
  }
}

const logs = async (context: CliContext, serial: string, { target, follow = false }: LogOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { stdout, paint, isJson, client } = session;
  const hasSeveral = target === undefined && (await client.listBranches(serial, { limit: 2 })).data.length !== 1;
  const lines = follow ? liveLines(session, serial, target) : storedLines(session, serial, target);
  for await (const line of lines) {
    const text = isJson ? JSON.stringify(line) : logLineText(line, { hasSeveral, isTerminal: stdout.isTTY, paint });
    if (!stdout.write(`${text}\n`)) await new Promise((resolve) => stdout.once('drain', resolve));
  }
};

/** `runs logs`. */
export const registerRunLogs = (runs: Command, context: CliContext): void => {
  runs
    .command('logs <serial>')
    .description('print the output of a run; lines of stderr are marked with ! and notes of OpsConductor with #')
    .option('--target <target>', 'only this target, by serial or name')
    .option('-f, --follow', 'go on until the run ends')
    .addHelpText('after', '\nWith several targets each line begins with the name of its target. With --json: one JSON document a line.')
    .action((serial: string, options: LogOptions, command: Command) => logs(context, serial, options, command));
};
