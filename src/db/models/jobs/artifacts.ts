import { bigint, bytea, identity, oneOf, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { ArtifactType } from '../../../contracts/enums.ts';

export const ArtifactModel = defineTable(
  'artifacts',
  'Files that runs leave or need.',
  {
    id: identity('Primary key.'),
    artifact_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    artifact_type: oneOf(ArtifactType, 'Full output of an attempt, file fetched from a target, or file given to be sent.'),
    action_result_id: bigint('Attempt that made it; null for uploads.', { null: true }),
    name: varchar(255, "`stdout`, `stderr`, or the file's name."),
    size_bytes: bigint('Size of the content.', { null: true }),
    sha256: bytea('Of the content, 32 bytes.', { null: true }),
    expires_at: timestamptz('Removed after; null = with its run.', { null: true }),
    completed_at: timestamptz('Whole; null = still written or broken off.', { null: true }),
    created_by: bigint('Uploader.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['artifact_uuid'] }],
    foreignKeys: [references('action_result_id', 'job_action_results', 'CASCADE'), references('created_by', 'users', 'SET NULL')],
    indexes: [
      { keys: 'action_result_id', where: '(action_result_id IS NOT NULL)', why: 'FK' },
      { keys: 'expires_at', where: '(expires_at IS NOT NULL)', why: 'retention' },
      { keys: 'created_by', where: '(created_by IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      source: "((artifact_type = 'upload'::text) = (action_result_id IS NULL))",
      completed: '(((completed_at IS NULL) = (sha256 IS NULL)) AND ((completed_at IS NULL) = (size_bytes IS NULL)))',
      sha256_length: '(octet_length(sha256) = 32)',
    },
  },
);
