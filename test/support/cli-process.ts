import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { TestPlatform } from './platform.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A command of the CLI, as a process of its own. */
export interface CliProcess {
  child: ChildProcess;
  /** All that it printed so far, both streams. */
  output(): string;
  /** Done when it has printed this; fails when it ends before. */
  until(text: string): Promise<void>;
  /** Sends a signal and waits for the end. @returns exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** Runs its arguments on a pseudo terminal of this size; what comes on standard input is typed there. Ends as they do. */
const ON_TERMINAL = `
import os, pty, sys
status = pty.spawn(["sh", "-c", 'stty cols 100 rows 30; exec "$@"', "sh", *sys.argv[1:]])
sys.exit(os.waitstatus_to_exitcode(status))`;

/** @param input what comes on standard input; `terminal`: both ends are a pseudo terminal, `child.stdin` types at it. */
export const startCli = (
  args: readonly string[],
  env: Record<string, string | undefined>,
  { input, terminal = false }: { input?: string; terminal?: boolean } = {},
): CliProcess => {
  const words = [process.execPath, MAIN, ...args];
  const [program = '', ...rest] = terminal ? ['/usr/bin/python3', '-c', ON_TERMINAL, ...words] : words;
  const child = spawn(program, rest, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: [terminal || input !== undefined ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  if (input !== undefined) child.stdin?.end(input);
  let printed = '';
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    printed += chunk.toString();
    for (const check of waiting) check();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const ended = once(child, 'exit');
  return {
    child,
    output: () => printed,
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (printed.includes(text)) resolve();
        };
        waiting.add(check);
        check();
        ended.then(() => reject(new Error(`ended without "${text}": ${printed}`)), reject);
      }),
    async end(signal) {
      child.kill(signal);
      const [code, killedBy] = (await ended) as [number | null, NodeJS.Signals | null];
      return code ?? killedBy;
    },
  };
};

/** Environment in which a worker or server process belongs to this test platform. */
export const platformEnvironment = (platform: TestPlatform): Record<string, string> => ({
  DATABASE_URL: platform.database.url,
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  OPSCONDUCTOR_KEYS: platform.keyRingText,
  OPSCONDUCTOR_TASK_QUEUE: platform.taskQueuePrefix,
  OPSCONDUCTOR_HEARTBEAT_SECONDS: '5',
  OPSCONDUCTOR_GRACE_SECONDS: '3',
});

/** Starts `opsconductor worker` on the platform's queues and waits until it polls. */
export const startWorkerProcess = async (platform: TestPlatform, env: Record<string, string> = {}): Promise<CliProcess> => {
  const worker = startCli(['worker'], { ...platformEnvironment(platform), ...env });
  await worker.until('worker is up');
  return worker;
};
