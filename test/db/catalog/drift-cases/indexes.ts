import type { DriftCase } from './drift-case.ts';

export const INDEXES: DriftCase[] = [
  {
    name: 'an index is dropped',
    change: ['DROP INDEX idx_jobs_status_created_by'],
    says: [['warning', 'Index idx_jobs_status_created_by of jobs is missing: look-ups by status, created_by become slow.']],
  },
  {
    name: 'an index of a partitioned table is dropped',
    change: ['DROP INDEX idx_audit_events_occurred_at'],
    says: [['warning', 'Index idx_audit_events_occurred_at of audit_events is missing: look-ups by occurred_at become slow.']],
  },
  {
    name: 'a unique index is dropped',
    change: ['DROP INDEX uq_users_username'],
    says: [['error', 'Unique index uq_users_username of users is missing: the same lower((username)::text) can be there twice.']],
  },
  {
    name: 'an index has no predicate',
    change: ['DROP INDEX idx_jobs_scheduled_at', 'CREATE INDEX idx_jobs_scheduled_at ON jobs (scheduled_at)'],
    says: [
      [
        'warning',
        `Index idx_jobs_scheduled_at of jobs is USING btree (scheduled_at); it should be USING btree (scheduled_at) WHERE (status = 'scheduled'::text).`,
      ],
    ],
  },
  {
    name: 'a unique index has another predicate',
    change: ['DROP INDEX uq_jobs_name_code', `CREATE UNIQUE INDEX uq_jobs_name_code ON jobs (name) WHERE deleted_at IS NULL`],
    says: [
      [
        'error',
        'Index uq_jobs_name_code of jobs is UNIQUE USING btree (name) WHERE (deleted_at IS NULL); it should be UNIQUE USING btree (name) ' +
          `WHERE ((definition_source = 'code'::text) AND (deleted_at IS NULL)).`,
      ],
    ],
  },
  {
    name: 'a unique index lets doubles in',
    change: ['DROP INDEX uq_users_email', 'CREATE INDEX uq_users_email ON users (lower(email))'],
    says: [
      [
        'error',
        'Index uq_users_email of users is USING btree (lower((email)::text)); it should be UNIQUE USING btree (lower((email)::text)).',
      ],
    ],
  },
  {
    name: 'an index has another order',
    change: ['DROP INDEX idx_jobs_created_at', 'CREATE INDEX idx_jobs_created_at ON jobs (created_at DESC)'],
    says: [['warning', 'Index idx_jobs_created_at of jobs is USING btree (created_at DESC); it should be USING btree (created_at).']],
  },
  {
    name: 'an index has another method',
    change: ['DROP INDEX idx_universal_targets_labels', 'CREATE INDEX idx_universal_targets_labels ON universal_targets (labels)'],
    says: [
      ['warning', 'Index idx_universal_targets_labels of universal_targets is USING btree (labels); it should be USING gin (labels).'],
    ],
  },
  {
    name: 'an index only has another name',
    change: ['ALTER INDEX idx_jobs_created_at RENAME TO jobs_by_time'],
    says: [['warning', 'Index of jobs on created_at is named jobs_by_time, it should be idx_jobs_created_at.']],
  },
  {
    name: 'a unique index only has another name',
    change: ['ALTER INDEX uq_users_email RENAME TO users_email'],
    says: [['error', 'Unique index of users on lower((email)::text) is named users_email, it should be uq_users_email.']],
  },
  {
    name: 'the making of an index was interrupted',
    change: [`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_jobs_created_at'::regclass`],
    says: [['warning', 'Index idx_jobs_created_at of jobs is not valid, since its making was interrupted: it serves nothing.']],
  },
  {
    name: 'the making of a unique index was interrupted',
    change: [`UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'uq_users_email'::regclass`],
    says: [['error', 'Unique index uq_users_email of users is not valid, since its making was interrupted: it serves nothing.']],
  },
  {
    name: 'an index of an operator',
    change: ['CREATE INDEX "by description" ON jobs (description)'],
    says: [['warning', 'Index by description of jobs is not ours.']],
  },
  {
    name: 'a unique index in addition',
    change: ['CREATE UNIQUE INDEX one_name ON calendars (lower(name))'],
    says: [['error', 'Unique index one_name of calendars is not ours: it can refuse what we write.']],
  },
];
