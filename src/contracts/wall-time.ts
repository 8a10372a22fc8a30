import { z } from 'zod';

const WRITTEN = 'must be a time of day from 00:00 to 23:59, in two digits each such as 03:30';

/** A time of day as clocks on the wall show it. */
export const TimeOfDay = z
  .string({ error: WRITTEN })
  .regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, WRITTEN)
  .meta({ example: '03:30' });

export const Weekday = z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']);
export type Weekday = z.infer<typeof Weekday>;
