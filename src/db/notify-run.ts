import type { Sequelize } from 'sequelize';
import { selectPrepared } from './query.ts';

/** Postgres channel on which followers of runs listen; the payload is the serial of the execution. */
export const RUN_CHANNEL = 'opsconductor_run';
const SHORTEST_PAUSE_MS = 100;
/** Counting costs about a millisecond for some thousand branches: a run of 100,000 is counted every five seconds. */
const BRANCHES_A_PAUSE_MS = 20;

/**
 * Says that a run has changed: its counters are brought up to date when a branch has ended, and its followers are woken, at most once in 100 ms and
 * outside of any other transaction. A loss only delays: the end of the run counts anew.
 */
export type NotifyRun = (execution: string, change?: 'branch_ended') => void;

interface Pending {
  count: boolean;
  again: boolean;
  /** Branches of the run, as far as known. */
  total: number;
}

export const createNotifyRun = (db: Sequelize): NotifyRun => {
  const pending = new Map<string, Pending>();

  const publish = async (execution: string, state: Pending): Promise<void> => {
    const { count } = state;
    state.count = false;
    state.again = false;
    const startedAt = performance.now();
    if (count) state.total = await countBranches(db, execution);
    await selectPrepared(db, 'notify_run', 'SELECT pg_notify($1, $2)', [RUN_CHANNEL, execution]);
    const pauseMs = Math.max(SHORTEST_PAUSE_MS, state.total / BRANCHES_A_PAUSE_MS) - (performance.now() - startedAt);
    setTimeout(() => run(execution, state), Math.max(0, pauseMs)).unref();
  };

  const run = (execution: string, state: Pending): void => {
    if (!state.again) {
      pending.delete(execution);
      return;
    }
    publish(execution, state).catch(() => pending.delete(execution));
  };

  return (execution, change) => {
    const known = pending.get(execution);
    const state = known ?? { count: false, again: false, total: 0 };
    state.count ||= change === 'branch_ended';
    state.again = true;
    if (known !== undefined) return;
    pending.set(execution, state);
    setTimeout(() => run(execution, state), SHORTEST_PAUSE_MS).unref();
  };
};

export const countBranches = async (db: Sequelize, execution: string): Promise<number> => {
  const row = await selectPrepared<{ total_branches: number }>(
    db,
    'count_branches',
    `UPDATE job_executions e SET completed_branches = c.completed, failed_branches = c.failed, cancelled_branches = c.cancelled
     FROM (SELECT count(*) FILTER (WHERE b.status = 'completed') AS completed, count(*) FILTER (WHERE b.status = 'failed') AS failed,
         count(*) FILTER (WHERE b.status = 'cancelled') AS cancelled
       FROM job_execution_branches b JOIN job_executions r ON r.id = b.job_execution_id WHERE r.execution_serial = $1) c
     WHERE e.execution_serial = $1 AND e.status = 'running' RETURNING e.total_branches`,
    [execution],
  );
  return row?.total_branches ?? 0;
};
