import { z } from 'zod';
import { Text } from './text.ts';

const Pattern = Text(1_000).min(1);

export const DangerousPatterns = z
  .object({
    patterns: z.array(z.string()).meta({ description: 'Regular expressions, case ignored, `^` and `$` at each line.' }),
    is_default: z.boolean().meta({ description: 'The list of this version of OpsConductor.' }),
    version: z.number().int().meta({ description: 'Counts its changes.' }),
    updated_by: z.string().nullable().meta({ description: 'User name.' }),
    updated_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'DangerousPatterns', description: 'What a job must confirm (confirm_dangerous).' });
export type DangerousPatterns = z.infer<typeof DangerousPatterns>;

export const ChangeDangerousPatterns = z
  .strictObject({
    patterns: z.array(Pattern).max(200).nullable().meta({ description: 'The whole list; null: that of this version of OpsConductor.' }),
    version: z
      .number()
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Of the list that was read: refused when another has changed it since.' }),
    note: Text(1_000).min(1).optional().meta({ description: 'Why; stands in the audit trail.' }),
  })
  .meta({ id: 'ChangeDangerousPatterns' });
export type ChangeDangerousPatterns = z.infer<typeof ChangeDangerousPatterns>;
