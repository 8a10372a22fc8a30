import type { z } from 'zod';

/** What a schema found wrong with a value: each at its place. */
export const schemaProblems = (error: Pick<z.core.$ZodError, 'issues'>): { path: string; message: string }[] =>
  error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a field here' }));
    const [ofKey] = issue.code === 'invalid_key' ? issue.issues : [];
    return [{ path: path.join('.'), message: ofKey?.message ?? issue.message }];
  });
