import { setTimeout as pause } from 'node:timers/promises';
import type { Sequelize } from 'sequelize';
import type { Execution } from '../../contracts/execution.ts';
import { selectRow } from '../../db/query.ts';
import type { RunFeed } from '../../db/run-feed.ts';
import { readExecution } from './read-executions.ts';

/** Between two looks at a run that changes all the time, for those who have waited for long; short runs are answered sooner. */
const [FIRST_PAUSE_MS, PAUSE_MS] = [25, 400];

const hasEnded = async (db: Sequelize, serial: string): Promise<boolean> => {
  const row = await selectRow<{ ended: boolean }>(
    db,
    'SELECT completed_at IS NOT NULL AS ended FROM job_executions WHERE execution_serial = $1',
    [serial],
  );
  return row?.ended ?? true;
};

/**
 * Waits until a run has ended, or the time is over, or the caller has gone. It looks only when the run has changed, and not all the time.
 * @param signal of the caller's connection. @returns the run as it is then.
 */
export const awaitExecution = async (
  { db, feed }: { db: Sequelize; feed: Pick<RunFeed, 'subscribe'> },
  serial: string,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<Execution> => {
  const over = new AbortController();
  let wake = (): void => {};
  let changed = new Promise<void>((resolve) => (wake = resolve));
  const unsubscribe = feed.subscribe(serial, () => wake());
  const end = (): void => over.abort();
  const timer = setTimeout(end, seconds * 1_000);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  over.signal.addEventListener('abort', () => wake());
  try {
    for (let pauseMs = FIRST_PAUSE_MS; !over.signal.aborted && !(await hasEnded(db, serial)); pauseMs = Math.min(pauseMs * 2, PAUSE_MS)) {
      await changed;
      changed = new Promise((resolve) => (wake = resolve));
      await pause(pauseMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    unsubscribe();
  }
  return readExecution(db, serial);
};
