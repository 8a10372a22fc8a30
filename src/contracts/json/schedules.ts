import { z } from 'zod';
import { OverlapPolicy, RecurringType } from '../enums.ts';
import { Labels, Uuid } from '../target.ts';
import { Text } from '../text.ts';
import { JobExecutionsTargetSelection, JobExecutionsVariables } from './jobs.ts';
import { Calendars, Count, listOf, oneOf, OpenObject } from './shared.ts';
import { CronExpression } from '../cron.ts';
import { Selector } from '../selector.ts';
import { TimeOfDay } from '../wall-time.ts';

/** ISO days, 1 Monday … 7 Sunday. */
export const JobSchedulesDaysOfWeek = listOf(z.number().int().min(1).max(7));

/** −1 is the last one. */
const ordinal = (max: number) => z.union([z.literal(-1), z.number().int().min(1).max(max)]);

const OnceRule = z.strictObject({ schedule_type: z.literal('once'), execute_at: z.iso.datetime({ offset: true }) });
const CronRule = z.strictObject({ schedule_type: z.literal('cron'), cron_expression: CronExpression });
const RecurringFields = z.strictObject({
  schedule_type: z.literal('recurring'),
  recurring_type: RecurringType,
  interval_count: z.number().int().min(1).optional(),
  time_of_day: TimeOfDay.optional(),
  days_of_week: JobSchedulesDaysOfWeek.optional(),
  day_of_month: ordinal(31).optional(),
  week_of_month: ordinal(5).optional(),
});
type RecurringRule = z.infer<typeof RecurringFields>;

const MOST_INTERVALS: Readonly<Partial<Record<RecurringRule['recurring_type'], number>>> = { minutes: 1_440, hours: 168 };
const hasDays = ({ days_of_week: days = [] }: RecurringRule): boolean => days.length > 0;

/** The same as the CHECKs of job_schedules say of its columns. */
const RecurringRule = RecurringFields.refine(
  ({ recurring_type: type, interval_count: count = 1 }) => count <= (MOST_INTERVALS[type] ?? Infinity),
  { path: ['interval_count'], error: 'is more than a day of minutes or a week of hours' },
)
  .refine(({ recurring_type: type, time_of_day: time }) => type === 'minutes' || type === 'hours' || time !== undefined, {
    path: ['time_of_day'],
    error: 'is needed for days, weeks and months',
  })
  .refine((rule) => rule.recurring_type !== 'weekly' || hasDays(rule), { path: ['days_of_week'], error: 'is needed for weeks' })
  .refine((rule) => rule.week_of_month === undefined || hasDays(rule), { path: ['days_of_week'], error: 'is needed for week_of_month' })
  .refine((rule) => rule.recurring_type !== 'monthly' || oneOf(['day_of_month', 'week_of_month'], 1)(rule), {
    path: ['day_of_month'],
    error: 'or week_of_month is needed for months, not both',
  });

/** The schedule fires on any of them, besides the rule in its columns. */
export const JobSchedulesAdditionalRules = z.array(z.discriminatedUnion('schedule_type', [OnceRule, RecurringRule, CronRule]));
export type JobSchedulesAdditionalRules = z.infer<typeof JobSchedulesAdditionalRules>;

/** What a firing starts; the secrets among the variables are sealed, with the uuid of the schedule. */
export const JobSchedulesScheduleConfig = z
  .strictObject({
    target_uuids: z.array(Uuid).min(1).optional(),
    target_selector: Selector.optional(),
    variables: JobExecutionsVariables.optional(),
    calendars: Calendars.optional(),
    labels: Labels.optional(),
    /** What the definition in code says of a pause: only another word of it changes what operators did. */
    defined_paused: z.boolean().optional(),
  })
  .refine(oneOf(['target_uuids', 'target_selector'], 0), 'has either target_uuids or a target_selector');

/** Of the last describe; they decide nothing (data model, 6.4). */
export const JobSchedulesTemporalCounters = z
  .strictObject({
    taken: Count,
    skipped_overlap: Count,
    missed_catchup: Count,
    buffer_dropped: Count,
    described_at: z.iso.datetime(),
    paused: z.boolean(),
  })
  .partial();

/** What was given to the run, secrets masked; before it, of a backfill, what it does while a run goes on. */
export const ScheduleExecutionsExecutionContext = z
  .strictObject({ target_selection: JobExecutionsTargetSelection, variables: OpenObject, overlap_policy: OverlapPolicy })
  .partial();

const LocalTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?$/, 'must be a wall time such as 2025-12-24T18:00, or a date');
const IcalTime = z.string().regex(/^\d{8}(T\d{6}Z?)?$/, 'must be a time of iCalendar such as 20251224T180000');
const EndOfDay = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00)$/, 'must be a wall time such as 03:30, or 24:00');

/** One of the times of a calendar. */
export const CalendarWindow = z
  .strictObject({
    kind: z.enum(['blackout', 'allowed']),
    summary: Text(500).optional(),
    /** Past midnight when `to` is not later than `from`. */
    weekly: z.strictObject({ days: JobSchedulesDaysOfWeek.min(1), from: TimeOfDay, to: EndOfDay }).optional(),
    dates: z
      .strictObject({ from: LocalTime, to: LocalTime })
      .refine(({ from, to }) => from <= to, { path: ['to'], error: 'is before from' })
      .optional(),
    ical: z
      .strictObject({
        dtstart: IcalTime,
        duration: Text(40).pipe(z.iso.duration()),
        rrule: Text(1_000)
          .regex(/(^|;)FREQ=/, 'must be a recurrence rule such as FREQ=WEEKLY;BYDAY=SA')
          .optional(),
        exdates: z.array(IcalTime).max(1_000).optional(),
      })
      .optional(),
  })
  .refine(oneOf(['weekly', 'dates', 'ical'], 1), 'needs one of weekly, dates and ical');

/** With allowed windows, all other time is blackout. */
export const CalendarsWindows = z.array(CalendarWindow);
export type CalendarWindow = z.infer<typeof CalendarWindow>;
