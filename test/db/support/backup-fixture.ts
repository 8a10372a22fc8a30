import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import { connectDatabase } from '../../../src/db/connect.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { selectRow } from '../../../src/db/query.ts';
import { machineBinaries } from '../../support/machine-postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A connection to a database of a test, closed when disposed. */
export const openDatabase = (url: string, applicationName = 'test'): { db: Sequelize } & AsyncDisposable => {
  const db = connectDatabase({ url, poolSize: 4, applicationName });
  return { db, [Symbol.asyncDispose]: () => db.close() };
};

export const migrateDatabase = async (url: string, folder?: string): Promise<void> => {
  await using opened = openDatabase(url);
  await migrate(opened.db, 'test', folder);
};

/** How many tables and functions the database has outside of its extensions and catalogs. */
export const countObjects = async (url: string): Promise<number> => {
  await using opened = openDatabase(url);
  const row = await selectRow<{ count: number }>(
    opened.db,
    `SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)::int
      + (SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist')::int AS count`,
  );
  return row?.count ?? -1;
};

export const countOf = async (url: string, table: string): Promise<number> => {
  await using opened = openDatabase(url);
  return (await selectRow<{ count: number }>(opened.db, `SELECT count(*) AS count FROM ${table}`))?.count ?? -1;
};

export interface TemporaryFolder extends AsyncDisposable {
  path: string;
}

export const temporaryFolder = async (): Promise<TemporaryFolder> => {
  const path = await mkdtemp(join(tmpdir(), 'ops-backup-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

/** An executable shell script. */
export const writeScript = async (path: string, text: string): Promise<void> => {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
};

/**
 * A folder of the machine's own programs, one of which does what the script says instead; the script gets the real one as $REAL.
 * It writes its pid to `<folder>/pid` first, and tells its true version.
 */
export const toolsWith = async (folder: string, name: string, script: string): Promise<void> => {
  for (const tool of ['pg_dump', 'pg_restore', 'psql'].filter((one) => one !== name))
    await symlink(join(machineBinaries, tool), join(folder, tool));
  const version = `[ "$1" = --version ] && exec "$REAL" --version`;
  await writeScript(
    join(folder, name),
    `REAL=${join(machineBinaries, name)}\n${version}\necho $$ > ${folder}/new && mv ${folder}/new ${folder}/pid\n${script}`,
  );
};

/** The pid of the script of `toolsWith`, as soon as it runs. */
export const pidOfTool = async (folder: string): Promise<number> => {
  await waitFor(() => existsSync(join(folder, 'pid')));
  return Number(await readFile(join(folder, 'pid'), 'utf8'));
};

/** Waits until a process has stopped itself (SIGSTOP). */
export const untilStopped = async (pid: number): Promise<void> => {
  const state = async (): Promise<string> => (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '')[0] ?? '';
  while ((await state()) !== 'T');
};
