import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startTemporal } from '../src/embedded/start-temporal.ts';

/** A part of the platform that may be killed at any moment and is started again. */
export interface KillablePart {
  readonly name: string;
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const quiet = (): void => {};

/** An embedded server: started again on the same folder and port. */
export const storePart = (name: string, open: () => Promise<{ pid: number; onExit: Promise<unknown> }>): KillablePart => {
  let running: ReturnType<typeof open> | undefined;
  return {
    name,
    async start() {
      running = open();
      await running;
    },
    async kill() {
      // One that only just starts is a process already.
      const server = await running?.catch(() => undefined);
      running = undefined;
      if (server === undefined) return;
      process.kill(server.pid, 'SIGKILL');
      await server.onExit;
    },
  };
};

export const temporalPart = (folder: string, port: number, executable: string): KillablePart =>
  storePart('Temporal', () => startTemporal({ executable, folder, port, uiPort: 0, namespace: 'default', log: quiet }));

interface CliPart {
  name: string;
  args: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** What it prints when it is up. */
  upText: string;
  logFile: string;
}

const untilPrinted = async (child: ChildProcess, text: string, name: string): Promise<void> => {
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      printed = (printed + chunk.toString()).slice(-8_192);
      if (printed.includes(text)) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was up: ${printed.slice(-500)}`)));
  });
};

/** A process of this program. One that does not come up, since a store is away, is started again until it does. */
export const cliPart = ({ name, args, environment, upText, logFile }: CliPart): KillablePart => {
  let child: ChildProcess | undefined;
  // What tries to start it belongs to one life of it: a later one has its own.
  let end = (): void => {};
  const log = createWriteStream(logFile, { flags: 'a' });
  const spawnOnce = async (life: AbortSignal): Promise<void> => {
    child = spawn(process.execPath, [MAIN, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    await untilPrinted(child, upText, name);
    child.once('exit', () => {
      // It ended by itself: what keeps processes alive on a real machine would start it again.
      if (!life.aborted) void restart(life);
    });
  };
  const restart = async (life: AbortSignal): Promise<void> => {
    try {
      if (!life.aborted) await spawnOnce(life);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await restart(life);
    }
  };
  return {
    name,
    async start() {
      const life = new AbortController();
      end = () => life.abort();
      await restart(life.signal);
    },
    async kill() {
      end();
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
};
