import { boolean, identity, integer, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { UniversalTargetsLabels } from '../../../contracts/json/targets.ts';
import { HealthStatus, TargetEnvironment, TargetStatus, TargetType } from '../../../contracts/enums.ts';

export const TargetModel = defineTable(
  'universal_targets',
  'Systems and services that jobs act on.',
  {
    id: identity('Primary key.'),
    target_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    target_serial: varchar(20, '`T` + year + at least 4 digits, from serial_counters.'),
    name: varchar(100, 'Display name; not unique.'),
    target_type: oneOf(TargetType, 'Kind of target.', { default: 'system' }),
    description: text('Free text.', { null: true }),
    os_type: varchar(100, 'Device type value (FK; the seed name is kept).'),
    environment: oneOf(TargetEnvironment, 'Stage.', { default: 'development' }),
    location: varchar(100, 'Physical place.', { null: true }),
    data_center: varchar(100, 'Data centre.', { null: true }),
    region: varchar(100, 'Geographic region.', { null: true }),
    labels: jsonObject(
      UniversalTargetsLabels,
      'Labels {key: value}, both text. A selector (`env=production,os=linux,team!=web`, all must hold) reads them and the built-in keys env, os, type, location, data_center, region, health.',
      { default: "'{}'::jsonb" },
    ),
    is_active: boolean('False = soft-deleted.', { default: 'true' }),
    deleted_at: timestamptz('Time of the soft delete.', { null: true }),
    status: oneOf(TargetStatus, "Operator's switch; only `active` targets are fanned out to and health-checked.", { default: 'active' }),
    health_status: oneOf(HealthStatus, 'Result of the last checks.', { default: 'unknown' }),
    health_message: text('Text of the last check.', { null: true }),
    health_checked_at: timestamptz('Time of the last check.', { null: true }),
    next_health_check_at: timestamptz('Due time; interval by environment and health (device-types.json).', {
      null: true,
      default: 'now()',
    }),
    consecutive_failures: integer('Failed checks in a row.', { default: '0' }),
    consecutive_successes: integer('Good checks in a row.', { default: '0' }),
    last_response_time_ms: integer('Duration of the last good check, ms.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['target_uuid'] }, { columns: ['target_serial'] }, { columns: ['id', 'is_active'] }],
    foreignKeys: [references('os_type', 'device_types', 'RESTRICT', { to: ['value'], onUpdate: 'CASCADE' })],
    indexes: [
      {
        keys: 'target_type, environment',
        name: 'idx_universal_targets_type_environment',
        why: 'SEED NAMED (name verbatim); list filter, covers target_type',
      },
      { keys: 'environment', why: 'list filter and dashboard grouping' },
      { keys: 'health_status', where: 'is_active', why: 'dashboard counts' },
      { keys: 'os_type', why: 'FK' },
      { keys: 'name', why: 'model index ix_universal_targets_name; sort and prefix search' },
      { keys: 'labels', method: 'gin', why: 'selectors' },
      { keys: 'next_health_check_at', where: 'is_active', why: 'health tick picks due targets' },
    ],
    checks: {
      target_serial_format: "((target_serial)::text ~ '^T[0-9]{8,}$'::text)",
      is_active_deleted_at: '(is_active = (deleted_at IS NULL))',
      counters: '((consecutive_failures >= 0) AND (consecutive_successes >= 0))',
    },
  },
);
