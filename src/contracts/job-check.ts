import { z } from 'zod';

const Place = z.object({ path: z.string(), message: z.string() });

export const JobCheck = z
  .object({
    is_valid: z.boolean(),
    problems: z
      .array(Place.extend({ code: z.string().meta({ description: 'Of the problem that saving it, or running it, would answer.' }) }))
      .meta({ description: 'All that is wrong, not only the first.' }),
    warnings: z.array(Place).meta({ description: 'What does no harm to saving it, but should be known.' }),
  })
  .meta({ id: 'JobCheck' });
export type JobCheck = z.infer<typeof JobCheck>;

/** Anything: what is wrong with it is the answer. */
export const UncheckedJob = z.looseObject({}).meta({ id: 'UncheckedJob', description: 'A definition as `POST /jobs` takes it.' });
export type UncheckedJob = z.infer<typeof UncheckedJob>;
