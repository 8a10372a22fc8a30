import { execFile } from 'node:child_process';

export interface CommandOptions {
  timeoutMs: number;
  cwd?: string;
  /** Left out: the environment of this process. */
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
}

export interface CommandResult {
  succeeded: boolean;
  stdout: string;
  /** Why it failed, for a sentence: the time limit, the reason it could not be started, or its last lines. */
  problem: string;
}

const MAX_OUTPUT_BYTES = 16 * 1_048_576;
const PROBLEM_LINES = 6;

const problemOf = (error: Error & { killed?: boolean; code?: string | number }, output: string, timeoutMs: number): string => {
  if (error.killed === true) return `no end within ${timeoutMs / 1_000} s`;
  const lines = output.trim().split('\n').filter(Boolean).slice(-PROBLEM_LINES);
  return lines.length > 0 ? lines.join(' | ') : `it could not be run (${error.code ?? error.message})`;
};

/** Runs one short-lived program to its end and never throws: a failure is told in the result. Past the time limit it is killed. */
export const runCommand = (command: string, args: string[], { timeoutMs, ...options }: CommandOptions): Promise<CommandResult> =>
  new Promise((resolve) => {
    const settings = { ...options, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, encoding: 'utf8' } as const;
    const finish = (error: Error | null, stdout = '', stderr = ''): void => {
      const problem = error === null ? '' : problemOf(error, `${stdout}\n${stderr}`, timeoutMs);
      resolve({ succeeded: error === null, stdout, problem });
    };
    try {
      execFile(command, args, settings, finish);
    } catch (error) {
      finish(error as Error); // a uid that may not be taken, or a cwd of the wrong shape, is thrown rather than reported
    }
  });
