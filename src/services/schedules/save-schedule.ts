import { randomUUID } from 'node:crypto';
import type { Transaction } from 'sequelize';
import { JobSchedulesAdditionalRules, JobSchedulesDaysOfWeek, JobSchedulesScheduleConfig } from '../../contracts/json/schedules.ts';
import { execute, selectRow } from '../../db/query.ts';
import { columnsOfRules } from '../../domain/schedules/rule-columns.ts';
import { temporalScheduleId } from '../../domain/schedules/firing-ids.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../context.ts';
import { withConstraints } from '../constraint-errors.ts';
import { canonicalDefinition, hashOf, sealVariables } from './definition.ts';
import type { FiringDefinition } from './definition.ts';
import type { ScheduledJob } from './resolve-input.ts';

/** What of a schedule is written, beside its job. */
export interface SavedSchedule {
  definition: FiringDefinition;
  description: string | null;
  source: 'api' | 'code';
  path: string | null;
  /** What its definition in code says of a pause; null: it is not defined there. */
  definedPaused: boolean | null;
}

type SaveDeps = Pick<ServiceDeps, 'db' | 'keyRing'>;

const COLUMNS = [
  'name',
  'description',
  'schedule_type',
  'execute_at',
  'recurring_type',
  'interval_count',
  'time_of_day',
  'days_of_week',
  'day_of_month',
  'week_of_month',
  'cron_expression',
  'additional_rules',
  'timezone',
  'start_date',
  'end_date',
  'max_executions',
  'jitter_seconds',
  'overlap_policy',
  'catchup_window_seconds',
  'pause_on_failure',
  'schedule_config',
  'definition_source',
  'definition_path',
  'definition_hash',
] as const;

const valuesOf = ({ keyRing }: SaveDeps, uuid: string, saved: SavedSchedule): unknown[] => {
  const { definition, definedPaused } = saved;
  const { rules, target_uuids, target_selector, calendars, labels } = definition;
  const columns = columnsOfRules(rules.when);
  const config = JobSchedulesScheduleConfig.parse({
    ...(target_uuids !== undefined && { target_uuids }),
    ...(target_selector !== undefined && { target_selector }),
    variables: sealVariables(keyRing, uuid, definition),
    calendars,
    labels,
    ...(definedPaused !== null && { defined_paused: definedPaused }),
  });
  const values: Record<(typeof COLUMNS)[number], unknown> = {
    ...columns,
    name: definition.name,
    description: saved.description,
    days_of_week: JSON.stringify(JobSchedulesDaysOfWeek.parse(columns.days_of_week)),
    additional_rules: JSON.stringify(JobSchedulesAdditionalRules.parse(columns.additional_rules)),
    timezone: rules.timezone,
    start_date: rules.start_date,
    end_date: rules.end_date,
    max_executions: definition.max_executions,
    jitter_seconds: rules.jitter_seconds,
    overlap_policy: definition.overlap_policy,
    catchup_window_seconds: definition.catchup_window_seconds,
    pause_on_failure: definition.pause_on_failure,
    schedule_config: JSON.stringify(config),
    definition_source: saved.source,
    definition_path: saved.path,
    definition_hash: hashOf(canonicalDefinition(keyRing, definition)),
  };
  return COLUMNS.map((column) => values[column]);
};

const taken = (job: string, name: string): OpsError =>
  new OpsError('CONFLICT', `Job ${job} has a schedule "${name}" already. Choose another name, or change that one.`, {
    fields: [{ path: 'name', message: 'is the name of another schedule of this job' }],
  });

const named = <T>(job: Pick<ScheduledJob, 'job_serial'>, { definition }: SavedSchedule, write: () => Promise<T>): Promise<T> =>
  withConstraints({ uq_job_schedules_job_id_name: () => taken(job.job_serial, definition.name) }, write);

/** Its ledger begins now, whenever Temporal gets it. @throws OpsError CONFLICT when the job has a schedule of this name. */
export const insertSchedule = async (
  deps: SaveDeps,
  job: ScheduledJob,
  saved: SavedSchedule,
  { userId, paused, note }: { userId: number; paused: boolean; note: string | null },
  transaction: Transaction,
): Promise<{ id: number; serial: string }> => {
  const uuid = randomUUID();
  const values = [uuid, temporalScheduleId(uuid), job.id, userId, paused ? 'paused' : 'active', note, ...valuesOf(deps, uuid, saved)];
  const row = await named(job, saved, () =>
    selectRow<{ id: number; serial: string }>(
      deps.db,
      `INSERT INTO job_schedules (ledger_until, schedule_uuid, temporal_schedule_id, job_id, created_by, status, status_note, ${COLUMNS.join(', ')})
       VALUES (now(), ${values.map((_, index) => `$${index + 1}`).join(', ')}) RETURNING id, schedule_serial AS serial`,
      values,
      transaction,
    ),
  );
  if (row === undefined) throw new OpsError('INTERNAL', 'The schedule was not written.');
  return row;
};

/**
 * An expired schedule that may fire again is active, and nothing was planned for it meanwhile. How Temporal described it is not known any more when it is another: what Temporal has after a
 * kill is then taken for what was told to it, not for an edit of somebody.
 * @throws OpsError CONFLICT when the job has another schedule of this name.
 */
export const updateScheduleRow = async (
  deps: SaveDeps,
  job: Pick<ScheduledJob, 'job_serial'>,
  row: { id: number; schedule_uuid: string },
  saved: SavedSchedule,
  transaction: Transaction,
): Promise<void> => {
  const values = valuesOf(deps, row.schedule_uuid, saved);
  await named(job, saved, () =>
    execute(
      deps.db,
      `UPDATE job_schedules SET sync_status = 'pending', status = CASE WHEN status = 'expired' THEN 'active' ELSE status END,
         ledger_until = CASE WHEN status = 'expired' THEN now() ELSE ledger_until END,
         described_hash = CASE WHEN definition_hash = $${COLUMNS.indexOf('definition_hash') + 2} THEN described_hash END,
         ${COLUMNS.map((column, index) => `${column} = $${index + 2}`).join(', ')} WHERE id = $1`,
      [row.id, ...values],
      transaction,
    ),
  );
};
