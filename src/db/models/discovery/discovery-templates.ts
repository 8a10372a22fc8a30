import {
  bigint,
  boolean,
  double,
  generated,
  identity,
  integer,
  jsonArray,
  jsonObject,
  text,
  timestamptz,
  uuid,
  varchar,
} from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import {
  DiscoveryTemplatesCommonPorts,
  DiscoveryTemplatesNetworkRanges,
  DiscoveryTemplatesPortRanges,
  DiscoveryTemplatesSnmpCommunitiesSealed,
} from '../../../contracts/json/discovery.ts';

export const DiscoveryTemplateModel = defineTable(
  'discovery_templates',
  'Saved scan settings.',
  {
    id: identity('Primary key.'),
    template_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    template_serial: generated(
      'text',
      "('TMPL-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`TMPL-` + 8 digits of id.',
    ),
    name: varchar(255, 'Unique name.'),
    description: text('Free text.', { null: true }),
    network_ranges: jsonArray(DiscoveryTemplatesNetworkRanges, 'CIDR ranges, at least one.'),
    port_ranges: jsonArray(DiscoveryTemplatesPortRanges, 'Pairs [from, to].', { default: "'[]'::jsonb" }),
    common_ports: jsonArray(DiscoveryTemplatesCommonPorts, 'Single ports.', { default: "'[]'::jsonb" }),
    timeout_seconds: double('Connect timeout, 0.1–30 s (seed `timeout`).', { default: '3.0' }),
    max_concurrent: integer('Parallel connections, 1–1000.', { default: '100' }),
    snmp_communities_sealed: jsonObject(DiscoveryTemplatesSnmpCommunitiesSealed, 'Sealed list of community strings.', { null: true }),
    enable_snmp: boolean('Ask SNMP.', { default: 'true' }),
    enable_service_detection: boolean('Read banners.', { default: 'true' }),
    enable_hostname_resolution: boolean('Reverse DNS.', { default: 'true' }),
    is_default: boolean('Preselected; at most one.', { default: 'false' }),
    is_active: boolean('May be used.', { default: 'true' }),
    created_by: bigint('User.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['template_uuid'] }, { columns: ['template_serial'] }, { columns: ['name'] }],
    foreignKeys: [references('created_by', 'users', 'SET NULL')],
    indexes: [
      {
        keys: 'is_default',
        name: 'uq_discovery_templates_is_default_true',
        isUnique: true,
        where: 'is_default',
        why: 'at most one such row',
      },
      { keys: 'created_by', why: 'FK' },
    ],
    checks: {
      network_ranges: '(jsonb_array_length(network_ranges) >= 1)',
      timeout_seconds: '((timeout_seconds >= (0.1)::double precision) AND (timeout_seconds <= (30)::double precision))',
      max_concurrent: '((max_concurrent >= 1) AND (max_concurrent <= 1000))',
    },
  },
);
