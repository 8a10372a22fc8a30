import type { Sequelize } from 'sequelize';
import { allowedFrom, EXECUTION_FROM } from '../domain/state-machines.ts';
import { projectJobStatus } from './project-job-status.ts';
import { selectRows } from './query.ts';

/**
 * Turns the first waiting runs, by (priority, age), to `running` while fewer than `maxConcurrentJobs` are (data model, 6.8). In maintenance none begins: the
 * setting is read here, as it is now, so that no process begins one because it heard of it late.
 * @returns workflow ids of the runs that got a slot; their workflows want a signal.
 */
export const grantSlots = async (db: Sequelize, maxConcurrentJobs: number): Promise<string[]> =>
  db.transaction(async (transaction) => {
    await db.query(`SELECT pg_advisory_xact_lock(hashtext('opsconductor.slots'))`, { transaction });
    const granted = await selectRows<{ workflow_id: string; job_id: number }>(
      db,
      `WITH taken AS (SELECT count(*) AS runs FROM job_executions WHERE status = 'running' AND paused_at IS NULL),
       maintenance AS (SELECT FROM system_settings WHERE setting_key = 'maintenance_mode' AND setting_value = 'true'),
       waiting AS (
         SELECT e.id FROM job_executions e JOIN jobs j ON j.id = e.job_id
         WHERE e.status = 'scheduled' AND e.run_id IS NOT NULL AND e.cancel_requested_at IS NULL AND e.paused_at IS NULL
           AND NOT EXISTS (SELECT FROM maintenance)
         ORDER BY j.priority, e.id LIMIT greatest(0, $1 - (SELECT runs FROM taken)))
       UPDATE job_executions e SET status = 'running', started_at = now() FROM waiting
       WHERE e.id = waiting.id AND ${allowedFrom(EXECUTION_FROM, 'running', 'e')} RETURNING e.workflow_id, e.job_id`,
      [maxConcurrentJobs],
      transaction,
    );
    for (const { job_id: jobId } of granted) await projectJobStatus(db, jobId, transaction);
    return granted.map((row) => row.workflow_id);
  });
