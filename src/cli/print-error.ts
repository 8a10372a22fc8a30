import { CommanderError } from 'commander';
import type { Config } from '../config.ts';
import { OpsError } from '../domain/ops-error.ts';
import { EXIT_CODES, exitCodeOfError } from './exit-code.ts';
import { cleanText } from './terminal/clean-text.ts';
import { paintFor } from './terminal/paint.ts';
import type { Paint } from './terminal/paint.ts';

/** The message often is the first field problem already. */
const fieldLines = ({ fields, message }: OpsError): string[] =>
  fields.map(({ path, message: problem }) => `${path}: ${problem}`).flatMap((line) => (line === message ? [] : [`  ${line}`]));

const linesOf = (error: unknown, paint: Paint): string[] => {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  const [first = '', ...more] = message.split('\n');
  const headline = `${paint.red('error:')} ${first}`;
  return [headline, ...more, ...(error instanceof OpsError ? fieldLines(error) : [])].map((line) =>
    paint.enabled ? line : cleanText(line),
  );
};

/**
 * Tells a person what went wrong: the message, then a line for every field that is wrong; the stack only with OPSCONDUCTOR_LOG_LEVEL=debug.
 * @returns the exit code (see EXIT_CODE_HELP).
 */
export const printError = (
  error: unknown,
  { logLevel, noColor }: Pick<Config, 'logLevel' | 'noColor'>,
  stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY'> = process.stderr,
): number => {
  // Commander has written its message already.
  if (error instanceof CommanderError)
    return error.code.startsWith('commander.') && error.exitCode !== 0 ? EXIT_CODES.misuse : error.exitCode;
  for (const line of linesOf(error, paintFor(stderr, noColor))) stderr.write(`${line}\n`);
  if ((logLevel === 'debug' || logLevel === 'trace') && error instanceof Error) {
    stderr.write(`${error.stack ?? ''}\n`);
    if (error.cause instanceof Error) stderr.write(`caused by: ${error.cause.stack ?? error.cause.message}\n`);
  }
  return error instanceof OpsError ? exitCodeOfError(error.code) : EXIT_CODES.broken;
};
