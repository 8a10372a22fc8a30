import { z } from 'zod';

/** RFC 9457 problem document. `code` is stable; `detail` is for people and may change. */
export const Problem = z
  .object({
    type: z.string().meta({ example: 'urn:opsconductor:problem:VALIDATION' }),
    title: z.string(),
    status: z.number().int(),
    code: z.string().meta({ description: 'Stable; programs decide by it.' }),
    detail: z.string(),
    instance: z.string().meta({ description: 'Id of the request, as in the log of the server.' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
