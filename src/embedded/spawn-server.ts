import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, stat, truncate } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '../domain/ops-error.ts';
import { type StopStep, stopProcess } from './stop-process.ts';

export interface ServerCommand {
  /** For messages: "Postgres". */
  what: string;
  executable: string;
  args: string[];
  cwd: string;
  logFile: string;
  /** All of its environment; secrets of this process are not handed on. Windows programs need more and inherit it. */
  env: Record<string, string>;
  /** Whom to run as; undefined: as this process. */
  user: { uid: number; gid: number } | undefined;
  /** Called with the pid before anything is awaited, so that a kill of this process leaves the pid on record. */
  started?: (pid: number) => void;
  stopSteps: readonly StopStep[];
}

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  pid: number;
  onExit: Promise<ServerExit>;
  /** The last lines it wrote since this start, joined for a sentence. */
  lastLines: () => Promise<string>;
  /** Idempotent; resolves when the process is gone. */
  stop: () => Promise<void>;
}

const MAX_LOG_BYTES = 20 * 1_048_576;
const TAIL_BYTES = 4_096;
const TAIL_LINES = 8;

const tailOf = async (logFile: string, fromByte: number): Promise<string> => {
  await using file = await open(logFile, 'r');
  const { size } = await file.stat();
  const start = Math.max(fromByte, size - TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
  const lines = buffer.toString('utf8', 0, bytesRead).trim().split('\n').filter(Boolean).slice(-TAIL_LINES);
  return lines.length > 0 ? lines.join(' | ') : '(it wrote nothing)';
};

/** Makes the folder of the log, and empties a log that has grown large. */
const prepareLog = async (logFile: string): Promise<number> => {
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= MAX_LOG_BYTES) return size;
  await truncate(logFile);
  return 0;
};

const launch = async ({ what, executable, args, cwd, env, user, started }: ServerCommand, logDescriptor: number) => {
  const environment = process.platform === 'win32' ? {} : { env };
  // In a session of its own, the terminal's Ctrl-C does not reach it: it is stopped after the record is written, not before.
  const child = spawn(executable, args, {
    ...environment,
    ...user,
    cwd,
    detached: true,
    windowsHide: true,
    stdio: ['ignore', logDescriptor, logDescriptor],
  });
  if (child.pid !== undefined) started?.(child.pid);
  await once(child, 'spawn').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('UNAVAILABLE', `${what} could not be started: ${executable} cannot be run (${cause.code ?? cause.message}).`, {
      cause,
    });
  });
  return child;
};

/**
 * Starts a long-running program with its output appended to a log file, out of reach of the terminal's signals.
 * @throws OpsError UNAVAILABLE when the executable cannot be run.
 */
export const spawnServer = async (command: ServerCommand): Promise<ServerProcess> => {
  const fromByte = await prepareLog(command.logFile);
  await using log = await open(command.logFile, 'a', 0o600);
  const child = await launch(command, log.fd);
  const pid = child.pid ?? 0;
  const onExit = once(child, 'exit').then(([code, signal]): ServerExit => ({ code, signal }));
  const gone = async (withinMs: number): Promise<boolean> => {
    const timer = new AbortController();
    const late = sleep(withinMs, false, { signal: timer.signal }).catch(() => false);
    const exited = onExit.then(() => true);
    return Promise.race([exited, late]).finally(() => timer.abort());
  };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    stopping ??= stopProcess({ what: command.what, pid, steps: command.stopSteps, gone });
    return stopping;
  };
  const lastLines = async (): Promise<string> =>
    `${await tailOf(command.logFile, fromByte)} (see ${basename(command.logFile)} in ${dirname(command.logFile)})`;
  return { pid, onExit, lastLines, stop };
};
