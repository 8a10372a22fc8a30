import { bigint, boolean, identity, integer, jsonObject, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { DeviceTypeTemplatesTemplateConfig } from '../../../contracts/json/device-types.ts';

export const DeviceTypeTemplateModel = defineTable(
  'device_type_templates',
  'Saved starting points for own device types.',
  {
    id: identity('Primary key.'),
    name: varchar(200, 'Name, unique per owner.'),
    description: text('Free text.', { null: true }),
    category: varchar(50, 'Category value (FK).'),
    template_config: jsonObject(DeviceTypeTemplatesTemplateConfig, 'Body of a device type without `value`.'),
    is_public: boolean('Visible to others.', { default: 'false' }),
    created_by: bigint('Owner.'),
    usage_count: integer('Times used.', { default: '0' }),
    last_used_at: timestamptz('Last use (seed `last_used`).', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['name', 'created_by'] }],
    foreignKeys: [
      references('category', 'device_type_categories', 'RESTRICT', { to: ['value'], onUpdate: 'CASCADE' }),
      references('created_by', 'users', 'RESTRICT'),
    ],
    indexes: [
      { keys: 'created_by', why: 'FK' },
      { keys: 'category', why: 'FK' },
    ],
    checks: { usage_count: '(usage_count >= 0)' },
  },
);
