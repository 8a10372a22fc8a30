import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OpsError } from '../domain/ops-error.ts';
import { folderProblem } from './folder-problem.ts';
import { writeFileDurably } from './write-file-durably.ts';

const KEY_BYTES = 32;

const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

const makeKeyFile = (path: string): Promise<boolean> => {
  const text = JSON.stringify({ current: 'k1', keys: { k1: newKey() }, audit: newKey() }, null, 2);
  return writeFileDurably(path, `${text}\n`, { mode: 0o600, keepExisting: true });
};

/** Windows has no such mode bits; there the folder of the user's profile protects the file. */
const refuseOpenMode = async (path: string): Promise<void> => {
  const { mode } = await stat(path);
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  const octal = (mode & 0o777).toString(8);
  throw new OpsError(
    'UNAVAILABLE',
    `The key file ${path} can be read by others than its owner (mode ${octal}): run chmod 600 ${path}, and think about new keys if others use this machine.`,
  );
};

/**
 * The text of the key file of this folder, which is made once, with fresh keys, and never overwritten: without it stored credentials cannot be read.
 * @throws OpsError UNAVAILABLE when it is readable by others, or cannot be read or written.
 */
export const ensureKeyFile = async (folder: string): Promise<string> => {
  const path = join(folder, 'keys.json');
  try {
    const there = await stat(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    );
    if (!there) await makeKeyFile(path);
    await refuseOpenMode(path);
    return await readFile(path, 'utf8');
  } catch (error) {
    throw folderProblem(error, path);
  }
};
