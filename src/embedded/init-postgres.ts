import { randomBytes, randomUUID } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OpsError } from '../domain/ops-error.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { runCommand } from './run-command.ts';
import { syncFolder, writeFileDurably } from './write-file-durably.ts';

export interface InitPostgres {
  folder: string;
  binaries: PostgresBinaries;
  user: { uid: number; gid: number } | undefined;
}

/** The superuser of the embedded server. */
export const POSTGRES_LOGIN = 'opsconductor';

const UNFINISHED = 'postgres-unfinished-';
const INITDB_TIMEOUT_MS = 300_000;
/** Postgres's own C.UTF-8 sorts the same on every platform and after every upgrade of the C library; where that library knows the name too, text search uses it. */
const LOCALE = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  `--locale=${process.platform === 'linux' ? 'C.UTF-8' : 'C'}`,
];

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A killed initdb may still write for a moment while its folder is removed; then the folder is left, it is in nobody's way. */
const removeUnfinished = async (folder: string): Promise<void> => {
  const names = (await readdir(folder)).filter((name) => name.startsWith(UNFINISHED));
  const remove = (name: string): Promise<void> => rm(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  await Promise.allSettled(names.map(remove));
};

const runInitdb = async ({ folder, binaries, user }: InitPostgres, password: string): Promise<void> => {
  const temporary = join(folder, `${UNFINISHED}${randomUUID()}`);
  const [data, passwordFile] = [join(temporary, 'data'), join(temporary, 'password')];
  await mkdir(temporary, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of user === undefined ? [] : [temporary, passwordFile]) await chown(path, user?.uid ?? 0, user?.gid ?? 0);
  const args = ['-D', data, '-U', POSTGRES_LOGIN, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, ...LOCALE];
  const environment = process.platform === 'win32' ? {} : { env: {} }; // secrets of this process are not handed on
  const options = { ...user, ...environment, cwd: dirname(binaries.initdb), timeoutMs: INITDB_TIMEOUT_MS };
  const { succeeded, problem } = await runCommand(binaries.initdb, args, options);
  if (!succeeded) {
    await removeUnfinished(folder);
    throw new OpsError(
      'UNAVAILABLE',
      `The first database could not be made in ${folder}: initdb says ${problem}. Repair that and start again; nothing half-made is left.`,
    );
  }
  await rename(data, join(folder, 'postgres'));
  await syncFolder(folder);
  await removeUnfinished(folder);
};

/** The password outlives a killed initdb, and is on the disk before the first data folder is. */
const makePassword = (path: string): Promise<boolean> =>
  writeFileDurably(path, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, keepExisting: true });

/**
 * Makes `<folder>/postgres` when there is none, in one piece: a kill on the way leaves nothing that a later start trips over.
 * @throws OpsError UNAVAILABLE with the last lines of initdb, or when the password of an existing database is gone.
 */
export const initPostgres = async (input: InitPostgres): Promise<{ password: string; firstStart: boolean }> => {
  const passwordFile = join(input.folder, 'postgres-password');
  const data = join(input.folder, 'postgres');
  const firstStart = !(await exists(data));
  const hasPassword = await exists(passwordFile);
  if (!firstStart && !hasPassword) {
    throw new OpsError(
      'UNAVAILABLE',
      `The password of the database in ${data} is missing: put ${passwordFile} back from a backup, or move ${data} away to start with an empty one.`,
    );
  }
  if (!hasPassword) await makePassword(passwordFile);
  const password = (await readFile(passwordFile, 'utf8')).trim();
  await removeUnfinished(input.folder);
  if (firstStart) await runInitdb(input, password);
  return { password, firstStart };
};
