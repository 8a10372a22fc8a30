import { bigint, bytea, integer } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';

export const ArtifactChunkModel = defineTable(
  'artifact_chunks',
  'Content of an artifact.',
  {
    artifact_id: bigint('Artifact.'),
    chunk_number: integer('1, 2, …'),
    data: bytea('One gzip member of at most 1 MiB of content; members in a row are a valid gzip stream.'),
  },
  {
    primaryKey: ['artifact_id', 'chunk_number'],
    foreignKeys: [references('artifact_id', 'artifacts', 'CASCADE')],
    checks: { chunk_number: '(chunk_number >= 1)' },
  },
);
