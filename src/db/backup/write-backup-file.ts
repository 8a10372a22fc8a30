import { createHash, randomUUID } from 'node:crypto';
import { access, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OpsError } from '../../domain/ops-error.ts';
import { trailerOf } from './backup-trailer.ts';
import type { Manifest } from './manifest.ts';

export interface WriteBackupFile {
  file: string;
  manifest: Manifest;
  /** What pg_dump writes. */
  dump: AsyncIterable<Buffer>;
  /** Rejects when the dump did not end well, which its last byte does not tell. */
  ended: Promise<void>;
  replaceExisting: boolean;
  onBytes?: ((bytes: number) => void) | undefined;
}

/** @throws OpsError CONFLICT when the file is there and may not be replaced. */
export const refuseExisting = async (file: string, replaceExisting: boolean): Promise<void> => {
  if (replaceExisting) return;
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new OpsError('CONFLICT', `${file} exists already. Name another file, or replace it with --force.`);
};

/** Makes the rename survive a power cut. Windows cannot open folders and does without. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
};

const writeAll = async (handle: FileHandle, { manifest, dump, ended, onBytes }: WriteBackupFile): Promise<number> => {
  const hash = createHash('sha256');
  let bytes = 0;
  const write = async (chunk: Buffer): Promise<void> => {
    hash.update(chunk);
    await handle.writeFile(chunk);
    bytes += chunk.length;
    onBytes?.(bytes);
  };
  await write(Buffer.from(`${JSON.stringify(manifest)}\n`));
  for await (const chunk of dump) await write(chunk);
  await ended;
  const trailer = trailerOf(hash.digest('hex'));
  await handle.writeFile(trailer);
  await handle.sync();
  return bytes + trailer.length;
};

/**
 * Writes a backup: the manifest as a line of JSON, the dump, and a SHA-256 over both. Readers see all of it or no file of that name; a kill on the way
 * leaves `FILE.<something>.partial`, which nothing takes for a backup. Only its owner may read it.
 * @returns its size in bytes.
 */
export const writeBackupFile = async (input: WriteBackupFile): Promise<number> => {
  const partial = `${input.file}.${randomUUID().slice(0, 8)}.partial`;
  const handle = await open(partial, 'wx', 0o600);
  try {
    const bytes = await writeAll(handle, input);
    await handle.close();
    await refuseExisting(input.file, input.replaceExisting);
    await rename(partial, input.file);
    await syncFolder(dirname(input.file));
    return bytes;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
};
