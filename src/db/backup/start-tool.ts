import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { OpsError } from '../../domain/ops-error.ts';

const STDERR_BYTES = 4_096;
const STDERR_LINES = 6;

export interface StartTool {
  path: string;
  args: readonly string[];
  /** All of its environment. */
  env: Record<string, string>;
  /** Ends it. */
  signal: AbortSignal;
}

export interface RunningTool {
  stdin: NonNullable<ChildProcess['stdin']>;
  stdout: NonNullable<ChildProcess['stdout']>;
  /** Rejects with what it said, when it does not end well. */
  ended: Promise<void>;
  /** Null until it has ended by itself. */
  exitCode: () => number | null;
  kill: () => void;
}

const lastLines = (text: string): string =>
  text
    .trim()
    .split(/\r?\n/)
    .slice(-STDERR_LINES)
    .map((line) => line.trim())
    .join(' | ');

/** Starts a program of PostgreSQL with pipes to it. @throws OpsError UNPROCESSABLE, through `ended`, with the last lines of its stderr. */
export const startTool = ({ path, args, env, signal }: StartTool): RunningTool => {
  const child = spawn(path, [...args], { env, signal, windowsHide: true, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-STDERR_BYTES)));
  const waitForEnd = async (): Promise<void> => {
    const name = basename(path);
    const [code, endedBy] = (await once(child, 'close').catch((cause: unknown) => {
      throw new OpsError('UNPROCESSABLE', `${name} could not be run (${cause instanceof Error ? cause.message : 'unknown'}).`, { cause });
    })) as [number | null, NodeJS.Signals | null];
    if (code === 0) return;
    const how = endedBy === null ? `ended with code ${code}` : `was ended by ${endedBy}`;
    throw new OpsError('UNPROCESSABLE', `${name} ${how}: ${lastLines(said) || 'it said nothing'}`);
  };
  const ended = waitForEnd();
  // Whoever started it may fail earlier, on a pipe, and look at this later.
  ended.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, ended, exitCode: () => child.exitCode, kill: () => void child.kill() };
};
