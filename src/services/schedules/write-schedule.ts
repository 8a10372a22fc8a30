import type { CreateSchedule, Schedule, UpdateSchedule } from '../../contracts/schedule.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Expected } from '../revision.ts';
import { assertNotExpired, lockedSchedule, scheduleId } from './find-schedule.ts';
import { readSchedule } from './read-schedule.ts';
import { addSchedule, authorizeFirings, editSchedule, removeSchedule, scheduleEvent } from './schedule-edits.ts';
import { scheduleRevision } from './schedule-revision.ts';
import { withScheduleLock } from './schedule-lock.ts';
import { settleSoon } from './settle-soon.ts';

/** @throws OpsError VALIDATION, NOT_FOUND for the job, CONFLICT for the name; nothing is written then. */
export const createSchedule = async (deps: ServiceDeps, caller: Caller, input: CreateSchedule): Promise<Schedule> => {
  authorizeFirings(caller);
  const { id, serial } = await deps.db.transaction((transaction) => addSchedule(deps, caller, input, transaction));
  await settleSoon(deps, [id]);
  return readSchedule(deps.db, serial);
};

/** @throws OpsError VALIDATION, NOT_FOUND, REVISION_MISMATCH, CONFLICT for the name, or when it is defined in code. */
export const updateSchedule = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  input: UpdateSchedule,
  expected?: Expected,
): Promise<Schedule> => {
  authorizeFirings(caller);
  const { db } = deps;
  const id = await scheduleId(db, serial);
  const written = await withScheduleLock(db, id, async (transaction) => {
    await editSchedule(deps, caller, await lockedSchedule(db, id, transaction), { input, expected }, transaction);
    return readSchedule(db, serial, transaction);
  });
  await settleSoon(deps, [id]);
  const settled = await readSchedule(db, serial);
  // Meanwhile it may have become another's.
  return scheduleRevision(settled) === scheduleRevision(written) ? settled : written;
};

/** Its ledger stays. @throws OpsError NOT_FOUND, REVISION_MISMATCH, CONFLICT when it is defined in code */
export const deleteSchedule = async (deps: ServiceDeps, caller: Caller, serial: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'schedules.write');
  const id = await scheduleId(deps.db, serial);
  await withScheduleLock(deps.db, id, (transaction) => removeSchedule(deps, caller, { id, serial }, expected, transaction));
  await settleSoon(deps, [id]);
};

/**
 * Pauses or resumes it, wherever it is defined. What is so already stays so.
 * @throws OpsError NOT_FOUND, CONFLICT for one that has expired
 */
export const pauseSchedule = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  { paused, note = null }: { paused: boolean; note?: string | undefined | null },
): Promise<Schedule> => {
  authorize(caller, 'schedules.write');
  const { db, keyRing } = deps;
  const id = await scheduleId(db, serial);
  await withScheduleLock(db, id, async (transaction) => {
    const row = await lockedSchedule(db, id, transaction);
    assertNotExpired(row, paused ? 'paused' : 'resumed');
    if ((row.status === 'paused') === paused) return;
    await execute(
      db,
      `UPDATE job_schedules SET status = $2, status_note = $3, sync_status = 'pending' WHERE id = $1`,
      [id, paused ? 'paused' : 'active', paused ? note : null],
      transaction,
    );
    const action = paused ? 'pause_schedule' : 'resume_schedule';
    await recordAudit(db, keyRing.auditKey, scheduleEvent(caller, action, serial, note === null ? {} : { note }), transaction);
  });
  await settleSoon(deps, [id]);
  return readSchedule(db, serial);
};
