import type { z } from 'zod';

const isOther = ({ path, code }: z.core.$ZodIssue): boolean =>
  path.length === 0 && (code === 'invalid_type' || code === 'invalid_value' || code === 'invalid_union');

/** Of the forms that a value may have the one that was meant: the only one of its type. */
const meantOption = (options: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined => {
  const [meant, ...others] = options.filter((issues) => !issues.some((issue) => isOther(issue)));
  return others.length === 0 ? meant : undefined;
};

/** What a schema found wrong with a value: each at its place. */
export const schemaProblems = (error: Pick<z.core.$ZodError, 'issues'>): { path: string; message: string }[] =>
  error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a field here' }));
    const meant = issue.code === 'invalid_union' ? meantOption(issue.errors) : undefined;
    if (meant !== undefined) return schemaProblems({ issues: meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) });
    const [ofKey] = issue.code === 'invalid_key' ? issue.issues : [];
    return [{ path: path.join('.'), message: ofKey?.message ?? issue.message }];
  });
