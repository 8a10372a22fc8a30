import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface TemporaryHome extends AsyncDisposable {
  path: string;
}

/** A data folder that the user postgres can reach, removed when disposed. */
export const temporaryHome = async (): Promise<TemporaryHome> => {
  const parent = await mkdtemp(join(tmpdir(), 'ops-embedded-'));
  await chmod(parent, 0o755);
  const path = join(parent, 'home');
  await mkdir(path, { mode: 0o711 });
  const remove = () => rm(parent, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return { path, [Symbol.asyncDispose]: remove };
};

/** The URL of a source file, for the import of a child script. */
export const source = (name: string): string => new URL(`../../src/embedded/${name}`, import.meta.url).href;

/** Runs a module in a process of its own, resolves with the first line that it prints as JSON, and then leaves it running. */
export const runChild = async (script: string, ...args: string[]) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]): never => {
      throw new Error(`The child ended with ${String(code)} before it printed a line`);
    }),
  ]);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  return { printed: JSON.parse(line as string) as Record<string, unknown>, kill, [Symbol.asyncDispose]: kill };
};
