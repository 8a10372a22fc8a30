import type { ExportedSchedules, ScheduleCodeFilter } from '../../../contracts/schedule-code.ts';
import { SealedValue } from '../../../contracts/sealed-value.ts';
import { selectRows } from '../../../db/query.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { rulesOfColumns } from '../../../domain/schedules/rule-columns.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { SCHEDULE_COLUMNS } from '../schedule-row.ts';
import { readTargetSerials } from './code-rows.ts';
import type { CodeRow } from './code-rows.ts';
import { KEPT_SECRET } from './resolve-set.ts';

interface ExportRow extends CodeRow {
  has_same_name: boolean;
}

/** What a definition has when nothing is said. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  timezone: 'UTC',
  jitter_seconds: 0,
  overlap_policy: 'skip',
  catchup_window_seconds: 600,
  pause_on_failure: false,
  paused: false,
};

const isSaid = ([field, value]: [string, unknown]): boolean => {
  if (value === undefined || value === null || value === DEFAULTS[field]) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
};

const withoutSecrets = (variables: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, SealedValue.safeParse(value).success ? KEPT_SECRET : value]));

const definitionOf = (row: ExportRow, serials: ReadonlyMap<string, string>): Record<string, unknown> => {
  const { target_uuids: uuids, target_selector, variables, calendars, labels, defined_paused: defined } = row.schedule_config;
  const when = rulesOfColumns(row);
  const paused = defined ?? row.status === 'paused';
  const definition = {
    name: row.name,
    description: row.description,
    job: row.has_same_name ? row.job_serial : row.job_name,
    when: when.length === 1 ? when[0] : when,
    timezone: row.timezone,
    start_date: row.start_date,
    end_date: row.end_date,
    max_executions: row.max_executions,
    jitter_seconds: row.jitter_seconds,
    overlap_policy: row.overlap_policy,
    catchup_window_seconds: row.catchup_window_seconds,
    pause_on_failure: row.pause_on_failure,
    targets: uuids?.map((uuid) => serials.get(uuid) ?? uuid),
    target_selector,
    variables: withoutSecrets(variables),
    calendars,
    labels,
    paused,
    status_note: paused ? row.status_note : null,
  };
  return Object.fromEntries(Object.entries(definition).filter(isSaid));
};

/** Schedules as files define them. @throws OpsError NOT_FOUND naming a serial that there is not */
export const exportSchedules = async (
  { db }: ServiceDeps,
  caller: Caller,
  { serials, source }: ScheduleCodeFilter,
): Promise<ExportedSchedules> => {
  authorize(caller, 'schedules.read');
  const wanted = serials?.split(',');
  const rows = await selectRows<ExportRow>(
    db,
    `SELECT ${SCHEDULE_COLUMNS}, s.description, j.name AS job_name,
       EXISTS (SELECT 1 FROM jobs o WHERE o.name = j.name AND o.id <> j.id AND o.deleted_at IS NULL AND NOT o.is_template) AS has_same_name
     FROM job_schedules s JOIN jobs j ON j.id = s.job_id WHERE s.deleted_at IS NULL AND j.deleted_at IS NULL
       AND ($1::text[] IS NULL OR s.schedule_serial = ANY($1)) AND ($2::text IS NULL OR s.definition_source = $2) ORDER BY s.id`,
    [wanted ?? null, source ?? null],
  );
  const missing = wanted?.find((serial) => !rows.some((row) => row.schedule_serial === serial));
  if (missing !== undefined) throw new OpsError('NOT_FOUND', `There is no schedule ${missing}.`);
  const targets = await readTargetSerials(db, rows);
  return {
    data: rows.map((row) => ({ schedule_serial: row.schedule_serial, job_serial: row.job_serial, definition: definitionOf(row, targets) })),
  };
};
