import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import { whichCommand } from './which-command.ts';

export interface FoundTemporal {
  executable: string;
  source: 'PATH' | 'cache';
  /** As it calls itself. */
  version: string;
}

/** The measured version; later ones cannot be installed with Go. */
export const TEMPORAL_CLI_VERSION = '1.5.1';

/** A first start may wait for a virus scanner. */
const VERSION_TIMEOUT_MS = 30_000;

/** Where our own copy is, or will be. */
export const cachedTemporal = (cacheDir: string): string =>
  join(cacheDir, 'temporal', TEMPORAL_CLI_VERSION, process.platform === 'win32' ? 'temporal.exe' : 'temporal');

/** The first line of `--version`, or undefined when the file does not run. */
export const temporalVersion = async (executable: string): Promise<string | undefined> => {
  const { succeeded, stdout } = await runCommand(executable, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  return succeeded ? stdout.split('\n')[0]?.trim() : undefined;
};

/** The Temporal executable that is on this machine already, the one on PATH first; nothing is downloaded or written. */
export const probeTemporal = async ({ cacheDir }: { cacheDir: string }): Promise<FoundTemporal | undefined> => {
  const candidates = [
    { executable: await whichCommand('temporal'), source: 'PATH' },
    { executable: cachedTemporal(cacheDir), source: 'cache' },
  ] as const;
  for (const { executable, source } of candidates) {
    const version = executable === undefined ? undefined : await temporalVersion(executable);
    if (executable !== undefined && version !== undefined) return { executable, source, version };
  }
  return undefined;
};
