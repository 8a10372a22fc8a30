import type { DriftCase } from './drift-case.ts';

export const DEFINITIONS: DriftCase[] = [
  {
    name: 'a function is dropped with its triggers',
    change: ['DROP FUNCTION forbid_change() CASCADE'],
    says: [
      ['error', 'Function forbid_change() is missing.'],
      ['error', 'Trigger trg_audit_events_append_only of audit_events is missing.'],
      ['error', 'Trigger trg_audit_events_no_truncate of audit_events is missing.'],
      ['error', 'Trigger trg_audit_seals_append_only of audit_seals is missing.'],
      ['error', 'Trigger trg_audit_seals_no_truncate of audit_seals is missing.'],
    ],
  },
  {
    name: 'a function does something else',
    change: ['CREATE OR REPLACE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$'],
    says: [['error', 'Function forbid_change() has another text than ours: what it gives or does has changed.']],
  },
  {
    name: 'a function is there in addition, even of a name of ours',
    change: ['CREATE FUNCTION touch_updated_at(integer) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$'],
    says: [['warning', 'Function touch_updated_at(integer) is not ours.']],
  },
  {
    name: 'a view is dropped',
    change: ['DROP VIEW analytics_summary'],
    says: [['error', 'View analytics_summary is missing.']],
  },
  {
    name: 'a view reads something else',
    change: [
      'DROP VIEW target_performance_summary',
      'CREATE VIEW target_performance_summary AS SELECT id AS target_id, name FROM universal_targets',
    ],
    says: [['error', 'View target_performance_summary has another text than ours: what it gives or does has changed.']],
  },
  {
    name: 'a view is there in addition',
    change: ['CREATE VIEW open_jobs AS SELECT * FROM jobs WHERE completed_at IS NULL'],
    says: [['warning', 'View open_jobs is not ours.']],
  },
  {
    name: 'the extension is dropped with what needs it',
    change: ['DROP EXTENSION btree_gist CASCADE'],
    says: [
      ['error', 'Extension btree_gist is missing.'],
      [
        'error',
        'Exclusion constraint ex_target_communication_methods_host_port of target_communication_methods is missing: ' +
          'rows that exclude each other are let in.',
      ],
    ],
  },
  { name: 'another extension is there, with its functions, which harms nobody', change: ['CREATE EXTENSION pg_trgm'], says: [] },
];
