import { char, integer, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';

export const SchemaMigrationModel = defineTable(
  'schema_migrations',
  'Applied migrations; the counterpart of alembic_version.',
  {
    name: varchar(255, 'File name, ordered.'),
    checksum: char(64, 'SHA-256 of the file; an edited applied migration is an error.'),
    applied_at: timestamptz('Time.', { default: 'now()' }),
    duration_ms: integer('Time it took, ms.'),
    app_version: varchar(64, 'Version that applied it.'),
  },
  { primaryKey: ['name'] },
);
