import type { Sequelize, Transaction } from 'sequelize';
import { selectRows } from './query.ts';

/** Mirrors the state of a job's runs into the job (data model, 10.1). */
export const projectJobStatus = async (db: Sequelize, jobId: number, transaction: Transaction): Promise<void> => {
  await selectRows(
    db,
    `UPDATE jobs j SET started_at = latest.started_at, completed_at = latest.completed_at, status = CASE
         WHEN latest.open THEN 'running' WHEN j.scheduled_at > now() THEN 'scheduled' ELSE coalesce(latest.ended_status, 'draft') END
     FROM (SELECT
         EXISTS (SELECT 1 FROM job_executions WHERE job_id = $1 AND status = 'running') AS open,
         (SELECT status FROM job_executions WHERE job_id = $1 AND completed_at IS NOT NULL ORDER BY completed_at DESC, id DESC LIMIT 1) AS ended_status,
         (SELECT started_at FROM job_executions WHERE job_id = $1 ORDER BY id DESC LIMIT 1) AS started_at,
         (SELECT completed_at FROM job_executions WHERE job_id = $1 ORDER BY id DESC LIMIT 1) AS completed_at) AS latest
     WHERE j.id = $1 AND NOT j.is_template RETURNING j.id`,
    [jobId],
    transaction,
  );
};
