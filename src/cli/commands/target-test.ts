import type { Command } from 'commander';
import type { ConnectionTest, TargetTest } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { durationText } from '../terminal/duration-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import type { Paint } from '../terminal/paint.ts';

interface TestOptions {
  selector?: string;
  method?: string;
}

/** What came of a test, for people: of a target or of a method. */
export const testLine = (name: string, { result, message, duration_ms: ms }: ConnectionTest, paint: Paint): string =>
  `${name}  ${paintStatus(paint, result)}  ${durationText(ms)}  ${cleanText(message)}`;

const testAll = async (session: CliSession, serials: readonly string[], selector: string | undefined): Promise<TargetTest[]> => {
  const results: TargetTest[] = [];
  for await (const result of session.client.testTargets(selector === undefined ? { targets: [...serials] } : { selector })) {
    results.push(result);
    if (!session.isData) await session.print(undefined, `${testLine(result.target_serial, result, session.paint)}\n`);
  }
  return results;
};

const testMethod = async (session: CliSession, serial: string, method: string) => {
  const result = await session.client.testTargetMethod(serial, method);
  if (!session.isData) await session.print(undefined, `${testLine(`${serial} ${method}`, result, session.paint)}\n`);
  return [{ target_serial: serial, method_name: method, ...result }];
};

const test = async (
  context: CliContext,
  serials: readonly string[],
  { selector, method }: TestOptions,
  command: Command,
): Promise<void> => {
  const [first, second] = serials;
  if ((first === undefined) === (selector === undefined))
    throw new OpsError('VALIDATION', 'Name the targets, or give --selector; not both.');
  if (method !== undefined && (first === undefined || second !== undefined))
    throw new OpsError('VALIDATION', '--method is one of a single target: name that target.');
  const session = await openSession(context, command);
  const results = method === undefined ? await testAll(session, serials, selector) : await testMethod(session, first ?? '', method);
  if (session.isData) await session.print(results, '');
  if (results.some(({ result }) => result === 'failure')) process.exitCode = EXIT_CODES.failed;
};

/** `targets test`. */
export const registerTestTargets = (targets: Command, context: CliContext): void => {
  targets
    .command('test [serial...]')
    .description('connect to targets and log in, ten at once; exits with 1 when one fails')
    .option('--selector <selector>', 'all targets that it fits, such as env=production,team!=web')
    .option('--method <name>', 'this method of the target instead of its primary one')
    .action((serials: string[], options: TestOptions, command: Command) => test(context, serials, options, command));
};
