import type { Command } from 'commander';
import type { ConnectionTest } from '../../contracts/target.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { durationText } from '../terminal/duration-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import type { Paint } from '../terminal/paint.ts';

const AT_ONCE = 8;

/** Runs `work` on all items, some at once; what came of them, in their order. */
const mapSomeAtOnce = async <Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> => {
  const results: Result[] = [];
  const queue = items.entries();
  const drain = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, drain));
  return results;
};

const lineOf = (serial: string, { result, message, duration_ms: ms }: ConnectionTest, paint: Paint): string =>
  `${serial}  ${paintStatus(paint, result)}  ${durationText(ms)}  ${cleanText(message)}`;

const test = async (context: CliContext, serials: readonly string[], command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const results = await mapSomeAtOnce(serials, async (serial) => {
    const result = await session.client.testTarget(serial);
    if (!session.isJson) await session.print(undefined, `${lineOf(serial, result, session.paint)}\n`);
    return { target_serial: serial, ...result };
  });
  if (session.isJson) await session.print(results, '');
  if (results.some(({ result }) => result === 'failure')) process.exitCode = EXIT_CODES.failed;
};

/** `targets test`. */
export const registerTestTargets = (targets: Command, context: CliContext): void => {
  targets
    .command('test <serial...>')
    .description('connect to targets and log in; exits with 1 when one fails')
    .action((serials: string[], _options: object, command: Command) => test(context, serials, command));
};
