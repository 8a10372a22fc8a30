import { z } from 'zod';

const WRITTEN =
  'must be a zone of the IANA database such as Europe/Berlin, or UTC; offsets and abbreviations (+02:00, CET) know no change of clocks';

const canonical = (name: string): string | undefined => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
};

/** Temporal finds a zone only by its exact name, this program also by others. */
const zoneProblem = (name: string): string | undefined => {
  const known = canonical(name);
  if (known === undefined) return 'is not in the IANA database of this program; zones are written as Europe/Berlin';
  return known !== name && known.toLowerCase() === name.toLowerCase() ? `is written ${known}` : undefined;
};

/** A name of the IANA database. Offsets and abbreviations are none: they know no change of clocks. */
export const TimeZone = z
  .string({ error: WRITTEN })
  .max(50, WRITTEN)
  .regex(/^(UTC|[A-Z][A-Za-z_]*(\/[A-Z][A-Za-z0-9_+-]*)+)$/, { error: WRITTEN, abort: true })
  .superRefine((name, context) => {
    const message = zoneProblem(name);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ example: 'Europe/Berlin' });
