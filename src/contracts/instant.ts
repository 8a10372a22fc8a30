import { z } from 'zod';

/** No zone has ever been further from UTC than 16 hours, and Postgres takes no more. */
const MOST_HOURS = 15;

const offsetFits = (text: string): boolean => {
  const hours = /[+-](\d{2}):\d{2}$/.exec(text)?.[1];
  return hours === undefined || Number(hours) <= MOST_HOURS;
};

/** A time that people give: ISO 8601 with its offset, in any zone. */
export const Instant = z.iso
  .datetime({ offset: true, error: 'must be a time with its offset such as 2026-12-24T18:00:00+01:00' })
  .refine(offsetFits, `has an offset that no zone has: at most ${MOST_HOURS} hours`);
