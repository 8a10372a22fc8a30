import type { Command } from 'commander';
import type { DangerousPatterns } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { timeText } from '../terminal/time-text.ts';

interface NoteOption {
  note?: string;
}

const numbered = (patterns: readonly string[]): string =>
  patterns.map((pattern, index) => `${String(index + 1).padStart(4)}  ${pattern}\n`).join('');

const print = async (session: CliSession, list: DangerousPatterns): Promise<void> => {
  await session.print(list, numbered(list.patterns));
  const changed = list.updated_by === null ? '' : `, changed by ${list.updated_by} on ${timeText(list.updated_at)}`;
  session.say(`${list.patterns.length} patterns${list.is_default ? ', those of this version' : changed}.`);
};

/** The list without one of its patterns, which is given by its text or its number. */
const without = (patterns: readonly string[], which: string): string[] => {
  const index = patterns.includes(which) ? patterns.indexOf(which) : /^\d{1,3}$/.test(which) ? Number(which) - 1 : -1;
  if (patterns[index] === undefined) throw new OpsError('VALIDATION', `The list has no pattern ${which}. See: opsconductor dangerous list`);
  return patterns.toSpliced(index, 1);
};

/** `dangerous list|add|remove|reset`. */
export const registerDangerous = (program: Command, context: CliContext): void => {
  const dangerous = program.command('dangerous').description('what counts as a dangerous command, which jobs must confirm');
  const list = async (_options: object, command: Command): Promise<void> => {
    const session = await openSession(context, command);
    await print(session, await session.client.getDangerousPatterns());
  };
  const change =
    (next: (patterns: string[], given: string) => string[] | null) =>
    async (given: string, { note }: NoteOption, command: Command): Promise<void> => {
      const session = await openSession(context, command);
      const { patterns, version } = await session.client.getDangerousPatterns();
      const input = { patterns: next(patterns, given), version, ...(note !== undefined && { note }) };
      await print(session, await session.client.changeDangerousPatterns(input));
    };
  const noted = (command: Command): Command => command.option('--note <text>', 'why; stands in the audit trail');
  dangerous.command('list').description('show the list').action(list);
  noted(dangerous.command('add <pattern>').description('add a regular expression (case is ignored, ^ and $ are at each line)')).action(
    change((patterns, pattern) => (patterns.includes(pattern) ? patterns : [...patterns, pattern])),
  );
  noted(dangerous.command('remove <pattern>').description('remove a pattern, by its text or its number in the list')).action(
    change(without),
  );
  noted(dangerous.command('reset').description('the list of this version of OpsConductor')).action(
    (options: NoteOption, command: Command) => change(() => null)('', options, command),
  );
};
