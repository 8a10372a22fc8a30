import { z } from 'zod';

/** Text that is stored as it came: Postgres cannot store NUL, and half a surrogate pair has no UTF-8 form. */
export const Text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes('\u0000'), 'must not contain NUL bytes')
    .refine((text) => text.isWellFormed(), 'must not contain half of a surrogate pair');
