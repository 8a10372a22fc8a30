import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { BenchFailure } from './say.ts';

export interface ChildCommand {
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** A file that is its standard input. */
  inputFile?: string;
  /** Takes both outputs: a pipe would also wait for what the command leaves in the background. */
  outputFile: string;
  stack: AsyncDisposableStack;
}

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

/** Runs a command to its end. @returns its exit code, its output and how long it took. */
export const runChild = async (run: ChildCommand): Promise<{ code: number | null; output: string; ms: number }> => {
  const input = run.inputFile === undefined ? 'ignore' : openSync(run.inputFile, 'r');
  const output = openSync(run.outputFile, 'w');
  const startedAt = performance.now();
  // A group of its own can be ended with all that is in it.
  const child = spawn(run.command, run.args, { stdio: [input, output, output], detached: true, env: run.env ?? process.env });
  let hasEnded = false;
  run.stack.defer(() => {
    if (!hasEnded && child.pid !== undefined) killGroup(child.pid);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(new BenchFailure(`${run.command} cannot be run: ${error.message}`)));
    child.on('exit', resolve);
  });
  hasEnded = true;
  const ms = performance.now() - startedAt;
  for (const descriptor of [input, output]) if (typeof descriptor === 'number') closeSync(descriptor);
  return { code, output: readFileSync(run.outputFile, 'utf8'), ms };
};

/** How many lines of a text are exactly this. */
export const countLines = (text: string, line: string): number => text.split(/\r?\n/).filter((found) => found === line).length;
