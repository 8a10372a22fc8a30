import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OpsError } from '../domain/ops-error.ts';

export interface ReachWish {
  /** An existing folder; it and all above it must let the user pass. */
  folder: string;
  user: { uid: number; gid: number };
  /** What else to do: "set OPSCONDUCTOR_HOME to …". */
  advice: string;
}

const withAncestors = (folder: string): string[] => {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...withAncestors(parent), folder];
};

const mayPass = async (folder: string, { uid, gid }: ReachWish['user']): Promise<boolean> => {
  const { mode, uid: owner, gid: group } = await stat(folder);
  if (owner === uid) return (mode & 0o100) !== 0;
  return (mode & (group === gid ? 0o010 : 0o001)) !== 0;
};

/** @throws OpsError UNAVAILABLE naming the first folder on the way that the user may not pass through. */
export const ensureReachable = async ({ folder, user, advice }: ReachWish): Promise<void> => {
  const real = await realpath(folder);
  for (const step of withAncestors(real)) {
    if (await mayPass(step, user)) continue;
    const message = `Postgres refuses to run as root, and its user postgres may not pass through ${step} to reach ${real}: ${advice}, or run chmod o+x ${step}.`;
    throw new OpsError('UNAVAILABLE', message);
  }
};
