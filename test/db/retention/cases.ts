/** Rows that one setting lets go. In SQL, $1 is the time by which their age is told. */
export interface RowCase {
  rule: string;
  setting: string;
  /** The rows that are looked at, as they stand after FROM. */
  rows: string;
  insert: string;
}

const metric = (period: string): string => `INSERT INTO performance_metrics (timestamp, metric_type, aggregation_period, total_count)
  VALUES ($1, 'job_execution', '${period}', 1)`;

const SCHEDULE = `INSERT INTO job_schedules (job_id, name, schedule_type, execute_at, definition_hash, temporal_schedule_id, created_by, deleted_at)
  SELECT min(id), gen_random_uuid(), 'once', now(), repeat('0', 64), gen_random_uuid(), 1, $1::timestamptz FROM jobs`;

export const ROW_CASES: readonly RowCase[] = [
  {
    rule: 'metrics-minute',
    setting: 'metrics_minute_retention_days',
    rows: `performance_metrics WHERE aggregation_period = 'minute'`,
    insert: metric('minute'),
  },
  {
    rule: 'metrics-hour',
    setting: 'metrics_hour_retention_days',
    rows: `performance_metrics WHERE aggregation_period = 'hour'`,
    insert: metric('hour'),
  },
  {
    rule: 'task-history',
    setting: 'task_history_retention_days',
    rows: 'workflow_task_history',
    insert: `INSERT INTO workflow_task_history (task_kind, workflow_id, run_id, task_name, task_queue, status, completed_at)
      VALUES ('workflow', gen_random_uuid(), 'r', 'jobWorkflow', 'q', 'completed', $1)`,
  },
  {
    rule: 'worker-samples',
    setting: 'task_history_retention_days',
    rows: 'worker_metrics_snapshots',
    insert: `INSERT INTO worker_metrics_snapshots (worker_identity, task_queue, snapshot_time) VALUES ('w', 'q', $1)`,
  },
  {
    rule: 'health-snapshots',
    setting: 'health_snapshot_retention_days',
    rows: 'system_health_snapshots',
    insert: 'INSERT INTO system_health_snapshots (timestamp) VALUES ($1)',
  },
  {
    rule: 'notifications',
    setting: 'notification_retention_days',
    rows: `notification_logs WHERE status <> 'pending'`,
    insert: `INSERT INTO notification_logs (notification_type, recipient, message, status, dedupe_key, created_at)
      VALUES ('email', 'a@b.c', 'm', 'failed', gen_random_uuid(), $1)`,
  },
  {
    rule: 'alerts',
    setting: 'alert_retention_days',
    rows: `alert_logs WHERE status = 'resolved'`,
    insert: `INSERT INTO alert_logs (alert_rule_id, alert_type, severity, status, title, message, dedupe_key, resolved_at)
      SELECT min(id), 'system_error', 'low', 'resolved', 't', 'm', gen_random_uuid(), $1::timestamptz FROM alert_rules`,
  },
  {
    rule: 'schedule-ledger',
    setting: 'schedule_history_retention_days',
    rows: 'schedule_executions',
    insert: `INSERT INTO schedule_executions (job_schedule_id, scheduled_at, status, skip_reason, completed_at)
      SELECT min(id), $1::timestamptz, 'skipped', 'overlap', $1::timestamptz FROM job_schedules WHERE deleted_at IS NULL`,
  },
  {
    rule: 'artifacts',
    setting: 'artifact_retention_days',
    rows: 'artifacts',
    insert: `INSERT INTO artifacts (artifact_type, name, created_at, expires_at) VALUES ('upload', 'a', $1, now() + interval '10 years')`,
  },
  {
    rule: 'runs',
    setting: 'execution_retention_days',
    rows: 'job_executions',
    insert: `WITH n AS (SELECT count(*) + 1 AS number FROM job_executions)
      INSERT INTO job_executions (job_id, execution_serial, execution_number, definition_version, workflow_id, status, completed_at)
      SELECT min(id), 'J20250001.' || lpad(number::text, 4, '0'), number, 1, gen_random_uuid(), 'completed', $1::timestamptz FROM jobs, n GROUP BY number`,
  },
  {
    rule: 'deleted-jobs',
    setting: 'purge_after_days',
    rows: 'jobs WHERE deleted_at IS NOT NULL',
    insert: `INSERT INTO jobs (job_serial, name, created_by, deleted_at)
      SELECT 'J2025' || 1000 + count(*), 'j', 1, $1::timestamptz FROM jobs`,
  },
  {
    rule: 'deleted-targets',
    setting: 'purge_after_days',
    rows: 'universal_targets WHERE deleted_at IS NOT NULL',
    insert: `INSERT INTO universal_targets (target_serial, name, os_type, is_active, deleted_at)
      SELECT 'T2025' || 1000 + count(*), 't', 'linux', false, $1::timestamptz FROM universal_targets`,
  },
  { rule: 'deleted-schedules', setting: 'purge_after_days', rows: 'job_schedules WHERE deleted_at IS NOT NULL', insert: SCHEDULE },
  {
    rule: 'deleted-discovery-schedules',
    setting: 'purge_after_days',
    rows: 'discovery_schedules WHERE deleted_at IS NOT NULL',
    insert: `WITH template AS (INSERT INTO discovery_templates (name, network_ranges) VALUES (gen_random_uuid(), '["10.0.0.0/8"]') RETURNING id)
      INSERT INTO discovery_schedules (name, template_id, cron_expression, definition_hash, temporal_schedule_id, deleted_at)
      SELECT gen_random_uuid(), id, '0 0 * * *', repeat('0', 64), gen_random_uuid(), $1::timestamptz FROM template`,
  },
  {
    rule: 'deleted-alert-rules',
    setting: 'purge_after_days',
    rows: 'alert_rules WHERE deleted_at IS NOT NULL',
    insert: `INSERT INTO alert_rules (name, rule_type, evaluation_mode, created_by, deleted_at)
      VALUES (gen_random_uuid(), 'system_error', 'event', 1, $1)`,
  },
  {
    rule: 'deleted-report-templates',
    setting: 'purge_after_days',
    rows: 'report_templates WHERE deleted_at IS NOT NULL',
    insert: `INSERT INTO report_templates (name, report_type, data_sources, deleted_at) VALUES (gen_random_uuid(), 'executive', '{}', $1)`,
  },
];

/** Tables that lose whole months, with a row at a time ($1). */
export const PARTITION_CASES = [
  {
    rule: 'logs',
    setting: 'log_retention_days',
    table: 'job_execution_logs',
    insert: `INSERT INTO job_execution_logs (timestamp, job_id, log_phase, log_category, log_message)
      SELECT $1::timestamptz, min(id), 'creation', 'system', 'x' FROM jobs`,
  },
  {
    rule: 'audit',
    setting: 'audit_retention_days',
    table: 'audit_events',
    insert: `INSERT INTO audit_events (occurred_at, event_type, action, actor_type, resource_type, checksum)
      VALUES ($1, 'user_login', 'login', 'anonymous', 'users', decode(repeat('00', 32), 'hex'))`,
  },
  { rule: 'metrics', setting: 'metrics_retention_days', table: 'performance_metrics', insert: metric('day') },
] as const;
