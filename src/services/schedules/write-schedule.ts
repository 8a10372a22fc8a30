import type { CreateSchedule, Schedule, UpdateSchedule } from '../../contracts/schedule.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { AuditEvent } from '../../db/record-audit.ts';
import { fieldDifferences } from '../../domain/definition-diff.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Expected } from '../revision.ts';
import { assertRevision } from '../revision.ts';
import { assertNotExpired, assertNotFromCode, lockedSchedule, scheduleId } from './find-schedule.ts';
import { readSchedule } from './read-schedule.ts';
import { assertNoFields, findJob, resolveInput } from './resolve-input.ts';
import { insertSchedule, updateScheduleRow } from './save-schedule.ts';
import { scheduleRevision } from './schedule-revision.ts';
import { withScheduleLock } from './schedule-row.ts';
import { settleSoon } from './settle-soon.ts';

const eventOf = (caller: Caller, action: string, serial: string, details: Record<string, unknown>): AuditEvent => ({
  eventType: 'schedule_changed',
  action,
  actor: caller.actor,
  resourceType: 'job_schedules',
  resourceId: serial,
  details,
});

const API_SAVED = { source: 'api', path: null, definedPaused: null } as const;

/** @throws OpsError VALIDATION, NOT_FOUND for the job, CONFLICT for the name; nothing is written then. */
export const createSchedule = async (deps: ServiceDeps, caller: Caller, input: CreateSchedule): Promise<Schedule> => {
  authorize(caller, 'schedules.write');
  const { db, keyRing } = deps;
  const { id, serial } = await db.transaction(async (transaction) => {
    const job = await findJob(db, input.job, transaction);
    const { definition, fields } = await resolveInput(db, job, input, transaction);
    assertNoFields(fields);
    const state = { userId: caller.userId, paused: input.paused, note: input.paused ? (input.status_note ?? null) : null };
    const made = await insertSchedule(deps, job, { ...API_SAVED, definition, description: input.description }, state, transaction);
    const details = { job: job.job_serial, name: input.name, when: definition.rules.when, timezone: input.timezone };
    await recordAudit(db, keyRing.auditKey, eventOf(caller, 'create_schedule', made.serial, details), transaction);
    return made;
  });
  await settleSoon(deps, [id]);
  return readSchedule(db, serial);
};

/** What people see of it, for the audit trail and for `If-Match`. */
const shown = ({ name, description, when, timezone, ...schedule }: Schedule): Record<string, unknown> => ({
  name,
  description,
  when,
  timezone,
  start_date: schedule.start_date,
  end_date: schedule.end_date,
  max_executions: schedule.max_executions,
  jitter_seconds: schedule.jitter_seconds,
  overlap_policy: schedule.overlap_policy,
  catchup_window_seconds: schedule.catchup_window_seconds,
  pause_on_failure: schedule.pause_on_failure,
  targets: schedule.targets,
  target_selector: schedule.target_selector,
  variables: schedule.variables,
  calendars: schedule.calendars,
  labels: schedule.labels,
});

/** @throws OpsError VALIDATION, NOT_FOUND, REVISION_MISMATCH, CONFLICT for the name, or when it is defined in code. */
export const updateSchedule = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  input: UpdateSchedule,
  expected?: Expected,
): Promise<Schedule> => {
  authorize(caller, 'schedules.write');
  const { db, keyRing } = deps;
  const id = await scheduleId(db, serial);
  await withScheduleLock(db, id, async (transaction) => {
    const row = await lockedSchedule(db, id, transaction);
    assertNotFromCode(row);
    const before = await readSchedule(db, serial, transaction);
    assertRevision(expected, scheduleRevision(before), `Schedule ${serial}`);
    const job = await findJob(db, row.job_serial, transaction);
    const { definition, fields } = await resolveInput(db, job, input, transaction);
    assertNoFields(fields);
    await updateScheduleRow(deps, job, row, { ...API_SAVED, definition, description: input.description }, transaction);
    const differences = fieldDifferences(shown(before), shown(await readSchedule(db, serial, transaction)));
    await recordAudit(db, keyRing.auditKey, eventOf(caller, 'update_schedule', serial, { differences }), transaction);
  });
  await settleSoon(deps, [id]);
  return readSchedule(db, serial);
};

/** Its ledger stays. @throws OpsError NOT_FOUND, REVISION_MISMATCH, CONFLICT when it is defined in code */
export const deleteSchedule = async (deps: ServiceDeps, caller: Caller, serial: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'schedules.write');
  const { db, keyRing } = deps;
  const id = await scheduleId(db, serial);
  await withScheduleLock(db, id, async (transaction) => {
    assertNotFromCode(await lockedSchedule(db, id, transaction));
    assertRevision(expected, scheduleRevision(await readSchedule(db, serial, transaction)), `Schedule ${serial}`);
    await execute(db, `UPDATE job_schedules SET deleted_at = now(), sync_status = 'pending' WHERE id = $1`, [id], transaction);
    await recordAudit(db, keyRing.auditKey, eventOf(caller, 'delete_schedule', serial, {}), transaction);
  });
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
    await recordAudit(db, keyRing.auditKey, eventOf(caller, action, serial, note === null ? {} : { note }), transaction);
  });
  await settleSoon(deps, [id]);
  return readSchedule(db, serial);
};
