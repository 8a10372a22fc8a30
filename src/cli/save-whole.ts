import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { OpsError } from '../domain/ops-error.ts';

/**
 * Saves what comes in a file that is there only when it is whole; one of this name is replaced then.
 * @param what is saved, for the message: `The log`.
 * @param isPrivate nobody else on this machine may read it.
 * @throws OpsError FILE_FAILED; nothing is kept then
 */
export const saveWhole = async (
  path: string,
  content: AsyncIterable<Uint8Array>,
  what: string,
  { isPrivate = false } = {},
): Promise<void> => {
  const part = `${path}.part`;
  try {
    await pipeline(content, createWriteStream(part, isPrivate ? { mode: 0o600 } : {}));
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OpsError(
      'FILE_FAILED',
      `${what} could not be saved as ${path} (${why}). Nothing was kept; try again, or name another file with --to.`,
      {
        cause,
      },
    );
  }
};
