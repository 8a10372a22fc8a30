import { Command } from 'commander';
import { parseConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { readVersion } from '../version.ts';
import { registerClientCommands } from './client-commands.ts';
import { registerLocalCommands } from './local-commands.ts';
import { exitCodeOfCommand } from './exit-code.ts';
import { printError } from './print-error.ts';

const main = async (config: Config): Promise<void> => {
  const program = new Command('opsconductor')
    .description('Runs operations jobs on fleets and keeps an exact record of what happened where.')
    .version(readVersion());
  // First, since the exit rules that they set hold for commands that are added later only.
  registerClientCommands(program, config);
  registerLocalCommands(program, config);
  await program.parseAsync();
};

/** What was written to a pipe is not through yet when the program is: a reader must get all of it. */
const exitWhenWritten = async (code?: number): Promise<never> => {
  const written = (stream: NodeJS.WriteStream): Promise<void> => new Promise((resolve) => stream.write('', () => resolve()));
  await Promise.all([written(process.stdout), written(process.stderr)]);
  // exit(undefined) would forget the code that a command has set.
  if (code !== undefined) process.exitCode = code;
  return process.exit();
};

let config: Pick<Config, 'logLevel' | 'noColor'> = { logLevel: 'info', noColor: true };
try {
  const parsed = parseConfig();
  config = parsed;
  await main(parsed);
  await exitWhenWritten();
} catch (error) {
  await exitWhenWritten(exitCodeOfCommand(process.argv.slice(2), error, printError(error, config)));
}
