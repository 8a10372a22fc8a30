import { bigint, integer, jsonObject, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { JobVersionsDefinition } from '../../../contracts/json/jobs.ts';

export const JobVersionModel = defineTable(
  'job_versions',
  'Head of each version of a job; job_actions holds its actions.',
  {
    job_id: bigint('Job.'),
    definition_version: integer('1, 2, … within the job.'),
    definition: jsonObject(
      JobVersionsDefinition,
      'Name, description, priority, timeout_seconds, retry_count, variables (secrets stay sealed, AAD that of the job), settings, target_selector as they were.',
    ),
    change_note: varchar(500, 'Why, in the words of the editor.', { null: true }),
    created_by: bigint('Editor.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['job_id', 'definition_version'],
    foreignKeys: [references('job_id', 'jobs', 'CASCADE'), references('created_by', 'users', 'SET NULL')],
    indexes: [{ keys: 'created_by', where: '(created_by IS NOT NULL)', why: 'FK' }],
    checks: { definition_version: '(definition_version >= 1)' },
  },
);
