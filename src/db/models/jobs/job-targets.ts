import { bigint, identity, timestamptz } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';

export const JobTargetModel = defineTable(
  'job_targets',
  'Targets of a job.',
  {
    id: identity('Primary key.'),
    job_id: bigint('Job.'),
    target_id: bigint('Target; soft-deleted or non-active ones are left out at fan-out.'),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['job_id', 'target_id'] }],
    foreignKeys: [references('job_id', 'jobs', 'CASCADE'), references('target_id', 'universal_targets', 'CASCADE')],
    indexes: [{ keys: 'target_id', why: 'FK' }],
  },
);
