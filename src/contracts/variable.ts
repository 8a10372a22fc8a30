import { z } from 'zod';
import { Text } from './text.ts';

/** An escaped NUL in JSON, not a backslash that is followed by `u0000`. */
const ESCAPED_NUL = /(?<!\\)(\\\\)*\\u0000/;

export const VariableValue = z
  .union([Text(65_536), z.number(), z.boolean(), z.null(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
  .refine((value) => !ESCAPED_NUL.test(JSON.stringify(value)), 'must not contain NUL bytes');

export const VariableKey = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be upper case letters, digits and _');
export const VariableType = z.enum(['string', 'number', 'boolean', 'json']);

/** Refuses a list in which two objects have the same value of this key. */
export const noDoubles = (key: string) => (values: readonly object[], context: z.RefinementCtx) => {
  const seen = new Set<unknown>();
  values.forEach((value, index) => {
    const name: unknown = Reflect.get(value, key);
    if (name !== undefined && seen.has(name))
      context.addIssue({ code: 'custom', path: [index, key], message: `${JSON.stringify(name)} occurs twice` });
    seen.add(name);
  });
};
