import { bigint, boolean, double, generated, identity, integer, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { AlertLogsContextData } from '../../../contracts/json/notifications.ts';
import { AlertSeverity, AlertStatus, AlertType } from '../../../contracts/enums.ts';

export const AlertLogModel = defineTable(
  'alert_logs',
  'Alerts raised by either kind of rule.',
  {
    id: identity('Primary key.'),
    alert_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    alert_serial: generated(
      'text',
      "('ALERT-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`ALERT-` + 8 digits of id.',
    ),
    alert_rule_id: bigint('Operational rule.', { null: true }),
    analytics_alert_rule_id: bigint('Analytics rule; exactly one of the two is set.', { null: true }),
    alert_type: oneOf(AlertType, 'Class.'),
    severity: oneOf(AlertSeverity, 'Severity.'),
    status: oneOf(AlertStatus, 'State (replaces `is_resolved`).', { default: 'active' }),
    title: varchar(500, 'One line.'),
    message: text('Text.'),
    dedupe_key: varchar(255, 'Rule and scope; one open alert per key, repeats only count.'),
    occurrence_count: integer('Times it was seen while open.', { default: '1' }),
    observed_value: double('Value that crossed the limit.', { null: true }),
    threshold_value: double('Limit at that time.', { null: true }),
    job_id: bigint('Job concerned.', { null: true }),
    target_id: bigint('Target concerned.', { null: true }),
    context_data: jsonObject(AlertLogsContextData, 'Snapshot of rule and event.', { null: true }),
    notification_sent: boolean('A notification row was written.', { default: 'false' }),
    triggered_at: timestamptz('First time.', { default: 'now()' }),
    last_triggered_at: timestamptz('Last time.', { default: 'now()' }),
    acknowledged_at: timestamptz('Acknowledged.', { null: true }),
    acknowledged_by: bigint('By whom.', { null: true }),
    suppressed_until: timestamptz('End of the suppression.', { null: true }),
    resolved_at: timestamptz('Resolved.', { null: true }),
    resolved_by: bigint('By whom (seed free text); null = by the evaluator.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['alert_uuid'] }, { columns: ['alert_serial'] }],
    foreignKeys: [
      references('alert_rule_id', 'alert_rules', 'RESTRICT'),
      references('analytics_alert_rule_id', 'analytics_alert_rules', 'CASCADE'),
      references('job_id', 'jobs', 'SET NULL'),
      references('target_id', 'universal_targets', 'SET NULL'),
      references('acknowledged_by', 'users', 'SET NULL'),
      references('resolved_by', 'users', 'SET NULL'),
    ],
    indexes: [
      {
        keys: 'dedupe_key',
        name: 'uq_alert_logs_dedupe_key_open',
        isUnique: true,
        where: "(status <> 'resolved'::text)",
        why: 'at most one such row',
      },
      { keys: 'alert_rule_id', why: 'FK' },
      { keys: 'analytics_alert_rule_id', where: '(analytics_alert_rule_id IS NOT NULL)', why: 'FK' },
      { keys: 'status, triggered_at', why: 'list, dashboard counts' },
      { keys: 'job_id', where: '(job_id IS NOT NULL)', why: 'FK' },
      { keys: 'target_id', where: '(target_id IS NOT NULL)', why: 'FK' },
      { keys: 'acknowledged_by', where: '(acknowledged_by IS NOT NULL)', why: 'FK' },
      { keys: 'resolved_by', where: '(resolved_by IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      one_rule: '(num_nonnulls(alert_rule_id, analytics_alert_rule_id) = 1)',
      resolved_at: "((status = 'resolved'::text) = (resolved_at IS NOT NULL))",
      suppressed_until: "((status <> 'suppressed'::text) OR (suppressed_until IS NOT NULL))",
    },
  },
);
