import { z } from 'zod';
import { CronExpression } from './cron.ts';
import { listOf, oneOf } from './json/shared.ts';
import { Instant } from './instant.ts';
import { TimeOfDay, Weekday } from './wall-time.ts';

const MOST = { m: 1_440, h: 168 } as const;
const AT = TimeOfDay.meta({ description: 'As clocks in the zone of the schedule show it.' });
const DAYS = listOf(Weekday).min(1);

const Every = z
  .string()
  .regex(/^[1-9]\d{0,3}[mh]$/, 'must be whole minutes or hours such as 15m or 6h; a minute is the least')
  .refine((text) => Number(text.slice(0, -1)) <= (text.endsWith('m') ? MOST.m : MOST.h), 'must be at most 1440m or 168h')
  .meta({ example: '15m' });

const Monthly = z
  .strictObject({
    day: z
      .union([z.literal('last'), z.number().int().min(1).max(31)])
      .optional()
      .meta({ description: 'Months without that day are left out; `last` is the last one of each.' }),
    week: z
      .union([z.literal('last'), z.number().int().min(1).max(5)])
      .optional()
      .meta({ description: 'Which of the days in `on`: 2 with tuesday is the second Tuesday.' }),
    on: DAYS.optional(),
    at: AT,
  })
  .refine(oneOf(['day', 'week'], 1), 'needs either day, or week and on')
  .refine(({ week, on }) => (week === undefined) === (on === undefined), { path: ['on'], error: 'goes together with week' });

/** When a schedule fires: exactly one of the keys. */
export const ScheduleRule = z
  .strictObject({
    once: Instant.optional().meta({ description: 'At this time only, with its offset.', example: '2026-12-24T18:00:00+01:00' }),
    every: Every.optional().meta({
      description: 'Minutes (`15m`) or hours (`6h`), counted in UTC from 1970 on whatever clocks do; at most 1440m or 168h.',
    }),
    daily: z.strictObject({ at: AT }).optional(),
    weekly: z.strictObject({ on: DAYS, at: AT }).optional(),
    monthly: Monthly.optional(),
    cron: CronExpression.optional().meta({
      description:
        'Minute, hour, day of month, month, day of week. Day of month and day of week must both fit: `0 3 8-14 * 2` is the second Tuesday.',
      example: '0 9 * * 1-5',
    }),
  })
  .refine(
    oneOf(['once', 'every', 'daily', 'weekly', 'monthly', 'cron'], 1),
    'needs exactly one of once, every, daily, weekly, monthly and cron',
  )
  .meta({ id: 'ScheduleRule' });
export type ScheduleRule = z.infer<typeof ScheduleRule>;
