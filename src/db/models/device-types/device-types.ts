import { bigint, boolean, generated, identity, jsonArray, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import {
  DeviceTypesCommunicationMethods,
  DeviceTypesDiscoveryKeywords,
  DeviceTypesDiscoveryOids,
  DeviceTypesDiscoveryPorts,
  DeviceTypesDiscoveryServices,
  DeviceTypesTags,
} from '../../../contracts/json/device-types.ts';

export const DeviceTypeModel = defineTable(
  'device_types',
  'Catalogue of device types with discovery hints.',
  {
    id: identity('Primary key.'),
    value: varchar(100, 'Key, `[a-z][a-z0-9_]*`.'),
    label: varchar(200, 'Display text.'),
    category: varchar(50, 'Category value (FK).'),
    description: text('Free text.', { null: true }),
    communication_methods: jsonArray(DeviceTypesCommunicationMethods, 'Method types, recommended first.', { default: "'[]'::jsonb" }),
    discovery_ports: jsonArray(DeviceTypesDiscoveryPorts, 'Hint: ports.', { default: "'[]'::jsonb" }),
    discovery_oids: jsonArray(DeviceTypesDiscoveryOids, 'Hint: SNMP OIDs.', { default: "'[]'::jsonb" }),
    discovery_services: jsonArray(DeviceTypesDiscoveryServices, 'Hint: service names.', { default: "'[]'::jsonb" }),
    discovery_keywords: jsonArray(DeviceTypesDiscoveryKeywords, 'Hint: words in banners and sysDescr.', { default: "'[]'::jsonb" }),
    tags: jsonArray(DeviceTypesTags, 'User tags.', { default: "'[]'::jsonb" }),
    is_system: boolean('Shipped; read-only in the API.', { default: 'false' }),
    is_active: boolean('False = soft-deleted.', { default: 'true' }),
    created_by: bigint('User; null for shipped types.', { null: true }),
    search_vector: generated(
      'tsvector',
      "(((((setweight(to_tsvector('simple'::regconfig, (((value)::text || ' '::text) || (label)::text)), 'A'::\"char\") || setweight(to_tsvector('simple'::regconfig, ((COALESCE(description, ''::text) || ' '::text) || (category)::text)), 'B'::\"char\")) || to_tsvector('simple'::regconfig, communication_methods)) || to_tsvector('simple'::regconfig, discovery_services)) || to_tsvector('simple'::regconfig, discovery_keywords)) || to_tsvector('simple'::regconfig, tags))",
      'Generated from value, label, description, category, methods, services, keywords, tags.',
      true,
    ),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['value'] }],
    foreignKeys: [
      references('category', 'device_type_categories', 'RESTRICT', { to: ['value'], onUpdate: 'CASCADE' }),
      references('created_by', 'users', 'SET NULL'),
    ],
    indexes: [
      { keys: 'created_by', why: 'FK' },
      { keys: 'category', why: 'model index; FK, list filter' },
      { keys: 'search_vector', method: 'gin', why: 'full-text search' },
    ],
    checks: { value_format: "((value)::text ~ '^[a-z][a-z0-9_]*$'::text)" },
  },
);
