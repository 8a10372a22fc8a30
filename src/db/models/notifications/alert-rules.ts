import {
  bigint,
  boolean,
  double,
  generated,
  identity,
  integer,
  jsonArray,
  jsonObject,
  oneOf,
  text,
  timestamptz,
  uuid,
  varchar,
} from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { AlertRulesConditionConfig, AlertRulesNotificationChannels, AlertRulesRecipients } from '../../../contracts/json/notifications.ts';
import { MetricType, AlertCondition, AlertSeverity, AlertType, EvaluationMode } from '../../../contracts/enums.ts';

export const AlertRuleModel = defineTable(
  'alert_rules',
  'Operational rules over events and platform health.',
  {
    id: identity('Primary key.'),
    rule_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    rule_serial: generated(
      'text',
      "('ARULE-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`ARULE-` + 8 digits of id.',
    ),
    name: varchar(255, 'Unique name.'),
    description: text('Free text.', { null: true }),
    rule_type: oneOf(AlertType, 'Class of its alerts (first model `alert_type`).'),
    evaluation_mode: oneOf(EvaluationMode, '`event` = matched on raise; `threshold` = evaluated every minute.'),
    condition_config: jsonObject(
      AlertRulesConditionConfig,
      'Event filter: {min_severity, event_types, target_types, environments} (first model `trigger_condition`).',
      { default: "'{}'::jsonb" },
    ),
    metric_type: oneOf(MetricType, 'Threshold: family of the metric.', { null: true }),
    metric_name: varchar(
      64,
      'Threshold: target_availability_percent, critical_targets, queued_jobs, job_queue_size, active_jobs, avg_queue_wait_seconds, cpu_/memory_/disk_usage_percent, stale_workers.',
      { null: true },
    ),
    condition: oneOf(AlertCondition, 'Threshold: comparison.', { null: true }),
    threshold_value: double('Threshold: limit, in the unit of the metric.', { null: true }),
    evaluation_period_minutes: integer('Threshold: window whose average is compared (seed `evaluation_period`).', { default: '5' }),
    severity: oneOf(AlertSeverity, 'Severity of its alerts.', { default: 'medium' }),
    cooldown_minutes: integer('No repeat of the notification before.', { default: '60' }),
    is_active: boolean('Evaluated or not (seed integer 0/1).', { default: 'true' }),
    notification_template_id: bigint('Text of the notification.', { null: true }),
    recipients: jsonArray(AlertRulesRecipients, '[{type user/role/address, value}].', { default: "'[]'::jsonb" }),
    notification_channels: jsonArray(AlertRulesNotificationChannels, 'Channels; entries may name a target that sends (slack, webhook).', {
      default: '\'["email"]\'::jsonb',
    }),
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
    unique: [{ columns: ['rule_uuid'] }, { columns: ['rule_serial'] }],
    foreignKeys: [
      references('notification_template_id', 'notification_templates', 'SET NULL'),
      references('created_by', 'users', 'RESTRICT'),
    ],
    indexes: [
      { keys: 'name', isUnique: true, where: '(deleted_at IS NULL)', why: 'at most one such row' },
      { keys: 'created_by', why: 'FK' },
      { keys: 'notification_template_id', where: '(notification_template_id IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      threshold: "((evaluation_mode <> 'threshold'::text) OR (num_nulls(metric_type, metric_name, condition, threshold_value) = 0))",
      evaluation_period_minutes: '((evaluation_period_minutes >= 1) AND (cooldown_minutes >= 0))',
    },
  },
);
