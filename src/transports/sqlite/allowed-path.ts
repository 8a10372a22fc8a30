import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { OpsError } from '../../domain/ops-error.ts';
import { placeOf } from './sqlite-errors.ts';

/** Which files of this machine methods may name. */
export interface SqliteFolders {
  /** The folder (OPSCONDUCTOR_SQLITE_DIR) that holds them; undefined: none may be named. */
  allowed: string | undefined;
  /** OpsConductor's own data folder: nothing in it may be named. */
  own: string;
}

const isIn = (folder: string, path: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);

const orUndefined = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

const refuse = (path: string, why: string): OpsError => new OpsError('VALIDATION', `${placeOf(path)}: ${why}`);

const SET =
  "Whoever runs the worker names the folder whose SQLite files may be used in the worker's environment variable OPSCONDUCTOR_SQLITE_DIR";

/** A failure tells the same for what is outside, whether it is there or not: the worker is no way to look around on its machine. */
const realPath = async (path: string, folder: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
    if (!isIn(folder, path) || path.split(sep).includes('..')) throw refuse(path, `it is not in the folder for SQLite files. ${SET}.`);
    if (code === 'EACCES')
      throw new OpsError('FILE_REFUSED', `${placeOf(path)}: the user of the OpsConductor worker may not enter its folder.`, { cause });
    throw new OpsError(
      'FILE_MISSING',
      `${placeOf(path)}: there is no such file on the machine of the worker. It is never created: check database_path.`,
    );
  }
};

/**
 * The file itself, all links and `..` followed.
 * @throws OpsError VALIDATION for a file outside of the allowed folder, FILE_MISSING, FILE_REFUSED
 */
export const allowedPath = async (path: string, { allowed, own }: SqliteFolders): Promise<string> => {
  if (allowed === undefined) throw refuse(path, `no SQLite files may be used on this worker. ${SET}, which is not set.`);
  const folder = await orUndefined(allowed);
  if (folder === undefined) throw refuse(path, `the folder that OPSCONDUCTOR_SQLITE_DIR names is not there. ${SET}.`);
  const real = await realPath(path, folder === allowed || isIn(folder, path) ? folder : allowed);
  if (!isIn(folder, real)) throw refuse(path, `it is not in the folder for SQLite files. ${SET}.`);
  if (isIn((await orUndefined(own)) ?? own, real))
    throw refuse(path, "it is in OpsConductor's own data folder, which no action may touch.");
  if (!(await stat(real)).isFile()) throw refuse(path, 'it is not a file.');
  return real;
};
