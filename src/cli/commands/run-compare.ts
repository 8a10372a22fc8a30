import { Option } from 'commander';
import type { Command } from 'commander';
import type { CompareExecutionsOptions, ComparedTarget } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { summaryText } from '../run-text.ts';
import { durationText } from '../terminal/duration-text.ts';
import { renderTable } from '../terminal/render-table.ts';

type Side = ComparedTarget['first'];

const sideText = (side: Side): string =>
  side === null ? 'not a target' : `${side.status}${side.exit_code === null || side.exit_code === 0 ? '' : ` (exit ${side.exit_code})`}`;
const tookText = (side: Side): string => (side?.duration_ms == null ? '' : durationText(side.duration_ms));

const rowOf = ({ target_name: name, target_serial: serial, first, second, differences }: ComparedTarget): string[] => [
  name,
  serial,
  sideText(first),
  tookText(first),
  sideText(second),
  tookText(second),
  differences.join(', '),
];

interface CompareOptions {
  only?: CompareExecutionsOptions['only'];
  limit: number;
}

const compare = async (
  context: CliContext,
  first: string,
  second: string,
  { only, limit }: CompareOptions,
  command: Command,
): Promise<void> => {
  const session = await openSession(context, command);
  const { client, paint, width } = session;
  const heads = await client.compareExecutions(first, second, { only, limit: 1 });
  const targets = await Array.fromAsync(allPages((place) => client.compareExecutions(first, second, { only, ...place }), { limit }));
  const now = Date.now();
  const table = renderTable([['TARGET', 'SERIAL', 'FIRST', 'TOOK', 'SECOND', 'TOOK', 'DIFFERS IN'], ...targets.map(rowOf)], {
    width,
    right: [3, 5],
  });
  const text = `${summaryText(heads.first, paint, now)}${summaryText(heads.second, paint, now)}${targets.length === 0 ? '' : table}`;
  await session.print({ first: heads.first, second: heads.second, targets }, text);
  if (targets.length === limit) session.say(`The first ${limit} targets; more with --limit.`);
  else if (targets.length === 0) session.say('Nothing differs.');
};

/** `runs compare`. */
export const registerRunCompare = (runs: Command, context: CliContext): void => {
  runs
    .command('compare <first> <second>')
    .description('compare two runs, of one job or of two, target by target')
    .addOption(
      new Option('--only <what>', 'only targets that differ: outcome in anything but their output, any in that as well').choices([
        'outcome',
        'any',
      ]),
    )
    .addOption(limitOption(1_000))
    .action((first: string, second: string, options: CompareOptions, command: Command) =>
      compare(context, first, second, options, command),
    );
};
