import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { processIdentity } from './process-identity.ts';
import { type StopStep, stopOrphan } from './stop-process.ts';

export interface TemporalFiles {
  database: string;
  pidFile: string;
}

export const TEMPORAL_STOP: readonly StopStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 10_000 },
];

const stopLeftover = async ({ database, pidFile }: TemporalFiles, log: (line: string) => void): Promise<void> => {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  const owner = await processIdentity(pid);
  if (owner?.commandLine.includes(`--db-filename=${database} `) === true) {
    log(`A Temporal server of an earlier start still runs on ${database} (pid ${pid}); stopping it.`);
    await stopOrphan('Temporal', pid, TEMPORAL_STOP);
  }
  await rm(pidFile, { force: true });
};

/** The server writes its schema, then its namespaces, and only into a file that is not there yet. */
const isComplete = (database: string): boolean => {
  using file = new DatabaseSync(database, { timeout: 5_000 });
  try {
    return file.prepare("select 1 from namespaces where name <> 'temporal-system' limit 1").get() !== undefined;
  } catch (error) {
    if (/no such table/.test(String(error))) return false;
    throw error;
  }
};

/** A server killed in its very first start leaves a file that no later one would finish: nothing ever ran on it, so it is moved aside. */
const moveIncompleteAside = async (database: string, log: (line: string) => void): Promise<void> => {
  const there = await stat(database).then(
    () => true,
    () => false,
  );
  if (!there || isComplete(database)) return;
  const aside = `${database}.incomplete-${randomUUID()}`;
  log(`${database} was not finished by its first start; moved to ${aside}.`);
  for (const suffix of ['-wal', '-shm', '-journal']) await rm(`${database}${suffix}`, { force: true });
  await rename(database, aside);
};

/**
 * Makes the database file of the dev server free and whole: stops what a killed `up` left running on it, and moves a half-made file aside.
 * Only a process whose command line names the file is stopped.
 * @throws OpsError UNAVAILABLE when the leftover does not stop; Error of SQLite when the file is damaged.
 */
export const releaseTemporalFile = async (files: TemporalFiles, log: (line: string) => void): Promise<void> => {
  await stopLeftover(files, log);
  await moveIncompleteAside(files.database, log);
};
