import { z } from 'zod';
import { ChangeNote, JobSerial } from './job.ts';
import { listQuery } from './list.ts';

export const JobVersion = z
  .object({
    definition_version: z.number().int(),
    is_current: z.boolean(),
    name: z.string(),
    change_note: z.string().nullable(),
    created_by: z.string().nullable().meta({ description: 'User name of the editor.' }),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'JobVersion' });
export type JobVersion = z.infer<typeof JobVersion>;

export const JobVersionFilter = listQuery({ item: JobVersion, sorts: ['version'], sort: '-version' }, {});
export type JobVersionFilter = z.infer<typeof JobVersionFilter>;

/** Number of a version in a path. */
export const VersionNumber = z.coerce.number().int().min(1).max(1_000_000).meta({ example: 1 });

const Value = z.unknown();

export const JobDifference = z
  .object({
    path: z
      .string()
      .meta({ description: 'Such as `settings.tags`, `variables.RELEASE.value`, `actions.fetch.action_parameters.command`.' }),
    change: z.enum(['added', 'removed', 'changed', 'moved']),
    before: Value.meta({ description: 'null where there was nothing, and for secrets; of what moved the former place.' }),
    after: Value,
  })
  .meta({ id: 'JobDifference' });

export const JobComparison = z
  .object({
    job_serial: JobSerial,
    from_version: z.number().int(),
    to_version: z.number().int(),
    differences: z.array(JobDifference).meta({ description: 'Empty: none. Lists of targets are of no version.' }),
  })
  .meta({ id: 'JobComparison' });
export type JobComparison = z.infer<typeof JobComparison>;

export const RestoreVersion = z.strictObject({ change_note: ChangeNote.optional() }).meta({ id: 'RestoreVersion' });
export type RestoreVersion = z.infer<typeof RestoreVersion>;
