import { bigint, boolean, identity, integer, jsonObject, oneOf, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { TargetCommunicationMethodsConfig } from '../../../contracts/json/targets.ts';
import { CommunicationMethodType, TestResult } from '../../../contracts/enums.ts';

export const CommunicationMethodModel = defineTable(
  'target_communication_methods',
  'How a target is reached: protocol, endpoint, options.',
  {
    id: identity('Primary key.'),
    target_id: bigint('Owner.'),
    target_is_active: boolean("Copy of universal_targets.is_active, kept equal by the composite FK's ON UPDATE CASCADE.", {
      default: 'true',
    }),
    method_type: oneOf(CommunicationMethodType, 'Protocol.'),
    method_name: varchar(100, 'Name; default `<method_type>_<n>`.'),
    host: varchar(253, 'Address or DNS name, lower case (seed kept it in config.host); null only for sqlite.', { null: true }),
    port: integer('TCP or UDP port (seed config.port); null only for sqlite.', { null: true }),
    is_primary: boolean('Used first; at most one active primary per target.', { default: 'false' }),
    is_active: boolean('Method may be used.', { default: 'true' }),
    priority: integer('Order of the others, 1 first.', { default: '1' }),
    config: jsonObject(
      TargetCommunicationMethodsConfig,
      'Protocol options without host, port and secrets (keys and value sets in device-types.json; times in seconds).',
      { default: "'{}'::jsonb" },
    ),
    host_key_fingerprint: varchar(128, 'Pinned SSH host key (`SHA256:…`); set on first use, a change fails the connection.', {
      null: true,
    }),
    last_tested_at: timestamptz('Last connection test.', { null: true }),
    last_test_result: oneOf(TestResult, 'Its result.', { null: true }),
    last_test_message: text('Its message.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['target_id', 'method_name'] }],
    foreignKeys: [
      references(['target_id', 'target_is_active'], 'universal_targets', 'CASCADE', { to: ['id', 'is_active'], onUpdate: 'CASCADE' }),
    ],
    indexes: [
      {
        keys: 'target_id',
        name: 'uq_target_communication_methods_target_id_primary',
        isUnique: true,
        where: '(is_primary AND is_active)',
        why: 'at most one such row',
      },
    ],
    checks: {
      endpoint: "((method_type = 'sqlite'::text) OR ((host IS NOT NULL) AND (port >= 1) AND (port <= 65535)))",
      host_lower: '((host)::text = lower((host)::text))',
      priority: '(priority >= 1)',
    },
    exclusions: {
      ex_target_communication_methods_host_port:
        'EXCLUDE USING gist (host WITH =, port WITH =, target_id WITH <>) WHERE ((is_active AND target_is_active))',
    },
  },
);
