import { expect } from 'vitest';
import type { DriftCase } from './drift-case.ts';

export const TABLES: DriftCase[] = [
  { name: 'a table is dropped', change: ['DROP TABLE calendars'], says: [['error', 'Table calendars is missing.']] },
  {
    name: 'tables that refer to each other are dropped',
    change: ['DROP TABLE discovery_templates, discovery_schedules, discovery_jobs CASCADE'],
    says: [
      ['error', 'Table discovery_jobs is missing.'],
      ['error', 'Table discovery_schedules is missing.'],
      ['error', 'Table discovery_templates is missing.'],
      [
        'error',
        'Foreign key fk_discovered_devices_discovery_job_id of discovered_devices is missing: rows may refer to what is not there.',
      ],
    ],
  },
  {
    name: 'a partitioned table is dropped',
    change: ['DROP TABLE audit_events'],
    says: [['error', 'Table audit_events is missing.']],
  },
  {
    name: 'a table is there in addition, with all that belongs to it',
    change: ['CREATE TABLE notes (id int PRIMARY KEY, job_id bigint REFERENCES jobs (id), note text CHECK (length(note) > 1))'],
    says: [['warning', 'Table notes is not ours.']],
  },
  {
    name: 'a default partition is detached',
    change: ['ALTER TABLE job_execution_logs DETACH PARTITION job_execution_logs_default'],
    says: [
      [
        'error',
        'Table job_execution_logs lacks its default partition job_execution_logs_default, which is there by itself: rows outside its months are refused.',
      ],
    ],
  },
  {
    name: 'a default partition is dropped',
    change: ['DROP TABLE job_execution_logs_default'],
    says: [
      ['error', 'Table job_execution_logs lacks its default partition job_execution_logs_default: rows outside its months are refused.'],
    ],
  },
  {
    name: 'a table is partitioned by another column',
    change: [
      'ALTER TABLE audit_events RENAME TO old_events',
      'CREATE TABLE audit_events (LIKE old_events INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY RANGE (id)',
      'DROP TABLE old_events',
      'CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT',
    ],
    says: expect.arrayContaining([
      ['error', 'Table audit_events is partitioned by RANGE (id); it should be partitioned by RANGE (occurred_at).'],
    ]),
    isForPersons: true,
  },
  {
    name: 'a table is not partitioned',
    change: ['DROP TABLE performance_metrics', 'CREATE TABLE performance_metrics (id bigint)'],
    says: expect.arrayContaining([
      ['error', 'Table performance_metrics is not partitioned; it should be partitioned by RANGE ("timestamp").'],
    ]),
    isForPersons: true,
  },
  {
    name: 'months are made and removed, which is no difference',
    change: [
      `CREATE TABLE job_execution_logs_p209901 PARTITION OF job_execution_logs FOR VALUES FROM ('2099-01-01+00') TO ('2099-02-01+00')`,
      `DO $$ DECLARE month text; BEGIN SELECT min(inhrelid::regclass::text) INTO month FROM pg_inherits WHERE inhparent = 'audit_events'::regclass
         AND inhrelid::regclass::text LIKE '%\\_p2%'; EXECUTE 'DROP TABLE ' || month; END $$`,
    ],
    says: [],
  },
  {
    name: 'a table of the same name in another schema, which is nothing of ours',
    change: ['CREATE SCHEMA archive', 'CREATE TABLE archive.jobs (id text)', 'CREATE VIEW archive.notes AS SELECT * FROM archive.jobs'],
    says: [],
  },
];
