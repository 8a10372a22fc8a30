import type { Transaction } from 'sequelize';
import { selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../context.ts';

interface Removed {
  id: number;
  schedule_serial: string;
  name: string;
  definition_source: string;
  definition_path: string | null;
}

const SHOWN = 10;

const fromCode = (job: string, rows: readonly Removed[]): OpsError => {
  const named = rows.slice(0, SHOWN).map(({ schedule_serial: serial, name, definition_path: path }) => {
    return `${serial} "${name}"${path === null ? '' : ` (${path})`}`;
  });
  const more = rows.length > SHOWN ? ` and ${rows.length - SHOWN} more` : '';
  return new OpsError(
    'CONFLICT',
    `Job ${job} has schedules that are defined in code: ${named.join(', ')}${more}. Take them out there, apply that (opsconductor schedules apply), then delete the job.`,
  );
};

/**
 * Deletes the schedules of a job in the transaction that deletes it, whose row is locked. Temporal is told of each by settleSchedule after the commit.
 * @returns their ids. @throws OpsError CONFLICT when some are defined in code: what is deployed would bring them back
 */
export const removeSchedulesOf = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  job: { id: number; serial: string },
  transaction: Transaction,
): Promise<number[]> => {
  const rows = await selectRows<Removed>(
    db,
    `UPDATE job_schedules SET deleted_at = now(), sync_status = 'pending' WHERE job_id = $1 AND deleted_at IS NULL
     RETURNING id, schedule_serial, name, definition_source, definition_path`,
    [job.id],
    transaction,
  );
  const defined = rows.filter(({ definition_source: source }) => source === 'code');
  if (defined.length > 0) throw fromCode(job.serial, defined);
  for (const { schedule_serial: serial } of rows) {
    const event = { eventType: 'schedule_changed', action: 'delete_schedule', resourceType: 'job_schedules', resourceId: serial } as const;
    await recordAudit(
      db,
      keyRing.auditKey,
      { ...event, actor: caller.actor, details: { why: 'Its job was deleted.', job: job.serial } },
      transaction,
    );
  }
  return rows.map(({ id }) => id);
};
