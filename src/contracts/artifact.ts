import { z } from 'zod';
import { ArtifactType } from './enums.ts';
import { ActionSerial, BranchSerial, ExecutionSerial } from './execution.ts';
import { listQuery } from './list.ts';
import { Uuid } from './target.ts';
import { Text } from './text.ts';

// Control characters by their numbers, which all dialects of patterns know.
// oxlint-disable-next-line no-control-regex -- they are what is refused
const NAME = new RegExp('^[^\\u0000-\\u001f\\u007f-\\u009f/\\\\]+$');

/** The name of a file, not a path. */
export const ArtifactName = Text(255)
  .min(1)
  .regex(NAME, 'must be a file name without slashes and control characters')
  .meta({ example: 'nginx.conf' });

const Time = z.iso.datetime();

export const Artifact = z
  .object({
    artifact_uuid: Uuid,
    artifact_type: ArtifactType.meta({ description: 'output: of a program. download: fetched from a target. upload: given to be sent.' }),
    name: z.string(),
    size_bytes: z.number().int().nullable().meta({ description: 'null while it is being written, or when it broke off.' }),
    sha256: z.string().nullable().meta({ description: 'Hex.' }),
    execution_serial: z.string().nullable().meta({ description: 'Run that made it; null for uploads.' }),
    action_serial: z.string().nullable(),
    attempt: z.number().int().nullable(),
    created_by: z.string().nullable().meta({ description: 'User name of the uploader.' }),
    created_at: Time,
    completed_at: Time.nullable(),
    expires_at: Time.nullable().meta({ description: 'Removed after this time.' }),
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof Artifact>;

export const ArtifactFilter = listQuery(
  { item: Artifact, sorts: ['created'], sort: '-created' },
  {
    type: ArtifactType.optional(),
    execution: ExecutionSerial.optional().meta({ description: 'Only those of this run.' }),
    branch: BranchSerial.optional().meta({ description: 'Only those of this branch.' }),
    action: ActionSerial.optional().meta({ description: 'Only those of this action.' }),
    search: Text(255).optional().meta({ description: 'Part of the name.' }),
    created_by: Text(50).optional().meta({ description: 'User name of the uploader.' }),
  },
);
export type ArtifactFilter = z.infer<typeof ArtifactFilter>;
