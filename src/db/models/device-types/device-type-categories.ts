import { boolean, identity, integer, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';

export const DeviceTypeCategoryModel = defineTable(
  'device_type_categories',
  'Groups of device types.',
  {
    id: identity('Primary key.'),
    value: varchar(50, 'Key.'),
    label: varchar(200, 'Display text.'),
    description: text('Free text.', { null: true }),
    icon: varchar(50, 'Icon name.', { null: true }),
    color: varchar(7, '`#rrggbb`.', { null: true }),
    sort_order: integer('Position, ascending.', { default: '0' }),
    is_system: boolean('Shipped; cannot be deleted.', { default: 'true' }),
    is_active: boolean('Offered in lists.', { default: 'true' }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  { primaryKey: ['id'], unique: [{ columns: ['value'] }], checks: { color_format: "((color)::text ~ '^#[0-9a-fA-F]{6}$'::text)" } },
);
