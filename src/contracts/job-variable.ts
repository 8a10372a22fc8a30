import { z } from 'zod';
import { Text } from './text.ts';
import { VariableKey, VariableType, VariableValue } from './variable.ts';

/** What the value of a variable must be, besides its type. */
const Rules = {
  choices: z.array(VariableValue).min(1).max(200).optional().meta({ description: 'The only values that it may have.' }),
  min: z.number().optional().meta({ description: 'Least number; of a text, fewest characters.' }),
  max: z.number().optional().meta({ description: 'Largest number; of a text, most characters.' }),
  pattern: Text(1_000).min(1).optional().meta({ description: 'Regular expression that the whole text must match.' }),
};

export const VariableInput = z
  .strictObject({
    key: VariableKey,
    type: VariableType.default('string'),
    value: VariableValue.optional(),
    description: Text(1_000).optional(),
    is_secret: z.boolean().default(false),
    is_required: z.boolean().default(false).meta({ description: 'A run does not start without a value.' }),
    is_input: z.boolean().default(false).meta({ description: 'Who starts a run is asked for it; its value here is what is proposed.' }),
    ...Rules,
  })
  .meta({ id: 'VariableInput', description: 'Reaches commands and scripts as an environment variable of this name.' });
export type VariableInput = z.infer<typeof VariableInput>;

export const ShownVariable = z
  .object({
    key: z.string(),
    type: z.string(),
    value: z.unknown().meta({ description: 'null for secrets' }),
    description: z.string().optional(),
    is_secret: z.boolean(),
    is_required: z.boolean(),
    is_input: z.boolean(),
    ...Rules,
  })
  .meta({ id: 'ShownVariable' });
export type ShownVariable = z.infer<typeof ShownVariable>;
