import { z } from 'zod';
import { Text } from '../text.ts';
import { ActionCommon } from './common.ts';
import { ArtifactRef } from './file.ts';

const Line = Text(998).regex(/^[^\r\n]*$/, 'must be one line');
const Recipient = Line.min(3).regex(/@|\$\{/, 'must be a mail address');
const Recipients = z.array(Recipient).max(500);

const Attachment = z
  .strictObject({
    filename: Line.min(1),
    content: Text(1_048_576).optional().meta({ description: 'Text.' }),
    content_base64: z.base64().max(1_048_576).optional().meta({ description: 'Bytes in Base64.' }),
    artifact: ArtifactRef.optional().meta({
      description: 'A file that is kept: its UUID, or a reference such as ${actions.fetch.artifact}.',
    }),
    content_type: z
      .string()
      .max(200)
      .regex(/^[\w.+-]+\/[\w.+-]+(; *[\w.+-]+=[\w.+-]+)*$/, 'must be a type such as text/csv')
      .default('application/octet-stream'),
  })
  .refine(
    ({ content, content_base64: base64, artifact }) => [content, base64, artifact].filter((given) => given !== undefined).length === 1,
    {
      path: ['content'],
      error: 'an attachment needs one of content, content_base64 and artifact',
    },
  );

/** A mail through the smtp method of the target. */
export const EmailAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('email'),
  action_parameters: z.strictObject({
    from: Recipient.optional(),
    to: Recipients.min(1, 'a mail needs a recipient'),
    cc: Recipients.default([]),
    bcc: Recipients.default([]),
    subject: Line.min(1),
    body: Text(1_048_576),
    html: Text(1_048_576).optional(),
    attachments: z.array(Attachment).max(50).default([]),
  }),
});
