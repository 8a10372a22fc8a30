import type { Sequelize, Transaction } from 'sequelize';
import type { z } from 'zod';
import type { DefinitionSource, OverlapPolicy, ScheduleStatus, SyncStatus } from '../../contracts/enums.ts';
import type { JobSchedulesScheduleConfig, JobSchedulesTemporalCounters } from '../../contracts/json/schedules.ts';
import { selectRow } from '../../db/query.ts';
import type { RuleColumns } from '../../domain/schedules/rule-columns.ts';
import { rulesOfColumns } from '../../domain/schedules/rule-columns.ts';
import { iso } from '../iso.ts';
import type { FiringRules } from './temporal-schedules.ts';

export type ScheduleConfig = z.infer<typeof JobSchedulesScheduleConfig>;

/** A schedule as its row has it, times in ISO 8601. */
export interface ScheduleRow extends RuleColumns {
  id: number;
  schedule_uuid: string;
  schedule_serial: string;
  job_id: number;
  job_serial: string;
  job_uuid: string;
  job_is_gone: boolean;
  name: string;
  status: ScheduleStatus;
  status_note: string | null;
  timezone: string;
  start_date: string | null;
  end_date: string | null;
  max_executions: number | null;
  execution_count: number;
  jitter_seconds: number;
  overlap_policy: OverlapPolicy;
  catchup_window_seconds: number;
  pause_on_failure: boolean;
  schedule_config: ScheduleConfig;
  definition_source: DefinitionSource;
  definition_path: string | null;
  definition_hash: string;
  described_hash: string | null;
  temporal_schedule_id: string;
  sync_status: SyncStatus;
  ledger_until: string | null;
  temporal_counters: z.infer<typeof JobSchedulesTemporalCounters>;
  is_deleted: boolean;
  created_by: number;
}

/** Of `job_schedules s`: when it fires. */
export const RULE_COLUMNS = `s.schedule_type, ${iso('s.execute_at')} AS execute_at, s.recurring_type, s.interval_count, s.time_of_day::text, s.days_of_week, s.day_of_month,
  s.week_of_month, s.cron_expression, s.additional_rules`;

/** Of the tables `job_schedules s JOIN jobs j`. */
export const SCHEDULE_COLUMNS = `s.id, s.schedule_uuid, s.schedule_serial, s.job_id, j.job_serial, j.job_uuid, j.deleted_at IS NOT NULL AS job_is_gone, s.name, s.status,
  s.status_note, ${RULE_COLUMNS}, s.timezone, ${iso('s.start_date')} AS start_date, ${iso('s.end_date')} AS end_date, s.max_executions, s.execution_count,
  s.jitter_seconds, s.overlap_policy, s.catchup_window_seconds, s.pause_on_failure, s.schedule_config, s.definition_source, s.definition_path,
  s.definition_hash, s.described_hash, s.temporal_schedule_id, s.sync_status, ${iso('s.ledger_until')} AS ledger_until, s.temporal_counters,
  s.deleted_at IS NOT NULL AS is_deleted, s.created_by`;

export const readScheduleRow = (db: Sequelize, id: number, transaction?: Transaction): Promise<ScheduleRow | undefined> =>
  selectRow<ScheduleRow>(
    db,
    `SELECT ${SCHEDULE_COLUMNS} FROM job_schedules s JOIN jobs j ON j.id = s.job_id WHERE s.id = $1`,
    [id],
    transaction,
  );

export const firingRulesOf = (row: ScheduleRow): FiringRules => ({
  when: rulesOfColumns(row),
  timezone: row.timezone,
  start_date: row.start_date,
  end_date: row.end_date,
  jitter_seconds: row.jitter_seconds,
});
