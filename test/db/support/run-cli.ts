import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

export interface CliRun {
  code: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Starts a command of the CLI; it knows only what `env` tells it. `kill` does not wait for the programs that it started. */
export const startCliRun = (args: readonly string[], env: Record<string, string>) => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'], OPSCONDUCTOR_HOME: '/no/such/folder', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const closed = once(child, 'close').then(([code, signal]: unknown[]): CliRun => ({ code: (code ?? signal) as CliRun['code'], ...texts }));
  const kill = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return { child, closed, kill };
};

/** Runs a command of the CLI to its end. */
export const runCli = (args: readonly string[], env: Record<string, string>): Promise<CliRun> => startCliRun(args, env).closed;
