import { resolve } from 'node:path';
import { runCommand } from './run-command.ts';

const LOOKUP_TIMEOUT_MS = 10_000;

/** The absolute path of a program on PATH, or undefined. The shell is asked, so that PATH need not be read here. */
export const whichCommand = async (name: string): Promise<string | undefined> => {
  const found =
    process.platform === 'win32'
      ? await runCommand('where.exe', [name], { timeoutMs: LOOKUP_TIMEOUT_MS })
      : await runCommand('/bin/sh', ['-c', 'command -v "$1"', 'sh', name], { timeoutMs: LOOKUP_TIMEOUT_MS });
  const first = found.stdout.split(/\r?\n/)[0]?.trim();
  return found.succeeded && first !== undefined && first !== '' ? resolve(first) : undefined;
};
