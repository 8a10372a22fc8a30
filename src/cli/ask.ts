import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommanderError } from 'commander';
import { OpsError } from '../domain/ops-error.ts';
import { EXIT_CODES } from './exit-code.ts';

interface Terminal {
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WriteStream;
}

const silence = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Asks a person at the terminal; the question goes to stderr.
 * @param isSecret true: what is typed is not shown.
 * @throws OpsError VALIDATION without a terminal; CommanderError 130 on Ctrl-C and Ctrl-D.
 */
export const ask = (
  { stdin, stderr }: Terminal,
  question: string,
  { isSecret = false, otherwise = 'Give it as an option.' } = {},
): Promise<string> => {
  if (!stdin.isTTY) throw new OpsError('VALIDATION', `There is no terminal to ask for the ${question.toLowerCase()} at. ${otherwise}`);
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stdin, output: isSecret ? silence() : stderr, terminal: true, historySize: 0 });
    const stop = (): void => {
      lines.close();
      reject(new CommanderError(EXIT_CODES.interrupted, 'opsconductor.interrupted', ''));
    };
    const prompt = `${question}: `;
    if (isSecret) stderr.write(prompt);
    lines.once('SIGINT', () => {
      stderr.write('\n');
      stop();
    });
    lines.once('close', stop);
    lines.question(isSecret ? '' : prompt, (answer) => {
      lines.removeListener('close', stop);
      lines.close();
      if (isSecret) stderr.write('\n');
      resolve(answer);
    });
  });
};

/** All that comes on stdin, without the line end that closes it. */
export const readStdin = async (stdin: NodeJS.ReadStream): Promise<string> => (await text(stdin)).replace(/\r?\n$/, '');

/** The lines that come on stdin. */
export const readStdinLines = async (stdin: NodeJS.ReadStream): Promise<string[]> => (await readStdin(stdin)).split(/\r?\n/);
