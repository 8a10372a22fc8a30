import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';
import { type StopStep, stopOrphan } from './stop-process.ts';

/** SIGINT: roll back what is open, write a checkpoint, end. SIGQUIT: end at once, the next start recovers from the log. */
export const POSTGRES_STOP: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 30_000 },
  { signal: 'SIGQUIT', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 10_000 },
];

/**
 * Stops a Postgres that a killed `up` left running on this data folder, and frees the folder of a stale pid file.
 * Only a process whose command line names the folder is stopped.
 * @throws OpsError UNAVAILABLE when it does not stop.
 */
export const releasePostgresFolder = async (data: string, log: (line: string) => void): Promise<void> => {
  const pidFile = join(data, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => '');
  const pid = Math.abs(Number.parseInt(text, 10)) || 0; // negative: a single-user session
  const owner = await processIdentity(pid);
  if (owner?.commandLine.includes(`-D ${data} `) === true) {
    log(`A database server of an earlier start still runs on ${data} (pid ${pid}); stopping it.`);
    await stopOrphan('Postgres', pid, POSTGRES_STOP);
    return;
  }
  // Postgres refuses to start while any process of its user has that pid, even a zombie or a stranger. It makes an exception for its own
  // parent: us. The rest of the file stays, so that it still checks for memory in use by what a killed server left behind.
  if (pid > 0) await writeFile(pidFile, text.replace(/^-?\d+/, String(process.pid)), { flag: 'r+' });
};
