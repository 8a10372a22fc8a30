import type { NumberSetting } from '../settings.ts';
import type { PartitionRule, RowRule } from './rule.ts';

const ID = ['id'] as const;

/** What is divided by month is dropped by month. */
export const PARTITION_RULES: readonly PartitionRule[] = [
  { kind: 'partitions', name: 'logs', table: 'job_execution_logs', setting: 'log_retention_days' },
  { kind: 'partitions', name: 'audit', table: 'audit_events', setting: 'audit_retention_days' },
  { kind: 'partitions', name: 'metrics', table: 'performance_metrics', setting: 'metrics_retention_days' },
];

const metricsOf = (period: 'minute' | 'hour', setting: NumberSetting): RowRule => ({
  kind: 'rows',
  name: `metrics-${period}`,
  table: 'performance_metrics',
  key: ['id', 'timestamp'],
  where: `t.aggregation_period = '${period}' AND t.timestamp < $1`,
  order: 'timestamp',
  setting,
});

/** Samples and history, by their age. */
export const HISTORY_RULES: readonly RowRule[] = [
  metricsOf('minute', 'metrics_minute_retention_days'),
  metricsOf('hour', 'metrics_hour_retention_days'),
  {
    kind: 'rows',
    name: 'task-history',
    table: 'workflow_task_history',
    key: ID,
    where: 't.completed_at < $1',
    order: 'completed_at',
    setting: 'task_history_retention_days',
  },
  {
    kind: 'rows',
    name: 'worker-samples',
    table: 'worker_metrics_snapshots',
    key: ID,
    where: 't.snapshot_time < $1',
    order: 'snapshot_time',
    setting: 'task_history_retention_days',
  },
  {
    kind: 'rows',
    name: 'health-snapshots',
    table: 'system_health_snapshots',
    key: ID,
    where: 't.timestamp < $1',
    order: 'timestamp',
    setting: 'health_snapshot_retention_days',
  },
  {
    kind: 'rows',
    name: 'notifications',
    table: 'notification_logs',
    key: ID,
    where: `t.status <> 'pending' AND t.created_at < $1`,
    order: 'created_at',
    setting: 'notification_retention_days',
  },
  {
    kind: 'rows',
    name: 'alerts',
    table: 'alert_logs',
    key: ID,
    where: `t.status = 'resolved' AND t.resolved_at < $1`,
    order: 'resolved_at',
    setting: 'alert_retention_days',
  },
  {
    kind: 'rows',
    name: 'schedule-ledger',
    table: 'schedule_executions',
    key: ID,
    where: 't.completed_at < $1 AND t.scheduled_at < $1',
    order: 'scheduled_at',
    setting: 'schedule_history_retention_days',
  },
];
