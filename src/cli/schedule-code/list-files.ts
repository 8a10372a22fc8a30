import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { OpsError } from '../../domain/ops-error.ts';

const DEFINITION = /(?<!\.d)\.(?:ya?ml|ts)$/;
/** Hidden ones, and what begins with an underscore: shared parts that define nothing. */
const LEFT_OUT = /^[._]|^node_modules$/;

const filesUnder = async (folder: string): Promise<string[]> => {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !LEFT_OUT.test(name));
  const inOrder = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of inOrder) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesUnder(path)));
    else if (DEFINITION.test(entry.name)) files.push(path);
  }
  return files;
};

const filesOf = async (path: string): Promise<string[]> => {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'ENOENT' ? 'is not there' : `cannot be read (${cause.code ?? 'unknown reason'})`;
      throw new OpsError('VALIDATION', `${path} ${why}. Name files or folders with -f; without it, the folder schedules/ is read.`, {
        cause,
      });
    },
  );
  if (!isFolder) {
    if (DEFINITION.test(path)) return [path];
    throw new OpsError('VALIDATION', `${path} does not end with .yaml, .yml or .ts: definitions of schedules are read from those.`);
  }
  const files = await filesUnder(path);
  if (files.length === 0) throw new OpsError('VALIDATION', `The folder ${path} has no file that ends with .yaml, .yml or .ts.`);
  return files;
};

/** How a file is called: by its path from the working folder, with slashes everywhere. */
export const nameOfFile = (path: string): string => {
  const name = relative(process.cwd(), resolve(path));
  return (isAbsolute(name) || name.startsWith('..') ? resolve(path) : name).replaceAll('\\', '/');
};

/** Files that define schedules, folders with all that is below them, in the order of their names; each once. @throws OpsError VALIDATION */
export const listFiles = async (paths: readonly string[]): Promise<string[]> => {
  const files: string[] = [];
  for (const path of paths) files.push(...(await filesOf(path)));
  return [...new Set(files.map((file) => resolve(file)))];
};
