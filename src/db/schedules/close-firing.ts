import type { Sequelize, Transaction } from 'sequelize';
import type { SkipReason } from '../../contracts/enums.ts';
import { execute } from '../query.ts';

/** A firing that never started a run: why. */
export const skipFiring = async (
  db: Sequelize,
  id: number,
  reason: SkipReason,
  message: string | null,
  transaction?: Transaction,
): Promise<void> => {
  await execute(
    db,
    `UPDATE schedule_executions SET status = 'skipped', skip_reason = $2, error_message = $3, completed_at = now() WHERE id = $1 AND status IN ('scheduled', 'running')`,
    [id, reason, message],
    transaction,
  );
};

/** A firing that was to start a run and could not. */
export const failFiring = async (db: Sequelize, id: number, message: string, transaction?: Transaction): Promise<void> => {
  await execute(
    db,
    `UPDATE schedule_executions SET status = 'failed', error_message = $2, completed_at = now() WHERE id = $1 AND status IN ('scheduled', 'running')`,
    [id, message],
    transaction,
  );
};

/** The firing that started this run ends with it, and as it did; a run that no schedule started has none. */
export const closeFiringOfRun = async (db: Sequelize, executionId: number, transaction?: Transaction): Promise<void> => {
  await execute(
    db,
    `UPDATE schedule_executions f SET status = CASE e.status WHEN 'completed' THEN 'completed' ELSE 'failed' END, completed_at = e.completed_at,
       result_summary = e.completed_branches || ' of ' || e.total_branches || ' branches completed'
         || CASE WHEN e.failed_branches > 0 THEN ', ' || e.failed_branches || ' failed' ELSE '' END
         || CASE WHEN e.cancelled_branches > 0 THEN ', ' || e.cancelled_branches || ' cancelled' ELSE '' END || '.',
       error_message = CASE e.status WHEN 'cancelled' THEN 'The run ' || e.execution_serial || ' was cancelled.' ELSE e.error_message END
     FROM job_executions e WHERE e.id = $1 AND e.completed_at IS NOT NULL AND f.job_execution_id = e.id AND f.status = 'running'`,
    [executionId],
    transaction,
  );
};
