import type { Sequelize, Transaction } from 'sequelize';
import type { Page } from '../../contracts/page.ts';
import type { Schedule, ScheduleFilter, ScheduleSummary } from '../../contracts/schedule.ts';
import { SealedValue } from '../../contracts/sealed-value.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { rulesOfColumns } from '../../domain/schedules/rule-columns.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { escapeLike } from '../escape-like.ts';
import { iso } from '../iso.ts';
import { pickFields } from '../pick-fields.ts';
import { FIRING_COLUMNS } from './firing-columns.ts';
import { RULE_COLUMNS } from './schedule-row.ts';
import type { ScheduleConfig, ScheduleRow } from './schedule-row.ts';

const MASKED = '********';
const LATE_SECONDS = 60;

/** The firing that was planned last and has come. */
const LAST_FIRING = `LEFT JOIN LATERAL (SELECT * FROM schedule_executions f WHERE f.job_schedule_id = s.id AND f.status <> 'scheduled'
  ORDER BY f.scheduled_at DESC LIMIT 1) f ON true`;

/** The one that ran last. */
const LAST_RUN = `LEFT JOIN LATERAL (SELECT r.status, CASE WHEN r.firing_type <> 'backfill' THEN r.started_at - r.scheduled_at END AS delay FROM schedule_executions r
  WHERE r.job_schedule_id = s.id AND r.workflow_id IS NOT NULL AND r.started_at IS NOT NULL ORDER BY r.scheduled_at DESC LIMIT 1) r ON true`;

/** What is wrong comes first: 0 its last run failed, 1 late, 2 not synced, 3 nothing. */
const RANK = `(CASE WHEN coalesce(r.status, f.status) = 'failed' THEN 0
  WHEN EXISTS (SELECT 1 FROM schedule_executions o WHERE o.job_schedule_id = s.id AND o.status = 'scheduled' AND o.firing_type <> 'backfill'
    AND o.scheduled_at < now() - make_interval(secs => ${LATE_SECONDS})) THEN 1
  WHEN r.delay > make_interval(secs => ${LATE_SECONDS}) THEN 1
  WHEN s.sync_status <> 'synced' THEN 2 ELSE 3 END)::bigint`;

const ORDER: Order<'attention' | 'created' | 'name' | 'next_run'> = {
  id: 's.id',
  sorts: {
    attention: { by: RANK, type: 'bigint' },
    created: 'id',
    name: { by: 's.name', type: 'text' },
    next_run: { by: `coalesce(s.next_run_at, '9999-12-31T00:00:00Z'::timestamptz)`, type: 'timestamptz' },
  },
  sort: 'attention',
};

const SUMMARY = `s.schedule_serial, s.schedule_uuid, s.name, s.description, j.job_serial, j.name AS job_name, ${RULE_COLUMNS}, s.timezone, s.status, s.status_note,
  ${iso('s.next_run_at')} AS next_run_at, ${iso('s.last_run_at')} AS last_run_at, s.execution_count,
  (ARRAY['failing', 'late', 'unsynced'])[${RANK} + 1] AS attention,
  CASE WHEN f.id IS NOT NULL THEN (SELECT to_jsonb(x) FROM (SELECT ${FIRING_COLUMNS}) x) END AS last_firing, s.schedule_config, s.definition_source,
  s.sync_status, (SELECT username FROM users WHERE id = s.created_by) AS created_by, ${iso('s.created_at')} AS created_at, ${iso('s.updated_at')} AS updated_at`;

const FROM = `job_schedules s JOIN jobs j ON j.id = s.job_id ${LAST_FIRING} ${LAST_RUN}`;

const FILTERS = `($1::text IS NULL OR s.name ILIKE '%' || $1 || '%' OR s.schedule_serial = $2) AND ($3::text IS NULL OR j.job_serial = $3)
  AND ($4::text IS NULL OR s.status = $4) AND ($5::text IS NULL OR s.definition_source = $5) AND ($6::text IS NULL OR s.sync_status = $6)
  AND ($7::text IS NULL OR EXISTS (SELECT 1 FROM jsonb_array_elements_text(s.schedule_config->'calendars') c WHERE lower(c) = lower($7)))
  AND ($8::jsonb IS NULL OR s.schedule_config->'labels' @> $8)`;

