import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { OpsError } from '../../domain/ops-error.ts';
import { installAdvice } from './install-advice.ts';
import { majorOf } from './manifest.ts';

export type ToolName = 'pg_dump' | 'pg_restore' | 'psql';

/** A program of PostgreSQL that runs here. */
export interface Tool {
  path: string;
  /** `15.12` */
  version: string;
}

/** Where to look. */
export interface ToolSearch {
  /** OPSCONDUCTOR_PG_BIN: then nowhere else. */
  folder: string | undefined;
  /** The absolute path of a program on PATH. */
  which: (name: string) => Promise<string | undefined>;
  platform?: NodeJS.Platform;
  /** Folders in which installers put the programs of a major version. */
  foldersOf?: (major: number) => string[];
}

const VERSION_TIMEOUT_MS = 20_000;
const NEWER_MAJORS = 4;

const run = promisify(execFile);

/** Debian and Ubuntu, PostgreSQL's RPMs, SUSE, Alpine, Homebrew (Apple, Intel, Linux), Postgres.app, the Windows installer. */
const installFolders = (major: number): string[] => [
  `/usr/lib/postgresql/${major}/bin`,
  `/usr/pgsql-${major}/bin`,
  `/usr/lib/postgresql${major}/bin`,
  `/usr/libexec/postgresql${major}`,
  `/opt/homebrew/opt/postgresql@${major}/bin`,
  `/usr/local/opt/postgresql@${major}/bin`,
  `/home/linuxbrew/.linuxbrew/opt/postgresql@${major}/bin`,
  `/Applications/Postgres.app/Contents/Versions/${major}/bin`,
  `C:\\Program Files\\PostgreSQL\\${major}\\bin`,
];

const executable = (name: ToolName, platform: NodeJS.Platform): string => (platform === 'win32' ? `${name}.exe` : name);

/** The version that a program tells, or undefined when it does not run. */
const versionOf = async (path: string): Promise<string | undefined> => {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: VERSION_TIMEOUT_MS, env: { LC_ALL: 'C' } });
    return /\(PostgreSQL\) (\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
};

const candidates = async (name: ToolName, major: number, search: ToolSearch): Promise<string[]> => {
  const { folder, which, platform = process.platform, foldersOf = installFolders } = search;
  const inFolder = (one: string): string => join(one, executable(name, platform));
  if (folder !== undefined) return [inFolder(folder)];
  const onPath = await which(name);
  const newer = Array.from({ length: NEWER_MAJORS }, (_, index) => foldersOf(major + index + 1)).flat();
  return [...foldersOf(major).map(inFolder), ...(onPath === undefined ? [] : [onPath]), ...newer.map(inFolder)];
};

const notFound = (name: ToolName, major: number, seen: readonly Tool[], { folder, platform = process.platform }: ToolSearch): OpsError => {
  const found = seen.map(({ path, version }) => `${path} is of ${version}`).join(', ');
  const where = folder === undefined ? 'on this machine' : `in ${folder} (OPSCONDUCTOR_PG_BIN)`;
  const what = found === '' ? `There is no ${name} ${where}` : `No ${name} ${where} fits: ${found}`;
  return new OpsError(
    'UNPROCESSABLE',
    `${what}; the database server is PostgreSQL ${major} and needs ${name} of version ${major}. ${installAdvice(major, platform)}`,
  );
};

/**
 * Finds a program that fits a server: of its major version or, where there is none and `orNewer`, of a newer one (pg_dump reads older servers,
 * never newer ones). Every program found is asked for its version.
 * @throws OpsError UNPROCESSABLE saying what was found and what to install.
 */
export const findTool = async (name: ToolName, major: number, search: ToolSearch, { orNewer = false } = {}): Promise<Tool> => {
  const seen: Tool[] = [];
  for (const path of await candidates(name, major, search)) {
    const exists = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    const version = exists ? await versionOf(path) : undefined;
    if (version !== undefined && majorOf(version) === major) return { path, version };
    if (version !== undefined) seen.push({ path, version });
  }
  const newer = orNewer ? seen.find(({ version }) => majorOf(version) > major) : undefined;
  if (newer !== undefined) return newer;
  throw notFound(name, major, seen, search);
};

/** What a restore needs: pg_restore reads the file, psql runs what comes out; they come in one package. @throws OpsError UNPROCESSABLE, see findTool. */
export const findRestoreTools = async (major: number, search: ToolSearch): Promise<{ pgRestore: Tool; psql: Tool }> => {
  const pgRestore = await findTool('pg_restore', major, search);
  const psql = await findTool('psql', major, { ...search, foldersOf: () => [dirname(pgRestore.path)] });
  return { pgRestore, psql };
};
