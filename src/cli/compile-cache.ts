import { lstatSync, mkdirSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';

const OTHERS_MAY_WRITE = 0o022;

/** A folder of this user, into which nobody else can write. Windows has neither owners nor modes of this kind. */
const isOwn = (found: Stats): boolean => {
  const user = process.getuid?.();
  return found.isDirectory() && (user === undefined || (found.uid === user && (found.mode & OTHERS_MAY_WRITE) === 0));
};

/**
 * Keeps what Node compiles in the cache folder: nearly half of the CPU of a short command goes into compiling. Who can write there decides what runs, so a
 * folder that is another's, or that others can write into, is not used. The command then goes without, as it does when there can be none.
 */
export const keepCompiled = (): void => {
  const folder = cacheFolder();
  const compiled = join(folder, 'compiled');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(statSync(folder))) return;
    mkdirSync(compiled, { recursive: true, mode: 0o700 });
    // A link could lead to a folder of anybody.
    if (isOwn(lstatSync(compiled))) enableCompileCache(compiled);
  } catch {
    // The program says what is wrong with its environment.
  }
};
