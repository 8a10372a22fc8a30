import { bigint, identity, integer, jsonObject, oneOf, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { DeviceTypeUsageContextData } from '../../../contracts/json/device-types.ts';
import { UsageContext } from '../../../contracts/enums.ts';

export const DeviceTypeUsageModel = defineTable(
  'device_type_usage',
  'Counters of device type use per user and context.',
  {
    id: identity('Primary key.'),
    device_type_value: varchar(100, 'Type (FK); null for context `search`.', { null: true }),
    user_id: bigint('User.'),
    usage_context: oneOf(UsageContext, 'Occasion.'),
    usage_count: integer('Times.', { default: '1' }),
    last_used_at: timestamptz('Last time (seed `last_used`).', { default: 'now()' }),
    context_data: jsonObject(DeviceTypeUsageContextData, 'Details of the last use (query, changed fields).', { null: true }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['device_type_value', 'user_id', 'usage_context'], nullsNotDistinct: true }],
    foreignKeys: [
      references('device_type_value', 'device_types', 'CASCADE', { to: ['value'], onUpdate: 'CASCADE' }),
      references('user_id', 'users', 'CASCADE'),
    ],
    indexes: [{ keys: 'user_id', why: 'FK, own history' }],
    checks: { search: "((usage_context = 'search'::text) = (device_type_value IS NULL))", usage_count: '(usage_count >= 1)' },
  },
);
