import { bigint, char, generated, identity, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { DefinitionSource, OverlapPolicy, ScheduleStatus, SyncStatus } from '../../../contracts/enums.ts';

export const DiscoveryScheduleModel = defineTable(
  'discovery_schedules',
  'Recurring scans; Temporal Schedules do the firing.',
  {
    id: identity('Primary key.'),
    schedule_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    schedule_serial: generated(
      'text',
      "('SCHED-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`SCHED-` + 8 digits of id.',
    ),
    name: varchar(255, 'Name.'),
    description: text('Free text.', { null: true }),
    template_id: bigint('Scan settings.'),
    cron_expression: varchar(100, 'Five fields.'),
    timezone: varchar(50, 'IANA zone.', { default: "'UTC'::character varying" }),
    status: oneOf(ScheduleStatus, 'State (seed `is_active`).', { default: 'active' }),
    last_run_at: timestamptz('Last firing (seed `last_run`).', { null: true }),
    next_run_at: timestamptz('Next firing as Temporal reports it (seed `next_run`).', { null: true }),
    overlap_policy: oneOf(OverlapPolicy, 'When the previous scan still runs.', { default: 'skip' }),
    definition_source: oneOf(DefinitionSource, '`code` = managed by a deploy.', { default: 'api' }),
    definition_hash: char(64, 'SHA-256 of the canonical firing spec.'),
    described_hash: char(64, 'As described after the last apply.', { null: true }),
    temporal_schedule_id: varchar(255, '`discovery-schedule/<schedule_uuid>`.'),
    sync_status: oneOf(SyncStatus, 'Is Temporal equal to this row?', { default: 'pending' }),
    sync_error: text('Last sync error.', { null: true }),
    synced_at: timestamptz('Last successful sync.', { null: true }),
    created_by: bigint('User.', { null: true }),
    deleted_at: timestamptz('Soft delete.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['schedule_uuid'] }, { columns: ['schedule_serial'] }, { columns: ['temporal_schedule_id'] }],
    foreignKeys: [references('template_id', 'discovery_templates', 'RESTRICT'), references('created_by', 'users', 'SET NULL')],
    indexes: [
      { keys: 'name', isUnique: true, where: '(deleted_at IS NULL)', why: 'at most one such row' },
      { keys: 'created_by', why: 'FK' },
      { keys: 'template_id', why: 'FK' },
      { keys: 'sync_status', where: "(sync_status <> 'synced'::text)", why: 'reconciler' },
    ],
  },
);
