import type { Sequelize, Transaction } from 'sequelize';
import { execute, selectRow } from '../../../db/query.ts';

/**
 * Nothing is planned for a schedule any more: rows of instants to come go.
 * @param end.reason of those that have passed and are not decided; undefined: they are waited for
 * @returns false when some of those are left
 */
export const endLedger = async (
  db: Sequelize,
  id: number,
  { now, reason }: { now: Date; reason: 'job_deleted' | undefined },
  transaction: Transaction,
): Promise<boolean> => {
  if (reason !== undefined)
    await execute(
      db,
      `UPDATE schedule_executions SET status = 'skipped', skip_reason = $3, completed_at = now() WHERE job_schedule_id = $1 AND status = 'scheduled' AND scheduled_at <= $2`,
      [id, now, reason],
      transaction,
    );
  const open = await selectRow(
    db,
    `SELECT 1 AS open FROM schedule_executions WHERE job_schedule_id = $1 AND status = 'scheduled' AND scheduled_at <= $2 LIMIT 1`,
    [id, now],
    transaction,
  );
  if (open !== undefined) return false;
  await execute(
    db,
    `DELETE FROM schedule_executions WHERE job_schedule_id = $1 AND status = 'scheduled' AND firing_type = 'planned'`,
    [id],
    transaction,
  );
  return true;
};
