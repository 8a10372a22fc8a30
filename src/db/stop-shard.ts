import type { Sequelize } from 'sequelize';
import type { Tally } from '../contracts/run.ts';
import type { CountEnded } from './close-branch.ts';
import { closeUnstartedBranches } from './close-run.ts';
import { noteRun } from './note-run.ts';
import { selectRow } from './query.ts';

export interface StoppedShard {
  execution: string;
  /** From 1. */
  shard: number;
  /** Its branches, by number, both included. */
  from: number;
  to: number;
  how: 'cancelled' | 'terminated';
}

/**
 * Closes what a shard that was ended from outside has not begun, and says so in the run, which then cannot end as completed unless these branches are run
 * again. Branches that run get a cancel by Temporal and close themselves. A repeat changes nothing.
 * @returns how its branches stand; those that are ending count as cancelled.
 */
export const stopShard = async (
  db: Sequelize,
  { execution, shard, from, to, how }: StoppedShard,
  countEnded: CountEnded = () => {},
): Promise<Tally> => {
  let unstarted: Awaited<ReturnType<typeof closeUnstartedBranches>> | undefined;
  const tally = await db.transaction(async (transaction) => {
    const message = `Shard ${shard} of this run (targets ${from} to ${to}) was ${how} in Temporal: what it had not begun was not run.`;
    const run = await selectRow<{ id: number; was_told: boolean }>(
      db,
      `SELECT id, EXISTS (SELECT 1 FROM job_execution_logs l WHERE l.job_execution_id = e.id AND l.branch_id IS NULL AND l.log_message = $2 AND l.timestamp >= e.created_at) AS was_told
       FROM job_executions e WHERE execution_serial = $1 AND status = 'running' FOR UPDATE`,
      [execution, message],
      transaction,
    );
    const none = { total: to - from + 1, running: 0, completed: 0, failed: 0, cancelled: 0 };
    if (run === undefined) return none;
    unstarted = await closeUnstartedBranches(db, run.id, 'shard_stopped', 'workflow', transaction, { from, to });
    await selectRow(
      db,
      `UPDATE job_executions SET failure_category = 'interrupted', error_code = 'SHARD_STOPPED', error_message = $2 WHERE id = $1 AND error_code IS NULL RETURNING id`,
      [run.id, message],
      transaction,
    );
    if (!run.was_told) await noteRun(db, run.id, message, 'error', transaction);
    const counted = await selectRow<Pick<Tally, 'completed' | 'failed' | 'cancelled'>>(
      db,
      `SELECT count(*) FILTER (WHERE status = 'completed')::int AS completed, count(*) FILTER (WHERE status = 'failed')::int AS failed,
         count(*) FILTER (WHERE status NOT IN ('completed', 'failed'))::int AS cancelled
       FROM job_execution_branches WHERE job_execution_id = $1 AND branch_number BETWEEN $2 AND $3`,
      [run.id, from, to],
      transaction,
    );
    return { ...none, ...counted };
  });
  if (unstarted !== undefined) countEnded(unstarted.status, unstarted.count);
  return tally;
};
