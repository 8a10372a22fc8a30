import type { Sequelize } from 'sequelize';
import { execute, selectRows } from '../../src/db/query.ts';
import { CODE_JOBS, JOBS, SCHEDULES } from './volume.ts';
import type { Filled } from './volume.ts';

/** Of all schedules of the fill, in Temporal as in their rows. */
export const FILLED_HASH = 'a'.repeat(64);
const FIRINGS_EACH = 200;
const TWENTIETH = 20;

/** Hourly ones. One in ten goes on, the others have expired: each minute all that go on are looked at, statement by statement. */
const SCHEDULE_ROWS = `INSERT INTO job_schedules (schedule_uuid, temporal_schedule_id, job_id, name, schedule_type, recurring_type, status, definition_source,
    definition_path, definition_hash, described_hash, sync_status, synced_at, next_run_at, ledger_until, temporal_counters, schedule_config, created_by, created_at)
  SELECT uuid, 'job-schedule/' || uuid, job, 'schedule ' || n, 'recurring', 'hours', state, source,
    CASE WHEN source = 'code' THEN 'schedules.yaml "schedule ' || n || '"' END, '${FILLED_HASH}', '${FILLED_HASH}', 'synced', now(),
    CASE WHEN state = 'active' THEN date_trunc('hour', now()) + interval '1 hour' END, date_trunc('hour', now()) - interval '1 minute',
    jsonb_build_object('taken', 1, 'paused', state = 'paused', 'described_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    jsonb_build_object('labels', jsonb_build_object('team', 'team-' || n % 7), 'calendars', CASE WHEN n % 10 = 5 THEN '["freeze"]' ELSE '[]' END::jsonb),
    2, now() - interval '30 days'
  FROM generate_series(1, ${SCHEDULES}) n, LATERAL (SELECT md5('schedule ' || n)::uuid AS uuid, 1 + n % ${JOBS} AS job,
    CASE WHEN n % 50 = 0 THEN 'paused' WHEN n % 10 = 0 THEN 'active' ELSE 'expired' END AS state,
    CASE WHEN n % ${JOBS} < ${CODE_JOBS} THEN 'code' ELSE 'api' END AS source) s`;

/** Up to the instant of the coming hour. Of schedules that go on the last ones are open: some are due, some run. */
const LEDGER_ROWS = `INSERT INTO schedule_executions (job_schedule_id, job_execution_id, scheduled_at, status, skip_reason, workflow_id, run_id, started_at, completed_at,
    result_summary, created_at, updated_at)
  SELECT s.id, CASE WHEN state = 'completed' THEN 1 + (s.id * ${FIRINGS_EACH} + n) % runs.ended END, at, state, CASE WHEN state = 'skipped' THEN 'overlap' END,
    CASE WHEN is_started THEN 'scheduled-run/' || s.schedule_uuid || '-' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END,
    CASE WHEN is_started THEN 'run' END, CASE WHEN is_started THEN at END, CASE WHEN state IN ('completed', 'failed', 'skipped') THEN at + interval '1 minute' END,
    CASE WHEN state = 'completed' THEN '10 of 10 branches completed.' END, at - interval '1 hour', at
  FROM generate_series(-1, ${FIRINGS_EACH} - 2) n, (SELECT count(*) AS ended FROM job_executions WHERE completed_at IS NOT NULL) runs, job_schedules s,
    LATERAL (SELECT date_trunc('hour', now()) - make_interval(hours => n) AS at, CASE
      WHEN s.status <> 'expired' AND (n <= 0 OR (n = 1 AND s.id % ${TWENTIETH} = 0)) THEN 'scheduled'
      WHEN s.status <> 'expired' AND n = 2 THEN 'running' WHEN (n + s.id) % 25 = 9 THEN 'skipped' WHEN (n + s.id) % 100 = 12 THEN 'failed' ELSE 'completed' END AS state) f,
    LATERAL (SELECT state IN ('running', 'completed', 'failed') AS is_started) g
  ORDER BY n DESC, s.id`;

/** Schedules of the jobs; those of the first jobs are defined in code. */
export const fillSchedules = async (db: Sequelize): Promise<Filled['schedules']> => {
  await execute(db, SCHEDULE_ROWS);
  return selectRows(
    db,
    `SELECT id, schedule_serial AS serial, schedule_uuid AS uuid, name, job_id AS "jobId", definition_source = 'code' AS "isCode",
       status = 'expired' AS "isExpired" FROM job_schedules ORDER BY id`,
  );
};

/** The ledger of all schedules. Its runs are any of those that there are. */
export const fillLedger = (db: Sequelize): Promise<void> => execute(db, LEDGER_ROWS);
