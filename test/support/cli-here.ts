import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { registerClientCommands } from '../../src/cli/client-commands.ts';
import { printError } from '../../src/cli/print-error.ts';
import { parseConfig } from '../../src/config.ts';

/** Runs a command that talks to the API in this process, which is quicker than one of its own. @returns exit code, and what it wrote to both streams. */
export const cliHere = async (args: readonly string[], environment: Record<string, string>): Promise<{ code: number; output: string }> => {
  const config = parseConfig(environment);
  const stream = new PassThrough();
  const output = text(stream);
  const write = (said: string): void => void stream.write(said);
  const program = new Command().configureOutput({ writeErr: write, writeOut: write });
  const streams = stream as unknown as NodeJS.WriteStream;
  registerClientCommands(program, config, { stdin: process.stdin, stdout: streams, stderr: streams });
  const before = process.exitCode;
  process.exitCode = 0;
  const failure: number | undefined = await program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => printError(error, config, streams),
  );
  const code = failure ?? process.exitCode;
  process.exitCode = before;
  stream.end();
  return { code, output: await output };
};