type SummaryRow = Omit<ScheduleSummary, 'when' | 'labels' | 'calendars'> &
  Pick<ScheduleRow, keyof Parameters<typeof rulesOfColumns>[0]> & {
    schedule_config: ScheduleConfig;
  };

/** @throws OpsError VALIDATION */
const labelOf = (text: string | undefined): string | null => {
  if (text === undefined) return null;
  const at = text.indexOf('=');
  if (at < 1)
    throw new OpsError('VALIDATION', 'The filter label is written key=value.', {
      fields: [{ path: 'label', message: 'must be key=value' }],
    });
  return JSON.stringify({ [text.slice(0, at)]: text.slice(at + 1) });
};

const summaryOf = (row: SummaryRow): ScheduleSummary => {
  const {
    schedule_type,
    execute_at,
    recurring_type,
    interval_count,
    time_of_day,
    days_of_week,
    day_of_month,
    week_of_month,
    cron_expression,
    additional_rules,
    schedule_config: { labels = {}, calendars = [] },
    ...summary
  } = row;
  const columns = { schedule_type, execute_at, recurring_type, interval_count, time_of_day, days_of_week, day_of_month, week_of_month };
  return { ...summary, when: rulesOfColumns({ ...columns, cron_expression, additional_rules }), labels, calendars };
};

/** Schedules that are not deleted; those that need somebody first. */
export const listSchedules = async ({ db }: ServiceDeps, caller: Caller, filter: ScheduleFilter): Promise<Page<ScheduleSummary>> => {
  authorize(caller, 'schedules.read');
  const { fields, ...query } = filter;
  const page = keyset(ORDER, query, [
    filter.search === undefined ? null : escapeLike(filter.search),
    filter.search ?? null,
    filter.job ?? null,
    filter.status ?? null,
    filter.source ?? null,
    filter.sync_status ?? null,
    filter.calendar ?? null,
    labelOf(filter.label),
  ]);
  const rows = await selectRows<SummaryRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${SUMMARY} FROM ${FROM} WHERE s.deleted_at IS NULL AND ${FILTERS} AND ${page.where} ${page.order}`,
    page.bind,
  );
  const { data, next } = page.of(rows);
  return { data: data.map((row) => pickFields(summaryOf(row as SummaryRow), fields)), next };
};

type FullRow = SummaryRow &
  Omit<Schedule, keyof ScheduleSummary | 'targets' | 'target_selector' | 'variables'> & {
    targets: string[] | null;
  };

const masked = (variables: ScheduleConfig['variables'] = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, SealedValue.safeParse(value).success ? MASKED : value]));

/** @throws OpsError NOT_FOUND */
export const readSchedule = async (db: Sequelize, serial: string, transaction?: Transaction): Promise<Schedule> => {
  const row = await selectRow<FullRow>(
    db,
    `SELECT ${SUMMARY}, ${iso('s.start_date')} AS start_date, ${iso('s.end_date')} AS end_date, s.max_executions, s.jitter_seconds, s.overlap_policy,
       s.catchup_window_seconds, s.pause_on_failure, s.definition_path, s.definition_hash, s.temporal_schedule_id, s.sync_error,
       ${iso('s.synced_at')} AS synced_at, s.temporal_counters,
       (SELECT jsonb_agg(t.target_serial ORDER BY t.id) FROM universal_targets t
          WHERE t.target_uuid::text IN (SELECT jsonb_array_elements_text(s.schedule_config->'target_uuids'))) AS targets
     FROM ${FROM} WHERE s.schedule_serial = $1 AND s.deleted_at IS NULL`,
    [serial],
    transaction,
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no schedule ${serial}.`);
  const { target_selector: selector = null, variables } = row.schedule_config;
  return { ...(summaryOf(row) as FullRow & ScheduleSummary), target_selector: selector, variables: masked(variables) };
};

/** @throws OpsError NOT_FOUND */
export const getSchedule = async ({ db }: ServiceDeps, caller: Caller, serial: string): Promise<Schedule> => {
  authorize(caller, 'schedules.read');
  return readSchedule(db, serial);
};
