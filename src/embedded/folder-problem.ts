import { OpsError } from '../domain/ops-error.ts';

const ANOTHER_FOLDER = 'set OPSCONDUCTOR_HOME to a folder that can be written, such as /var/lib/opsconductor';

const SENTENCES: Record<string, (path: string) => string> = {
  EACCES: (path) => `${path} may not be written by this user: change its owner, or ${ANOTHER_FOLDER}.`,
  EPERM: (path) => `${path} may not be written by this user: change its owner, or ${ANOTHER_FOLDER}.`,
  EROFS: (path) => `${path} is on a read-only file system: mount it writable, or ${ANOTHER_FOLDER}.`,
  ENOSPC: (path) => `The disk of ${path} is full: free some space and start again.`,
  EDQUOT: (path) => `The disk quota of ${path} is used up: free some space and start again.`,
  ENOTDIR: (path) => `${path} cannot be made, since a part of that path is a file: move the file away, or ${ANOTHER_FOLDER}.`,
  EEXIST: (path) => `${path} is a file where a folder is needed: move it away, or ${ANOTHER_FOLDER}.`,
};

/** Turns an error of the file system into one sentence about the folder; OpsErrors pass through. */
export const folderProblem = (cause: unknown, path: string): OpsError => {
  if (cause instanceof OpsError) return cause;
  const { code, message } = cause as Partial<NodeJS.ErrnoException>;
  const sentence =
    SENTENCES[code ?? '']?.(path) ?? `${path} cannot be used (${message ?? String(cause)}): repair it, or ${ANOTHER_FOLDER}.`;
  return new OpsError('UNAVAILABLE', sentence, { cause });
};
