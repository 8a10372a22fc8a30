import type { RemoteProgram } from '../contracts/transport.ts';

/** cmd.exe takes no longer line. */
const LONGEST_LINE = 8_191;
/** The path of the batch file stands on the same line. */
const LONGEST_ARGUMENTS = 7_500;

/** Means the same to cmd.exe in quotes and without them. */
const PLAIN_WORD = /^[A-Za-z0-9_.:/\\-]+$/;
/** cmd.exe has no escape for a quote inside of quotes, and a line ends where it breaks. */
const UNSAFE = /["\p{Cc}]/u;

type Batch = Pick<RemoteProgram, 'interpreter' | 'text' | 'arguments'>;

/** The text of the batch file: a command is not echoed. */
export const batchText = ({ interpreter, text }: Batch): string => {
  const lines = text.replaceAll(/\r?\n/g, '\r\n');
  return interpreter === 'sh' ? `@echo off\r\n${lines}\r\n` : lines;
};

/**
 * The arguments of a batch file as a line of another one holds them. PowerShell would pass them to cmd.exe as they are, which reads `a&b` as two
 * commands; in a file each can be quoted, and no list of processes shows them.
 */
export const batchArguments = (words: readonly string[]): string =>
  words.map((word) => (PLAIN_WORD.test(word) ? word : `"${word.replaceAll('%', '%%')}"`)).join(' ');

/** Why cmd.exe cannot be given this program, and where that stands. */
export const batchProblem = (batch: Batch): { path: string; message: string } | undefined => {
  const at = batch.arguments.findIndex((word) => UNSAFE.test(word));
  const message =
    'cmd.exe can take no " and no line break or other control character in an argument. Hand the value over in the environment.';
  if (at >= 0) return { path: `arguments.${at}`, message };
  const advice = 'Write it as several, hand long values over in the environment, or use PowerShell.';
  const long = batchText(batch)
    .split('\r\n')
    .find((line) => line.length > LONGEST_LINE);
  if (long !== undefined)
    return { path: 'text', message: `a line has ${long.length} characters, and cmd.exe takes ${LONGEST_LINE} at most. ${advice}` };
  const { length } = batchArguments(batch.arguments);
  if (length <= LONGEST_ARGUMENTS) return undefined;
  return {
    path: 'arguments',
    message: `they have ${length} characters, and cmd.exe takes ${LONGEST_ARGUMENTS} at most. Hand long values over in the environment.`,
  };
};
