import type { DriftCase } from './drift-case.ts';

export const CONSTRAINTS: DriftCase[] = [
  {
    name: 'a primary key is dropped',
    change: ['ALTER TABLE job_targets DROP CONSTRAINT pk_job_targets'],
    says: [['error', 'Primary key pk_job_targets of job_targets is missing: rows may be doubled.']],
  },
  {
    name: 'a primary key has other columns',
    change: ['ALTER TABLE job_targets DROP CONSTRAINT pk_job_targets, ADD CONSTRAINT pk_job_targets PRIMARY KEY (id, job_id)'],
    says: [['error', 'Primary key pk_job_targets of job_targets is PRIMARY KEY (id, job_id); it should be PRIMARY KEY (id).']],
  },
  {
    name: 'a unique constraint is dropped',
    change: ['ALTER TABLE jobs DROP CONSTRAINT uq_jobs_job_serial'],
    says: [['error', 'Unique constraint uq_jobs_job_serial of jobs is missing: rows may be doubled.']],
  },
  {
    name: 'a unique constraint became an index of its name',
    change: ['ALTER TABLE jobs DROP CONSTRAINT uq_jobs_job_serial', 'CREATE UNIQUE INDEX uq_jobs_job_serial ON jobs (job_serial)'],
    says: [
      ['error', 'Unique index uq_jobs_job_serial of jobs is not ours: it can refuse what we write.'],
      ['error', 'Unique constraint uq_jobs_job_serial of jobs is missing: rows may be doubled.'],
    ],
  },
  {
    name: 'a unique constraint takes nulls for distinct',
    change: [
      'ALTER TABLE audit_seals DROP CONSTRAINT uq_audit_seals_previous_seal_hash',
      'ALTER TABLE audit_seals ADD CONSTRAINT uq_audit_seals_previous_seal_hash UNIQUE (previous_seal_hash)',
    ],
    says: [
      [
        'error',
        'Unique constraint uq_audit_seals_previous_seal_hash of audit_seals is UNIQUE (previous_seal_hash); ' +
          'it should be UNIQUE NULLS NOT DISTINCT (previous_seal_hash).',
      ],
    ],
  },
  {
    name: 'a unique constraint is there in addition',
    change: ['ALTER TABLE jobs ADD CONSTRAINT one_name UNIQUE (name)'],
    says: [['error', 'Unique constraint one_name of jobs is not ours: it can refuse what we write.']],
  },
  {
    name: 'a foreign key is dropped',
    change: ['ALTER TABLE jobs DROP CONSTRAINT fk_jobs_created_by'],
    says: [['error', 'Foreign key fk_jobs_created_by of jobs is missing: rows may refer to what is not there.']],
  },
  {
    name: 'a foreign key of a partitioned table is dropped',
    change: ['ALTER TABLE job_execution_logs DROP CONSTRAINT fk_job_execution_logs_job_id'],
    says: [['error', 'Foreign key fk_job_execution_logs_job_id of job_execution_logs is missing: rows may refer to what is not there.']],
  },
  {
    name: 'a foreign key deletes what it should protect',
    change: [
      'ALTER TABLE jobs DROP CONSTRAINT fk_jobs_created_by',
      'ALTER TABLE jobs ADD CONSTRAINT fk_jobs_created_by FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE CASCADE',
    ],
    says: [['error', 'Foreign key fk_jobs_created_by of jobs has ON DELETE CASCADE; it should have ON DELETE RESTRICT.']],
  },
  {
    name: 'a foreign key does not follow a changed key',
    change: [
      'ALTER TABLE device_types DROP CONSTRAINT fk_device_types_category',
      `ALTER TABLE device_types ADD CONSTRAINT fk_device_types_category FOREIGN KEY (category) REFERENCES device_type_categories (value)`,
    ],
    says: [
      [
        'error',
        'Foreign key fk_device_types_category of device_types has ON DELETE NO ACTION ON UPDATE NO ACTION; ' +
          'it should have ON DELETE RESTRICT ON UPDATE CASCADE.',
      ],
    ],
  },
  {
    name: 'a foreign key refers to another table',
    change: [
      'ALTER TABLE jobs DROP CONSTRAINT fk_jobs_template_id',
      'ALTER TABLE jobs ADD CONSTRAINT fk_jobs_template_id FOREIGN KEY (template_id) REFERENCES users (id) ON DELETE SET NULL',
    ],
    says: [
      [
        'error',
        'Foreign key fk_jobs_template_id of jobs is FOREIGN KEY (template_id) REFERENCES users(id) ON DELETE SET NULL; ' +
          'it should be FOREIGN KEY (template_id) REFERENCES jobs(id) ON DELETE SET NULL.',
      ],
    ],
  },
  {
    name: 'a foreign key is there in addition',
    change: ['ALTER TABLE jobs ADD CONSTRAINT extra_key FOREIGN KEY (last_execution_number) REFERENCES users (id) NOT VALID'],
    says: [['error', 'Foreign key extra_key of jobs is not ours: it can refuse or change what we write and delete.']],
  },
  {
    name: 'a constraint only has another name',
    change: ['ALTER TABLE jobs RENAME CONSTRAINT pk_jobs TO jobs_pkey'],
    says: [['error', 'Primary key of jobs is named jobs_pkey, it should be pk_jobs.']],
  },
  {
    name: 'an exclusion is dropped',
    change: ['ALTER TABLE target_communication_methods DROP CONSTRAINT ex_target_communication_methods_host_port'],
    says: [
      [
        'error',
        'Exclusion constraint ex_target_communication_methods_host_port of target_communication_methods is missing: ' +
          'rows that exclude each other are let in.',
      ],
    ],
  },
  {
    name: 'a check is dropped',
    change: ['ALTER TABLE jobs DROP CONSTRAINT ck_jobs_priority'],
    says: [['error', 'Check ck_jobs_priority of jobs is missing: wrong values are let in.']],
  },
  {
    name: 'a check is another',
    change: ['ALTER TABLE jobs DROP CONSTRAINT ck_jobs_priority, ADD CONSTRAINT ck_jobs_priority CHECK (priority > 0)'],
    says: [
      ['error', 'Check ck_jobs_priority of jobs is CHECK ((priority > 0)); it should be CHECK (((priority >= 1) AND (priority <= 10))).'],
    ],
  },
  {
    name: 'a check is there in addition',
    change: ['ALTER TABLE jobs ADD CONSTRAINT short_names CHECK (length(name) < 10) NOT VALID'],
    says: [['error', 'Check short_names of jobs is not ours: it can refuse what we write.']],
  },
  {
    name: 'a check was never validated',
    change: [
      'ALTER TABLE jobs DROP CONSTRAINT ck_jobs_timeout_seconds, ADD CONSTRAINT ck_jobs_timeout_seconds CHECK (timeout_seconds > 0) NOT VALID',
    ],
    says: [['error', 'Check ck_jobs_timeout_seconds of jobs is not validated: rows that were there before may break it.']],
  },
  {
    name: 'an enum has a value in addition',
    change: [
      `ALTER TABLE users DROP CONSTRAINT ck_users_role, ADD CONSTRAINT ck_users_role CHECK (role IN ('admin', 'operator', 'viewer', 'guest'))`,
    ],
    says: [['error', `Check ck_users_role of users allows 'guest' in addition.`]],
  },
  {
    name: 'an enum lacks a value',
    change: [`ALTER TABLE users DROP CONSTRAINT ck_users_role, ADD CONSTRAINT ck_users_role CHECK (role IN ('admin', 'operator'))`],
    says: [['error', `Check ck_users_role of users lacks 'viewer'.`]],
  },
  {
    name: 'an enum of one value has another',
    change: [
      'ALTER TABLE target_credentials DROP CONSTRAINT ck_target_credentials_algorithm',
      `ALTER TABLE target_credentials ADD CONSTRAINT ck_target_credentials_algorithm CHECK (algorithm IN ('aes-256-gcm', 'none'))`,
    ],
    says: [['error', `Check ck_target_credentials_algorithm of target_credentials allows 'none' in addition.`]],
  },
  {
    name: 'the values of an enum come in another order, which says nothing',
    change: [
      `ALTER TABLE users DROP CONSTRAINT ck_users_role, ADD CONSTRAINT ck_users_role CHECK (role = ANY (ARRAY['viewer'::text, 'admin'::text, 'operator'::text]))`,
    ],
    says: [],
  },
];
