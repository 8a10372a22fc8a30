import { z } from 'zod';
import { CronExpression } from './cron.ts';
import { Instant } from './instant.ts';
import { listOf, oneOf } from './json/shared.ts';
import { TimeOfDay, Weekday } from './wall-time.ts';

const MOST = { m: 1_440, h: 168 } as const;
/** Temporal's calendars end with the year 2100. */
const ONCE = { from: Date.UTC(2000, 0, 1), to: Date.UTC(2100, 0, 1) };

const AT = TimeOfDay.meta({ description: 'As clocks in the zone of the schedule show it.' });
const DAYS = listOf(Weekday, 'must be a list of days such as [monday, friday]').min(1, 'needs at least one day, from monday to sunday');

const EVERY = 'must be whole minutes or hours such as 15m or 6h; a minute is the least';
const Every = z
  .string({ error: EVERY })
  .regex(/^[1-9]\d{0,3}[mh]$/, EVERY)
  .refine(
    (text) => Number(text.slice(0, -1)) <= (text.endsWith('m') ? MOST.m : MOST.h),
    'must be at most 1440m (a day) or 168h (a week); a daily or weekly rule is longer, at a time of day',
  )
  .meta({ example: '15m' });

const DAY = 'must be a day of the month from 1 to 31, or last';
const WEEK = 'must be from 1 to 5, or last';
const ordinal = (most: number, error: string) =>
  z.union([z.literal('last'), z.number({ error }).int(error).min(1, error).max(most, error)], { error });

const shapeOf = (example: string) => ({
  error: ({ code }: { code?: string | undefined }) => (code === 'invalid_type' ? `must be an object such as ${example}` : undefined),
});

const Monthly = z
  .strictObject(
    {
      day: ordinal(31, DAY).optional().meta({ description: 'Months without that day are left out; `last` is the last one of each.' }),
      week: ordinal(5, WEEK)
        .optional()
        .meta({ description: 'Which of the days in `on`: 2 with tuesday is the second Tuesday, `last` the last day that is one of them.' }),
      on: DAYS.optional(),
      at: AT,
    },
    shapeOf('{day: last, at: 23:30} or {week: 2, on: [tuesday], at: 03:30}'),
  )
  .refine(oneOf(['day', 'week'], 1), 'needs either day (1 to 31, or last), or week (1 to 5, or last) and on')
  .refine(({ week, on }) => (week === undefined) === (on === undefined), {
    path: ['on'],
    error: 'goes together with week, as in week: 2 and on: [tuesday]',
  });

const Once = Instant.refine((text) => Date.parse(text) >= ONCE.from && Date.parse(text) < ONCE.to, 'must be in the years 2000 to 2099');

/** When a schedule fires: exactly one of the keys. */
export const ScheduleRule = z
  .strictObject(
    {
      once: Once.optional().meta({ description: 'At this time only, with its offset.', example: '2026-12-24T18:00:00+01:00' }),
      every: Every.optional().meta({
        description: 'Minutes (`15m`) or hours (`6h`), counted in UTC from 1970 on whatever clocks do; at most 1440m or 168h.',
      }),
      daily: z.strictObject({ at: AT }, shapeOf('{at: 03:30}')).optional(),
      weekly: z.strictObject({ on: DAYS, at: AT }, shapeOf('{on: [monday, friday], at: 03:30}')).optional(),
      monthly: Monthly.optional(),
      cron: CronExpression.optional().meta({
        description:
          'Minute, hour, day of month, month, day of week. Day of month and day of week must both fit: `0 3 8-14 * 2` is the second Tuesday.',
        example: '0 9 * * 1-5',
      }),
    },
    shapeOf('{daily: {at: 03:30}}'),
  )
  .refine(
    oneOf(['once', 'every', 'daily', 'weekly', 'monthly', 'cron'], 1),
    'needs exactly one of once, every, daily, weekly, monthly and cron; several rules are a list',
  )
  .meta({ id: 'ScheduleRule' });
export type ScheduleRule = z.infer<typeof ScheduleRule>;
