import { bigint, identity, integer, jsonAny, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { SystemSettingsSettingValue } from '../../../contracts/json/platform.ts';

export const SystemSettingModel = defineTable(
  'system_settings',
  'Runtime settings; the zod registry gives type, range and default.',
  {
    id: identity('Primary key.'),
    setting_key: varchar(100, 'Key of the registry.'),
    setting_value: jsonAny(SystemSettingsSettingValue, 'Value, validated by the registry.'),
    description: text('Shown text.', { null: true }),
    version: integer('Optimistic lock.', { default: '1' }),
    updated_by: bigint('Last editor.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['setting_key'] }],
    foreignKeys: [references('updated_by', 'users', 'SET NULL')],
    indexes: [{ keys: 'updated_by', where: '(updated_by IS NOT NULL)', why: 'FK' }],
    checks: { version: '(version >= 1)' },
  },
);
