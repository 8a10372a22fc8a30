import { statfs } from 'node:fs/promises';
import { OpsError } from '../domain/ops-error.ts';
import { folderProblem } from './folder-problem.ts';

const MEGABYTE = 1_000_000;

/** @throws OpsError UNAVAILABLE saying how much is free and how much is needed, when the disk of an existing folder has fewer bytes left. */
export const ensureFreeSpace = async (folder: string, neededBytes: number): Promise<void> => {
  const disk = await statfs(folder).catch((cause: unknown) => {
    throw folderProblem(cause, folder);
  });
  const freeBytes = disk.bavail * disk.bsize;
  if (freeBytes >= neededBytes) return;
  const [free, needed] = [Math.floor(freeBytes / MEGABYTE), Math.ceil(neededBytes / MEGABYTE)];
  throw new OpsError(
    'UNAVAILABLE',
    `The disk of ${folder} has ${free} MB free and ${needed} MB are needed: free some space, or set OPSCONDUCTOR_HOME to a folder on another disk.`,
  );
};
