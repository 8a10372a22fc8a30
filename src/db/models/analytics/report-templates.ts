import { bigint, boolean, char, identity, jsonArray, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { ReportTemplatesDataSources, ReportTemplatesRecipients, ReportTemplatesTemplateConfig } from '../../../contracts/json/analytics.ts';
import { ReportFormat, ReportTimeRange, ReportType, DefinitionSource, SyncStatus } from '../../../contracts/enums.ts';

export const ReportTemplateModel = defineTable(
  'report_templates',
  'What a report contains and when it is made.',
  {
    id: identity('Primary key.'),
    template_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    name: varchar(100, 'Unique name.'),
    description: text('Free text.', { null: true }),
    report_type: oneOf(ReportType, 'Kind.'),
    data_sources: jsonObject(ReportTemplatesDataSources, 'Section → true/options.'),
    time_range: oneOf(ReportTimeRange, 'Period before the run.', { default: 'last_7_days' }),
    format: oneOf(ReportFormat, 'Output.', { default: 'json' }),
    is_scheduled: boolean('Made on a schedule (seed integer 0/1).', { default: 'false' }),
    schedule_cron: varchar(100, 'Five fields.', { null: true }),
    schedule_timezone: varchar(50, 'IANA zone.', { default: "'UTC'::character varying" }),
    recipients: jsonArray(ReportTemplatesRecipients, 'As in rules; each gets a notification with a link.', { default: "'[]'::jsonb" }),
    template_config: jsonObject(ReportTemplatesTemplateConfig, 'Layout options.', { default: "'{}'::jsonb" }),
    definition_source: oneOf(DefinitionSource, '`code` = managed by a deploy.', { default: 'api' }),
    definition_hash: char(64, 'SHA-256 of the canonical firing spec.', { null: true }),
    described_hash: char(64, 'As described after the last apply.', { null: true }),
    temporal_schedule_id: varchar(255, '`report-schedule/<template_uuid>` when scheduled.', { null: true }),
    sync_status: oneOf(SyncStatus, 'Is Temporal equal to this row?', { default: 'synced' }),
    sync_error: text('Last sync error.', { null: true }),
    created_by: bigint('User; null for shipped ones.', { null: true }),
    deleted_at: timestamptz('Soft delete.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['template_uuid'] }, { columns: ['temporal_schedule_id'] }],
    foreignKeys: [references('created_by', 'users', 'SET NULL')],
    indexes: [
      { keys: 'name', isUnique: true, where: '(deleted_at IS NULL)', why: 'at most one such row' },
      { keys: 'created_by', where: '(created_by IS NOT NULL)', why: 'FK' },
      { keys: 'sync_status', where: "(sync_status <> 'synced'::text)", why: 'reconciler' },
    ],
    checks: { schedule: '((NOT is_scheduled) OR ((schedule_cron IS NOT NULL) AND (temporal_schedule_id IS NOT NULL)))' },
  },
);
