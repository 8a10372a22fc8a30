import {
  bigint,
  boolean,
  double,
  generated,
  identity,
  inet,
  jsonArray,
  jsonObject,
  macaddr,
  oneOf,
  timestamptz,
  uuid,
  varchar,
} from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import {
  DiscoveredDevicesClassification,
  DiscoveredDevicesOpenPorts,
  DiscoveredDevicesServices,
  DiscoveredDevicesSnmpInfo,
  DiscoveredDevicesSuggestedCommunicationMethods,
} from '../../../contracts/json/discovery.ts';
import { DeviceStatus } from '../../../contracts/enums.ts';

export const DiscoveredDeviceModel = defineTable(
  'discovered_devices',
  'A device found by a scan.',
  {
    id: identity('Primary key.'),
    device_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    device_serial: generated(
      'text',
      "('DEV-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`DEV-` + 8 digits of id.',
    ),
    discovery_job_id: bigint('Scan.'),
    ip_address: inet('Address.'),
    hostname: varchar(255, 'Reverse DNS name.', { null: true }),
    mac_address: macaddr('Hardware address, if seen.', { null: true }),
    open_ports: jsonArray(DiscoveredDevicesOpenPorts, 'Open ports (seed DB also `ports`).', { default: "'[]'::jsonb" }),
    services: jsonObject(DiscoveredDevicesServices, 'Port → {service, banner, version}.', { default: "'{}'::jsonb" }),
    snmp_info: jsonObject(DiscoveredDevicesSnmpInfo, 'sysDescr and other answers, without the community.', { null: true }),
    device_type: varchar(100, 'Classified type (FK).', { null: true }),
    os_type: varchar(50, 'Detected operating system.', { null: true }),
    os_version: varchar(100, 'Its version.', { null: true }),
    vendor: varchar(100, 'Vendor.', { null: true }),
    model: varchar(100, 'Model.', { null: true }),
    confidence_score: double('0–1.', { default: '0' }),
    classification: jsonArray(DiscoveredDevicesClassification, 'Evidence: [{device_type, score, reasons}], best first.', {
      default: "'[]'::jsonb",
    }),
    suggested_communication_methods: jsonArray(DiscoveredDevicesSuggestedCommunicationMethods, 'Method types, best first.', {
      default: "'[]'::jsonb",
    }),
    discovery_method: varchar(50, 'Probe that found it.', { default: "'tcp_connect'::character varying" }),
    is_reachable: boolean('Answered in this scan.', { default: 'true' }),
    status: oneOf(DeviceStatus, 'State.', { default: 'discovered' }),
    target_id: bigint('Target made from it.', { null: true }),
    imported_at: timestamptz('Import time.', { null: true }),
    imported_by: bigint('Who imported it.', { null: true }),
    discovered_at: timestamptz('First seen in this scan.', { default: 'now()' }),
    last_seen_at: timestamptz('Last probe that answered (seed DB `last_seen`).', { default: 'now()' }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['device_uuid'] }, { columns: ['device_serial'] }, { columns: ['discovery_job_id', 'ip_address'] }],
    foreignKeys: [
      references('discovery_job_id', 'discovery_jobs', 'CASCADE'),
      references('device_type', 'device_types', 'SET NULL', { to: ['value'], onUpdate: 'CASCADE' }),
      references('target_id', 'universal_targets', 'SET NULL'),
      references('imported_by', 'users', 'SET NULL'),
    ],
    indexes: [
      { keys: 'ip_address', why: 'was it seen by another scan?' },
      { keys: 'device_type', where: '(device_type IS NOT NULL)', why: 'FK, statistics' },
      { keys: 'status', where: "(status = 'discovered'::text)", why: 'model index, made partial; importable list' },
      { keys: 'target_id', where: '(target_id IS NOT NULL)', why: 'model index; FK' },
      { keys: 'imported_by', where: '(imported_by IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      confidence_score: '((confidence_score >= (0)::double precision) AND (confidence_score <= (1)::double precision))',
      imported: "((status = 'imported'::text) = (imported_at IS NOT NULL))",
    },
  },
);
