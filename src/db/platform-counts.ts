import type { Sequelize } from 'sequelize';
import { selectRow } from './query.ts';

/** What is going on in the platform, counted by the indexes of open rows. */
export interface PlatformCounts {
  runs_scheduled: number;
  runs_running: number;
  runs_held: number;
  branches_scheduled: number;
  branches_running: number;
  /** Of those that ended in the last hour. */
  runs_completed: number;
  runs_failed: number;
  runs_cancelled: number;
}

export const readPlatformCounts = async (db: Sequelize): Promise<PlatformCounts | undefined> =>
  selectRow<PlatformCounts>(
    db,
    `SELECT open.*, ended.*, branches.* FROM
       (SELECT count(*) FILTER (WHERE status = 'scheduled') AS runs_scheduled, count(*) FILTER (WHERE status = 'running' AND paused_at IS NULL) AS runs_running,
          count(*) FILTER (WHERE status = 'running' AND paused_at IS NOT NULL) AS runs_held
        FROM job_executions WHERE status IN ('scheduled', 'running')) open,
       (SELECT count(*) FILTER (WHERE status = 'completed') AS runs_completed, count(*) FILTER (WHERE status = 'failed') AS runs_failed,
          count(*) FILTER (WHERE status = 'cancelled') AS runs_cancelled FROM job_executions WHERE completed_at > now() - interval '1 hour') ended,
       (SELECT count(*) FILTER (WHERE status = 'scheduled') AS branches_scheduled, count(*) FILTER (WHERE status = 'running') AS branches_running
        FROM job_execution_branches WHERE status IN ('scheduled', 'running')) branches`,
  );
