import { z } from 'zod';

const isZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** A name of the IANA database. Offsets and abbreviations are none: they know no change of clocks. */
export const TimeZone = z
  .string()
  .max(50)
  .regex(/^(UTC|[A-Za-z_]+(\/[A-Za-z0-9_+-]+)+)$/, 'must be a zone of the IANA database such as Europe/Berlin, or UTC')
  .refine(isZone, 'is not in the IANA database of this program; zones are written as Europe/Berlin')
  .meta({ example: 'Europe/Berlin' });
