import type { Transaction } from 'sequelize';
import type { OverlapPolicy } from '../../contracts/enums.ts';
import type { BackfillSchedule, ScheduleBackfill, ScheduleFiring } from '../../contracts/schedule.ts';
import { execute, selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { runNowWorkflowId } from '../../domain/schedules/firing-ids.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertNoMaintenance } from '../settings/maintenance.ts';
import { lockedSchedule, scheduleId } from './find-schedule.ts';
import { FIRING_COLUMNS } from './firing-columns.ts';
import { withScheduleLock } from './schedule-lock.ts';
import { settleSchedule } from './settle-schedule.ts';
import { withPatience } from './settle-soon.ts';

/** As many as Temporal buffers of one schedule. */
const MOST_BACKFILLED = 1_000;

const readFiring = async ({ db }: ServiceDeps, id: number): Promise<ScheduleFiring> => {
  const row = await selectRow<ScheduleFiring>(
    db,
    `SELECT s.schedule_serial, s.name AS schedule_name, ${FIRING_COLUMNS} FROM schedule_executions f JOIN job_schedules s ON s.id = f.job_schedule_id WHERE f.id = $1`,
    [id],
  );
  if (row === undefined) throw new OpsError('INTERNAL', 'The row of the firing is gone.');
  return row;
};

/**
 * Starts a schedule's run now, whatever its pause, its limits and its calendars say. Its row in the ledger is written first: Temporal away? The
 * reconciler starts it.
 * @throws OpsError NOT_FOUND, MAINTENANCE
 */
export const runScheduleNow = async (deps: ServiceDeps, caller: Caller, serial: string): Promise<ScheduleFiring> => {
  authorize(caller, 'schedules.write');
  authorize(caller, 'jobs.execute');
  const { db, keyRing } = deps;
  assertNoMaintenance(await deps.readSettings());
  const id = await scheduleId(db, serial);
  const firing = await withScheduleLock(db, id, async (transaction) => {
    const row = await lockedSchedule(db, id, transaction);
    const made = await selectRow<{ id: number; uuid: string }>(
      db,
      `WITH new AS (SELECT gen_random_uuid() AS uuid)
       INSERT INTO schedule_executions (execution_uuid, job_schedule_id, scheduled_at, firing_type, workflow_id)
       SELECT uuid, $1, clock_timestamp(), 'run_now', $2 || uuid FROM new RETURNING id, execution_uuid AS uuid`,
      [id, runNowWorkflowId(row.schedule_uuid, '')],
      transaction,
    );
    const event = { eventType: 'schedule_changed', action: 'run_schedule_now', resourceType: 'job_schedules', resourceId: serial } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, actor: caller.actor }, transaction);
    return { id: made?.id ?? 0, uuid: made?.uuid ?? '', schedule: row.schedule_uuid };
  });
  await withPatience(deps.schedules.startFiring(runNowWorkflowId(firing.schedule, firing.uuid), firing.schedule, serial));
  return readFiring(deps, firing.id);
};

interface Period {
  from: Date;
  to: Date;
  overlap: OverlapPolicy;
}

const writePlanned = (deps: ServiceDeps, id: number, instants: readonly Date[], overlap: OverlapPolicy, transaction: Transaction) =>
  execute(
    deps.db,
    `INSERT INTO schedule_executions AS f (job_schedule_id, scheduled_at, firing_type, execution_context)
       SELECT $1, unnest($2::timestamptz[]), 'backfill', jsonb_build_object('overlap_policy', $3::text)
     ON CONFLICT (job_schedule_id, scheduled_at) DO UPDATE SET firing_type = 'backfill', execution_context = EXCLUDED.execution_context,
       status = CASE WHEN f.workflow_id IS NULL THEN 'scheduled' ELSE f.status END, skip_reason = CASE WHEN f.workflow_id IS NOT NULL THEN f.skip_reason END,
       error_message = CASE WHEN f.workflow_id IS NOT NULL THEN f.error_message END, completed_at = CASE WHEN f.workflow_id IS NOT NULL THEN f.completed_at END
       WHERE f.job_execution_id IS NULL AND f.result_summary IS NULL AND f.firing_type <> 'run_now' AND f.status IN ('skipped', 'failed')`,
    [id, instants, overlap],
    transaction,
  );

/** Temporal was not asked after all, or has not said so; what it starts all the same takes its row back. */
const giveUpBackfill = ({ db }: ServiceDeps, id: number, { from, to }: Period): Promise<void> =>
  execute(
    db,
    `UPDATE schedule_executions SET status = 'failed', completed_at = now(), error_message = 'Temporal could not be asked to backfill it.'
     WHERE job_schedule_id = $1 AND scheduled_at BETWEEN $2 AND $3 AND firing_type = 'backfill' AND status = 'scheduled' AND workflow_id IS NULL`,
    [id, from, to],
  );

/** @returns how many instants the period has, whose rows are committed before Temporal is asked for them */
const planBackfill = async (deps: ServiceDeps, id: number, period: Period): Promise<number> =>
  withScheduleLock(deps.db, id, async (transaction) => {
    const { temporal_schedule_id: temporalId, timezone } = await lockedSchedule(deps.db, id, transaction);
    // The period has both its ends; Temporal's answers begin after theirs.
    const before = new Date(period.from.getTime() - 1);
    const instants = await deps.schedules.instants({ id: temporalId, timezone }, before, period.to, MOST_BACKFILLED + 1);
    if (instants.length > MOST_BACKFILLED)
      throw refuse('to', `gives more than ${MOST_BACKFILLED} instants, which is as many as Temporal keeps waiting`);
    await writePlanned(deps, id, instants, period.overlap, transaction);
    return instants.length;
  });

/**
 * Has Temporal start the instants of a period that has passed, each as if it were due. An instant that has a run is left alone.
 * @returns how many instants the period has. @throws OpsError NOT_FOUND, VALIDATION, UNAVAILABLE while Temporal is away
 */
export const backfillSchedule = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  { from, to, overlap_policy: overlap = 'buffer_all' }: BackfillSchedule,
): Promise<ScheduleBackfill> => {
  authorize(caller, 'schedules.write');
  authorize(caller, 'jobs.execute');
  const { db, keyRing } = deps;
  if (Date.parse(to) > Date.now()) throw refuse('to', 'has not come yet; what lies ahead fires by itself');
  assertNoMaintenance(await deps.readSettings());
  const id = await scheduleId(db, serial);
  // Whatever was changed while Temporal was away decides the instants, too.
  await settleSchedule(deps, id);
  const period = { from: new Date(from), to: new Date(to), overlap };
  const instants = await planBackfill(deps, id, period);
  const ask = async (transaction: Transaction): Promise<ScheduleBackfill> => {
    const { temporal_schedule_id: temporalId } = await lockedSchedule(db, id, transaction);
    await deps.schedules.backfill(temporalId, period);
    const event = {
      eventType: 'schedule_changed',
      action: 'backfill_schedule',
      resourceType: 'job_schedules',
      resourceId: serial,
    } as const;
    const details = { from, to, overlap_policy: overlap, instants };
    await recordAudit(db, keyRing.auditKey, { ...event, actor: caller.actor, details }, transaction);
    return { instants };
  };
  return withScheduleLock(db, id, ask).catch(async (error: unknown) => {
    await giveUpBackfill(deps, id, period).catch(() => undefined);
    throw error;
  });
};

const refuse = (path: string, message: string): OpsError =>
  new OpsError('VALIDATION', `${path}: ${message}.`, { fields: [{ path, message }] });
