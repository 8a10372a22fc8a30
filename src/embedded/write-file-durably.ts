import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface DurableWrite {
  mode: number;
  /** True: an existing file stays as it is and the call answers false. */
  keepExisting?: boolean;
}

/** Makes a rename in this folder survive a power cut. Windows cannot open folders and does without. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
};

const linkUnlessThere = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );

/** Writes a file so that a reader, or the next start after a power cut, sees all of it or nothing. Answers whether it was written. */
export const writeFileDurably = async (path: string, text: string, { mode, keepExisting = false }: DurableWrite): Promise<boolean> => {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await using file = await open(temporary, 'wx', mode);
    await file.chmod(mode); // whatever the umask took away or left
    await file.writeFile(text);
    await file.sync();
    const written = keepExisting ? await linkUnlessThere(temporary, path) : await rename(temporary, path).then(() => true);
    await syncFolder(dirname(path));
    return written;
  } finally {
    await rm(temporary, { force: true });
  }
};
