import { bigint, boolean, generated, identity, jsonArray, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { NotificationTemplatesTemplateConfig, NotificationTemplatesVariables } from '../../../contracts/json/notifications.ts';
import { NotificationType } from '../../../contracts/enums.ts';

export const NotificationTemplateModel = defineTable(
  'notification_templates',
  'Texts of notifications with declared variables.',
  {
    id: identity('Primary key.'),
    template_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    template_serial: generated(
      'text',
      "('NTMPL-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`NTMPL-` + 8 digits of id.',
    ),
    name: varchar(255, 'Unique key used by code.'),
    description: text('Free text.', { null: true }),
    notification_type: oneOf(NotificationType, 'Channel (model `template_type`).', { default: 'email' }),
    subject_template: text('Subject with `{{variable}}`; required for email.', { null: true }),
    body_template: text('Body with `{{variable}}`.'),
    variables: jsonArray(NotificationTemplatesVariables, 'Names the template may use; rendering fails on an unknown or missing one.', {
      default: "'[]'::jsonb",
    }),
    template_config: jsonObject(
      NotificationTemplatesTemplateConfig,
      'Channel options (content type, webhook method and headers without secrets).',
      { default: "'{}'::jsonb" },
    ),
    is_system: boolean('Shipped; cannot be deleted.', { default: 'false' }),
    is_active: boolean('May be used.', { default: 'true' }),
    created_by: bigint('User; null for shipped ones.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['template_uuid'] }, { columns: ['template_serial'] }, { columns: ['name'] }],
    foreignKeys: [references('created_by', 'users', 'SET NULL')],
    indexes: [{ keys: 'created_by', why: 'FK' }],
    checks: { subject_template: "((notification_type <> 'email'::text) OR (subject_template IS NOT NULL))" },
  },
);
