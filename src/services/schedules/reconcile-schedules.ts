import type { Logger } from 'pino';
import { selectRows } from '../../db/query.ts';
import { runNowWorkflowId } from '../../domain/schedules/firing-ids.ts';
import { failFiring } from '../../db/schedules/close-firing.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { settleSchedule } from './settle-schedule.ts';

/** Each has a connection of the pool for its time. */
const AT_ONCE = 4;
const UNSTARTED_AFTER_SECONDS = 30;

interface Asked {
  id: number;
  execution_uuid: string;
  schedule_uuid: string;
  schedule_serial: string;
}

/** One whose workflow has ended without it is started by nobody any more. */
const startOne = async ({ db, schedules, describeWorkflow }: ScheduleDeps, asked: Asked): Promise<void> => {
  const { id, execution_uuid: execution, schedule_uuid: schedule, schedule_serial: serial } = asked;
  const workflowId = runNowWorkflowId(schedule, execution);
  try {
    await schedules.startFiring(workflowId, schedule, serial);
  } catch (error) {
    const state = await describeWorkflow(workflowId);
    if (state === 'running' || state === 'missing') throw error;
    await failFiring(db, id, 'Its workflow ended in Temporal before it had started a run.');
  }
};

/** Firings that a person asked for while Temporal was away. */
const startAsked = async (deps: ScheduleDeps, log: Logger): Promise<number> => {
  const asked = await selectRows<Asked>(
    deps.db,
    `SELECT f.id, f.execution_uuid, s.schedule_uuid, s.schedule_serial FROM schedule_executions f JOIN job_schedules s ON s.id = f.job_schedule_id
     WHERE f.status = 'scheduled' AND f.firing_type = 'run_now' AND f.scheduled_at < now() - make_interval(secs => ${UNSTARTED_AFTER_SECONDS})`,
  );
  for (const one of asked)
    await startOne(deps, one).catch((error: unknown) => {
      log.warn(
        { err: error, schedule: one.schedule_serial },
        'a run that was asked for could not be started; it is tried again in a minute',
      );
    });
  return asked.length;
};

/**
 * Brings all schedules and Temporal together, each minute: whatever was changed here or there while the other was away. One that cannot be settled
 * keeps none of the others from it.
 * @returns how many were in which state
 */
export const reconcileSchedules = async (deps: ScheduleDeps, log: Logger): Promise<Record<string, number>> => {
  const rows = await selectRows<{ id: number }>(
    deps.db,
    // One that has ended is looked at until its last firings have, too.
    `SELECT id FROM job_schedules s WHERE (deleted_at IS NULL AND status <> 'expired') OR sync_status <> 'synced'
       OR EXISTS (SELECT 1 FROM schedule_executions f WHERE f.job_schedule_id = s.id AND f.status = 'running')
     ORDER BY temporal_counters->>'described_at' DESC NULLS LAST, id`,
  );
  const counts: Record<string, number> = {};
  const lane = async (): Promise<void> => {
    for (let row = rows.pop(); row !== undefined; row = rows.pop()) {
      const done = await settleSchedule(deps, row.id).catch((error: unknown) => {
        log.warn({ err: error, schedule: row?.id }, 'a schedule could not be settled; it is tried again in a minute');
        return 'error';
      });
      const key = `schedules_${done}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  counts['schedules_asked'] = await startAsked(deps, log);
  return counts;
};
