import { z } from 'zod';
import { Text } from '../text.ts';
import { ActionCommon } from './common.ts';

const Path = Text(4_096)
  .min(1, 'must be a path')
  .regex(/^(?!~(\/|$))/, 'begins with ~, which no shell expands here: write the whole path, or one relative to the home of the login');
const FilePath = Path.regex(/[^/\\]$/, 'must name a file, so it does not end with a slash');
const Mode = z.string().regex(/^[0-7]{3,4}$/, 'must be an octal mode such as 644');
const Owner = Text(200).regex(/^[A-Za-z0-9_.$ {}\\@-]+(:[A-Za-z0-9_.$ {}\\@-]+)?$/, 'must be user or user:group');

/** On the target itself. */
const FileParameters = z.discriminatedUnion(
  'operation',
  [
    z.strictObject({
      operation: z.enum(['copy', 'move']),
      source: Path,
      destination: Path.meta({ description: 'A file goes into a folder that is there, under its own name.' }),
      overwrite: z.boolean().default(true).meta({ description: 'false fails when the destination is there already.' }),
      preservePermissions: z.boolean().default(true),
    }),
    z.strictObject({ operation: z.literal('delete'), source: Path, recursive: z.boolean().default(false) }),
    z.strictObject({ operation: z.literal('mkdir'), source: Path, mode: Mode.optional() }),
    z.strictObject({ operation: z.literal('chmod'), source: Path, mode: Mode, recursive: z.boolean().default(false) }),
    z.strictObject({ operation: z.literal('chown'), source: Path, owner: Owner, recursive: z.boolean().default(false) }),
  ],
  { error: 'must be copy, move, delete, mkdir, chmod or chown' },
);

export const FileAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('file'),
  action_parameters: FileParameters.refine((parameters) => !('destination' in parameters) || parameters.destination !== parameters.source, {
    path: ['destination'],
    error: 'is the source itself',
  }),
});

const REFERENCE = /^\$\{[^}]+\}$/;
/** An artifact by its uuid, or by a reference that gives one. */
export const ArtifactRef = Text(200).refine(
  (text) => REFERENCE.test(text) || z.uuid().safeParse(text).success,
  'must be the UUID of an artifact, or a reference such as ${actions.fetch.artifact}',
);

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower case hex');

/** Between the control plane and the target. */
const TransferParameters = z.discriminatedUnion(
  'operation',
  [
    z.strictObject({
      operation: z.literal('upload'),
      destination_path: FilePath,
      artifact: ArtifactRef.optional().meta({
        description:
          'Artifact to upload: its uuid, or a reference such as ${actions.fetch.artifact} to what a download of this run has fetched.',
      }),
      content: Text(524_288).optional().meta({ description: 'Text to upload.' }),
      mode: Mode.optional(),
      sha256: Sha256.optional().meta({ description: 'What the content must have.' }),
      overwrite: z.boolean().default(true),
      create_parents: z.boolean().default(false).meta({ description: 'Makes the folders above the destination that are missing.' }),
    }),
    z.strictObject({
      operation: z.literal('download'),
      source_path: FilePath,
      sha256: Sha256.optional().meta({ description: 'What the file must have.' }),
      maxBytes: z.number().int().min(1).optional().meta({ description: 'A larger file is refused; at most max_artifact_bytes.' }),
    }),
  ],
  { error: 'must be upload or download' },
);

export const FileTransferAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('file_transfer'),
  action_parameters: TransferParameters.refine(
    (parameters) => parameters.operation === 'download' || (parameters.artifact === undefined) !== (parameters.content === undefined),
    { path: ['content'], error: 'an upload needs either content or artifact' },
  ),
});
