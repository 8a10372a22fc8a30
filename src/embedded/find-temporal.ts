import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '../domain/ops-error.ts';
import { installTemporal, type InstallTemporal } from './install-temporal.ts';
import { lockFile } from './lock-file.ts';
import { cachedTemporal, probeTemporal } from './probe-temporal.ts';

const POLL_MS = 500;

/** The kernel frees the lock of a process that dies, and installers have time limits, so this wait ends. */
const waitForLock = async (path: string, log: (line: string) => void): Promise<Disposable> => {
  let lock = lockFile(path);
  if (lock === undefined) log('Another process is installing the Temporal server; waiting for it …');
  while (lock === undefined) {
    await sleep(POLL_MS);
    lock = lockFile(path);
  }
  return lock;
};

const installOnce = async ({ cacheDir, log }: InstallTemporal): Promise<string> => {
  const folder = dirname(dirname(cachedTemporal(cacheDir)));
  await mkdir(folder, { recursive: true });
  using _lock = await waitForLock(join(folder, 'install.lock'), log);
  const installedMeanwhile = await probeTemporal({ cacheDir });
  return installedMeanwhile?.executable ?? (await installTemporal({ cacheDir, log }));
};

/**
 * The path of a Temporal executable that runs: on PATH, else in our cache, else downloaded, else built with Go (minutes, told through `log`).
 * Of several processes at once one installs and the others wait for it.
 * @throws OpsError UNAVAILABLE when there is none and none can be had, with what to do.
 */
export const findTemporal = async (options: InstallTemporal): Promise<string> => {
  const found = await probeTemporal(options);
  if (found !== undefined) return found.executable;
  try {
    return await installOnce(options);
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OpsError(
      'UNAVAILABLE',
      `The cache folder ${options.cacheDir} cannot be used (${why}): set OPSCONDUCTOR_CACHE to a folder that can be written.`,
      { cause },
    );
  }
};
