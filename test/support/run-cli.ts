import { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import { registerClientCommands } from '../../src/cli/client-commands.ts';
import { printError } from '../../src/cli/print-error.ts';
import { parseConfig } from '../../src/config.ts';

/** What is written to it, as a stream of the command line. @param terminal what makes it look like one. */
export const sink = (terminal: Partial<NodeJS.WriteStream> = {}): { stream: NodeJS.WriteStream; text: () => string } => {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { stream: Object.assign(stream as unknown as NodeJS.WriteStream, terminal), text: () => chunks.join('') };
};

/** How a command ended, and what it wrote. */
export interface CliEnd {
  code: number;
  stdout: string;
  stderr: string;
}

/** What a command that ended by itself has set. */
const exitCode = (): number => Number(process.exitCode);

/** Runs a command that talks to the API in this process. @param streams.input what comes on its stdin. @param streams.stdin in its place. @param streams.terminal makes stderr one. @param streams.stdout in the place of one of its own. */
export const runCli = async (
  environment: Record<string, string>,
  args: readonly string[],
  {
    input,
    stdin: given,
    terminal = {},
    stdout,
  }: { input?: string; stdin?: NodeJS.ReadStream; terminal?: Partial<NodeJS.WriteStream>; stdout?: NodeJS.WriteStream } = {},
): Promise<CliEnd> => {
  const config = parseConfig(environment);
  const [out, err] = [sink(), sink(terminal)];
  const program = new Command().configureOutput({ writeErr: (text) => void err.stream.write(text), writeOut: () => undefined });
  const stdin = given ?? (input === undefined ? process.stdin : (Readable.from([Buffer.from(input)]) as unknown as NodeJS.ReadStream));
  registerClientCommands(program, config, { stdin, stdout: stdout ?? out.stream, stderr: err.stream });
  process.exitCode = 0;
  const error: unknown = await program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  const code = error === undefined ? exitCode() : printError(error, config, err.stream);
  process.exitCode = 0;
  return { code, stdout: out.text(), stderr: err.text() };
};
