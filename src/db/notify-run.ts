import type { Sequelize } from 'sequelize';
import { selectRows } from './query.ts';

/** Postgres channel on which followers of runs listen; the payload is the serial of the execution. */
export const RUN_CHANNEL = 'opsconductor_run';
const NOTIFY_EVERY_MS = 100;

/** Wakes the followers of a run, at most once in 100 ms, outside of any writing transaction. Loss only delays them. */
export type NotifyRun = (execution: string) => void;

export const createNotifyRun = (db: Sequelize): NotifyRun => {
  const waiting = new Set<string>();
  return (execution) => {
    if (waiting.has(execution)) return;
    waiting.add(execution);
    setTimeout(() => {
      waiting.delete(execution);
      selectRows(db, 'SELECT pg_notify($1, $2)', [RUN_CHANNEL, execution]).catch(() => undefined);
    }, NOTIFY_EVERY_MS).unref();
  };
};
