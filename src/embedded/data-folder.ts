import { access, chmod, constants, mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OpsError } from '../domain/ops-error.ts';
import { ensureFreeSpace } from './ensure-free-space.ts';
import { folderProblem } from './folder-problem.ts';
import { lockFile } from './lock-file.ts';
import { readUpRecord, type UpUrls, writeUpRecord } from './up-record.ts';

/** A data folder that this process holds alone. */
export interface DataFolder extends AsyncDisposable {
  /** Absolute. */
  path: string;
  /** Tells readers of `up.json` where this `up` answers. */
  announce: (urls: UpUrls) => Promise<void>;
}

const NEEDED_BYTES = 200_000_000;

/** As root, Postgres runs as another user who must pass through this folder; only that, not list it. */
const modeOf = (): number => (process.getuid?.() === 0 ? 0o711 : 0o700);

const nearestExisting = async (path: string): Promise<string> => {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearestExisting(dirname(path));
};

const makeFolder = async (path: string): Promise<void> => {
  await access(await nearestExisting(path), constants.W_OK); // a recursive mkdir calls a read-only file system "no such file"
  await mkdir(path, { recursive: true, mode: modeOf() });
  await access(path, constants.W_OK | constants.X_OK);
  await chmod(path, modeOf());
};

const alreadyRunning = async (path: string): Promise<OpsError> => {
  const record = await readUpRecord(path);
  const where = record === undefined ? 'starting up' : [`pid ${record.pid}`, record.urls.api].filter(Boolean).join(', ');
  return new OpsError(
    'CONFLICT',
    `OpsConductor is already running on this folder (${where}), ${path}: stop it, or set OPSCONDUCTOR_HOME to another folder.`,
  );
};

const hold = async (path: string, lock: Disposable): Promise<DataFolder> => {
  const announce = (urls: UpUrls): Promise<void> =>
    writeUpRecord(path, urls).catch((cause: unknown) => {
      throw folderProblem(cause, path);
    });
  // The kernel's lock is lost when some code of its holder closes the file by itself; the record still speaks for it.
  if ((await readUpRecord(path)) !== undefined) throw await alreadyRunning(path);
  await announce({});
  const release = async (): Promise<void> => {
    await rm(join(path, 'up.json'), { force: true });
    lock[Symbol.dispose]();
  };
  return { path, announce, [Symbol.asyncDispose]: release };
};

/**
 * Makes the data folder and takes it for this process alone, until disposed. What a killed holder left behind is taken over;
 * of several takers at once one wins.
 * @throws OpsError CONFLICT when another process holds it, naming its pid and API; UNAVAILABLE when the folder cannot be written or its disk is nearly full.
 */
export const openDataFolder = async (home: string): Promise<DataFolder> => {
  const path = resolve(home);
  let lock: Disposable | undefined;
  try {
    await makeFolder(path);
    await ensureFreeSpace(path, NEEDED_BYTES);
    lock = lockFile(join(path, 'up.lock'));
    if (lock === undefined) throw await alreadyRunning(path);
    return await hold(path, lock);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw folderProblem(error, path);
  }
};
