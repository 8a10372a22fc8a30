import type { Transaction } from 'sequelize';
import type { CreateSchedule, Schedule, UpdateSchedule } from '../../contracts/schedule.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { AuditEvent } from '../../db/record-audit.ts';
import { fieldDifferences } from '../../domain/definition-diff.ts';
import type { Difference } from '../../domain/definition-diff.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Expected } from '../revision.ts';
import { assertRevision } from '../revision.ts';
import { assertNotFromCode, lockedSchedule } from './find-schedule.ts';
import { readSchedule } from './read-schedule.ts';
import { assertNoFields, findJob, resolveInput } from './resolve-input.ts';
import { insertSchedule, updateScheduleRow } from './save-schedule.ts';
import { scheduleRevision } from './schedule-revision.ts';
import type { ScheduleRow } from './schedule-row.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing'>;

/** What stands in the audit trail of a change that somebody made here. */
export const scheduleEvent = (caller: Caller, action: string, serial: string, details: Record<string, unknown>): AuditEvent => ({
  eventType: 'schedule_changed',
  action,
  actor: caller.actor,
  resourceType: 'job_schedules',
  resourceId: serial,
  details,
});

const API_SAVED = { source: 'api', path: null, definedPaused: null } as const;

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

/** Who says when a job starts by itself needs the right to start it. @throws OpsError FORBIDDEN */
export const authorizeFirings = (caller: Caller): void => {
  authorize(caller, 'schedules.write');
  authorize(caller, 'jobs.execute');
};

/** Inside a transaction; whoever calls tells Temporal of it when that is over. @throws OpsError VALIDATION, NOT_FOUND for the job, CONFLICT for the name */
export const addSchedule = async (
  deps: Deps,
  caller: Caller,
  input: CreateSchedule,
  transaction: Transaction,
): Promise<{ id: number; serial: string }> => {
  const { db, keyRing } = deps;
  const job = await findJob(db, input.job, transaction);
  const { definition, fields } = await resolveInput(db, job, input, transaction);
  assertNoFields(fields);
  const state = { userId: caller.userId, paused: input.paused, note: input.paused ? (input.status_note ?? null) : null };
  const made = await insertSchedule(deps, job, { ...API_SAVED, definition, description: input.description }, state, transaction);
  const details = { job: job.job_serial, name: input.name, when: definition.rules.when, timezone: input.timezone };
  await recordAudit(db, keyRing.auditKey, scheduleEvent(caller, 'create_schedule', made.serial, details), transaction);
  return made;
};

/** Under the lock of the schedule. @returns what is another now; @throws OpsError VALIDATION, REVISION_MISMATCH, CONFLICT */
export const editSchedule = async (
  deps: Deps,
  caller: Caller,
  row: ScheduleRow,
  { input, expected }: { input: UpdateSchedule; expected?: Expected },
  transaction: Transaction,
): Promise<Difference[]> => {
  const { db, keyRing } = deps;
  const serial = row.schedule_serial;
  assertNotFromCode(row);
  const before = await readSchedule(db, serial, transaction);
  assertRevision(expected, scheduleRevision(before), `Schedule ${serial}`);
  const job = await findJob(db, row.job_serial, transaction);
  const { definition, fields } = await resolveInput(db, job, input, transaction);
  assertNoFields(fields);
  await updateScheduleRow(deps, job, row, { ...API_SAVED, definition, description: input.description }, transaction);
  const differences = fieldDifferences(shown(before), shown(await readSchedule(db, serial, transaction)));
  await recordAudit(db, keyRing.auditKey, scheduleEvent(caller, 'update_schedule', serial, { differences }), transaction);
  return differences;
};

/** Under the lock of the schedule; its ledger stays. @throws OpsError NOT_FOUND, REVISION_MISMATCH, CONFLICT when it is defined in code */
export const removeSchedule = async (
  { db, keyRing }: Deps,
  caller: Caller,
  { id, serial }: { id: number; serial: string },
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
  assertNotFromCode(await lockedSchedule(db, id, transaction));
  assertRevision(expected, scheduleRevision(await readSchedule(db, serial, transaction)), `Schedule ${serial}`);
  await execute(db, `UPDATE job_schedules SET deleted_at = now(), sync_status = 'pending' WHERE id = $1`, [id], transaction);
  await recordAudit(db, keyRing.auditKey, scheduleEvent(caller, 'delete_schedule', serial, {}), transaction);
};
