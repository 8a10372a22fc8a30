import { z } from 'zod';
import { Text } from '../text.ts';
import { ActionCommon } from './common.ts';

const Line = Text(998).regex(/^[^\r\n]*$/, 'must be one line');
const Recipient = Line.min(3).regex(/@|\$\{/, 'must be a mail address');
const Recipients = z.array(Recipient).max(500);

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
    attachments: z
      .array(z.strictObject({ filename: Line.min(1), content: Text(1_048_576) }))
      .max(50)
      .default([]),
  }),
});
