import { z } from 'zod';
import { Text } from '../text.ts';
import { ActionCommon } from './common.ts';

/** Runs over the target's database method, or from the worker over a connection of its own. */
export const DatabaseAction = z.strictObject({
  ...ActionCommon,
  action_type: z.literal('database'),
  action_parameters: z.strictObject({
    query: Text(131_072).min(1).meta({
      description: 'A statement; a JSON command for MongoDB, a command line for Redis. Values in it are bound, never written into it.',
    }),
    queryType: z.enum(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'STORED_PROCEDURE']).optional().meta({
      description: 'STORED_PROCEDURE calls the procedure that `query` names. The others refuse a statement that begins otherwise.',
    }),
    parameters: z
      .record(
        z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be lower case letters, digits and _'),
        z.union([Text(65_536), z.number(), z.boolean(), z.null()]),
      )
      .default({})
      .meta({ description: 'Values for `${params.name}` in the query.' }),
    connectionString: Text(4_096)
      .min(1)
      .optional()
      .meta({ description: 'Such as postgresql://user:${PASSWORD}@host/db: from the worker instead of by a method of the target.' }),
    maxRows: z.number().int().min(1).max(1_000_000).default(10_000),
  }),
});
