import { bigint, boolean, double, identity, integer, jsonArray, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { AnalyticsAlertRulesNotificationChannels, AnalyticsAlertRulesRecipients } from '../../../contracts/json/analytics.ts';
import { AggregationPeriod, MetricType, AlertCondition, AlertSeverity } from '../../../contracts/enums.ts';

export const AnalyticsAlertRuleModel = defineTable(
  'analytics_alert_rules',
  'Rules over aggregated performance_metrics.',
  {
    id: identity('Primary key.'),
    rule_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    name: varchar(255, 'Unique name.'),
    description: text('Free text.', { null: true }),
    metric_type: oneOf(MetricType, 'Rows of performance_metrics to read.'),
    metric_name: varchar(
      64,
      'failure_rate_percent, success_rate_percent, total_count, failure_count, avg_duration_seconds, p95_duration_seconds.',
    ),
    aggregation_period: oneOf(AggregationPeriod, 'Buckets to read.', { default: 'minute' }),
    job_id: bigint('Only this job; null = all.', { null: true }),
    target_id: bigint('Only this target; null = all.', { null: true }),
    condition: oneOf(AlertCondition, 'Comparison.'),
    threshold_value: double('Limit, in the unit of the metric.'),
    evaluation_period_minutes: integer('Window over which buckets are merged (seed `evaluation_period`, default 5).', { default: '60' }),
    min_sample_count: integer('Fewer executions in the window raise nothing.', { default: '1' }),
    severity: oneOf(AlertSeverity, 'Severity of its alerts.', { default: 'medium' }),
    cooldown_minutes: integer('No repeat of the notification before.', { default: '60' }),
    is_active: boolean('Evaluated or not (seed integer 0/1).', { default: 'true' }),
    notification_template_id: bigint('Text of the notification.', { null: true }),
    recipients: jsonArray(AnalyticsAlertRulesRecipients, '[{type user/role/address, value}].', { default: "'[]'::jsonb" }),
    notification_channels: jsonArray(
      AnalyticsAlertRulesNotificationChannels,
      'Channels; entries may name a target that sends (slack, webhook).',
      { default: '\'["email"]\'::jsonb' },
    ),
    last_triggered_at: timestamptz('Last alert (seed `last_triggered`).', { null: true }),
    trigger_count: integer('Alerts raised.', { default: '0' }),
    last_evaluated_at: timestamptz('Last evaluation.', { null: true }),
    last_value: double('Value at that time.', { null: true }),
    created_by: bigint('Owner; the `system` user for shipped rules.'),
    deleted_at: timestamptz('Soft delete, because alert_logs refer to it.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['rule_uuid'] }],
    foreignKeys: [
      references('job_id', 'jobs', 'CASCADE'),
      references('target_id', 'universal_targets', 'CASCADE'),
      references('notification_template_id', 'notification_templates', 'SET NULL'),
      references('created_by', 'users', 'RESTRICT'),
    ],
    indexes: [
      { keys: 'name', isUnique: true, where: '(deleted_at IS NULL)', why: 'at most one such row' },
      { keys: 'job_id', where: '(job_id IS NOT NULL)', why: 'FK' },
      { keys: 'target_id', where: '(target_id IS NOT NULL)', why: 'FK' },
      { keys: 'created_by', why: 'FK' },
      { keys: 'notification_template_id', where: '(notification_template_id IS NOT NULL)', why: 'FK' },
    ],
    checks: { evaluation_period_minutes: '((evaluation_period_minutes >= 1) AND (cooldown_minutes >= 0) AND (min_sample_count >= 1))' },
  },
);
