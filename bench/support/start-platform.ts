import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listProcesses } from './process-stat.ts';
import { BenchFailure, say } from './say.ts';
import type { MeasuredPart } from './usage.ts';
import { within } from '../../src/transports/ssh/within.ts';

/** OpsConductor with all its servers, in a process of its own. */
export interface BenchPlatform {
  url: string;
  password: string;
  /** The `up` process (worker and API), Temporal and Postgres. */
  parts: MeasuredPart[];
  /** Ends all of it; called again it waits for the same end. */
  stop(): Promise<void>;
}

export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** The very first start on a machine may download Temporal, or build it. */
const START_LIMIT_MS = 15 * 60_000;
const STOP_LIMIT_MS = 60_000;
export const UP_PART = 'worker+API';

/** Settings of this machine's own installation are for another one. */
export const environment = (home: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OPSCONDUCTOR|TEMPORAL)_(?!CACHE$)|^DATABASE_URL$/.test(name))),
  OPSCONDUCTOR_HOME: home,
  // 0 is any free port; the one of the API is told when it is up.
  OPSCONDUCTOR_PORT: '0',
  OPSCONDUCTOR_TEMPORAL_PORT: '0',
  OPSCONDUCTOR_TEMPORAL_UI_PORT: '0',
  OPSCONDUCTOR_POSTGRES_PORT: '0',
  OPSCONDUCTOR_GRACE_SECONDS: '2',
});

const untilUp = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Ctrl-C stops it.')) resolve(output);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-8_192);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new BenchFailure(`opsconductor up ended with ${code ?? signal}: ${errors.trim()}`)));
  });

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};

/** Its servers are in sessions of their own: were it killed alone, they would stay. */
export const stopChild = async (child: ChildProcess): Promise<void> => {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const servers = listProcesses().filter(({ parent }) => parent === pid);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  if (await within(STOP_LIMIT_MS, ended)) return;
  say(`opsconductor up (${pid}) does not stop: it is killed with ${servers.map((server) => `${server.name} ${server.pid}`).join(', ')}.`);
  for (const killed of [pid, ...servers.map((server) => server.pid)]) killQuietly(killed);
};

const partsOf = (up: number): MeasuredPart[] => {
  const servers = listProcesses().filter(({ parent }) => parent === up);
  const part = (name: string, program: string): MeasuredPart[] =>
    servers.filter((server) => server.name === program).map(({ pid }) => ({ name, pid, tree: true }));
  return [{ name: UP_PART, pid: up, tree: false }, ...part('Temporal', 'temporal'), ...part('Postgres', 'postgres')];
};

/** The variables and the arguments of Node that its first line gives the program, so that it is measured as users run it. */
export const readFirstLine = async (): Promise<{ variables: NodeJS.ProcessEnv; nodeArgs: string[] }> => {
  const [line = ''] = (await readFile(MAIN, 'utf8')).split('\n', 1);
  const words = line.split(' ').slice(2);
  const node = words.indexOf('node');
  return { variables: Object.fromEntries(words.slice(0, node).map((word) => word.split('=', 2))), nodeArgs: words.slice(node + 1) };
};

/** Starts `opsconductor up` on a new data folder; the stack ends it at the latest. @param nodeArgs go before the program. @throws BenchFailure with what it said when it does not start. */
export const startPlatform = async (
  folder: string,
  stack: AsyncDisposableStack,
  nodeArgs: readonly string[] = [],
): Promise<BenchPlatform> => {
  const home = join(folder, 'home');
  await mkdir(home);
  await chmod(home, 0o755);
  const own = await readFirstLine();
  const child = spawn(process.execPath, [...own.nodeArgs, ...nodeArgs, MAIN, 'up'], {
    cwd: folder,
    env: { ...environment(home), ...own.variables },
    // Ctrl-C is for the bench, which then stops this one.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopChild(child));
  stack.defer(stop);
  const timer = setTimeout(() => child.kill('SIGTERM'), START_LIMIT_MS);
  const output = await untilUp(child).finally(() => clearTimeout(timer));
  const [, url] = /^\s*API\s+(http\S+)/m.exec(output) ?? [];
  const [, password] = /^\s*password\s+(\S+)/m.exec(output) ?? [];
  if (url === undefined || password === undefined)
    throw new BenchFailure(`opsconductor up does not tell its address and first password:\n${output}`);
  return { url, password, parts: partsOf(child.pid ?? 0), stop };
};
