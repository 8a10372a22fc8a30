import { bigint, generated, identity, integer, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { NotificationLogsContextData } from '../../../contracts/json/notifications.ts';
import { NotificationStatus, NotificationType } from '../../../contracts/enums.ts';

export const NotificationLogModel = defineTable(
  'notification_logs',
  'One message to one recipient, and the outbox of delivery.',
  {
    id: identity('Primary key.'),
    log_uuid: uuid('Public id; workflow id is `notification/<log_uuid>`.', { default: 'gen_random_uuid()' }),
    log_serial: generated(
      'text',
      "('NLOG-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`NLOG-` + 8 digits of id.',
    ),
    template_id: bigint('Template.', { null: true }),
    notification_type: oneOf(NotificationType, 'Channel.'),
    recipient: varchar(500, 'Address, number, or target serial of a webhook.'),
    subject: varchar(500, 'Rendered subject.', { null: true }),
    message: text('Rendered body (model `body`).'),
    status: oneOf(NotificationStatus, 'State.', { default: 'pending' }),
    dedupe_key: varchar(
      255,
      '`<source>:<id>:<event>:<type>:<first 16 hex of SHA-256 of the recipient>`; a retry of the producer inserts nothing.',
    ),
    retry_count: integer('Attempts after the first.', { default: '0' }),
    max_retries: integer('Limit.', { default: '3' }),
    error_message: text('Last error.', { null: true }),
    context_data: jsonObject(NotificationLogsContextData, 'Variables used (model `context_metadata`).', { null: true }),
    alert_log_id: bigint('Alert it reports.', { null: true }),
    job_execution_id: bigint('Execution it reports.', { null: true }),
    sent_at: timestamptz('Accepted by the channel.', { null: true }),
    delivered_at: timestamptz('Delivery confirmed, where the channel says so.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['log_uuid'] }, { columns: ['log_serial'] }, { columns: ['dedupe_key'] }],
    foreignKeys: [
      references('template_id', 'notification_templates', 'SET NULL'),
      references('alert_log_id', 'alert_logs', 'SET NULL'),
      references('job_execution_id', 'job_executions', 'SET NULL'),
    ],
    indexes: [
      { keys: 'template_id', why: 'FK' },
      { keys: 'created_at', name: 'idx_notification_logs_created_at_pending', where: "(status = 'pending'::text)", why: 'reconciler' },
      { keys: 'status, created_at', why: 'widened; list and stats' },
      { keys: 'alert_log_id', where: '(alert_log_id IS NOT NULL)', why: 'FK' },
      { keys: 'job_execution_id', where: '(job_execution_id IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      retries: '((retry_count >= 0) AND (max_retries >= 0))',
      sent_at: "((status <> ALL (ARRAY['sent'::text, 'delivered'::text])) OR (sent_at IS NOT NULL))",
    },
  },
);
