import { z } from 'zod';
import { DefinitionSource, FiringType, OverlapPolicy, ScheduleExecutionStatus, ScheduleStatus, SkipReason, SyncStatus } from './enums.ts';
import { ExecutionSerial } from './execution.ts';
import { Instant } from './instant.ts';
import { JobSerial } from './job.ts';
import { Calendars } from './json/shared.ts';
import { listQuery } from './list.ts';
import { ScheduleRule } from './schedule-rule.ts';
import { SelectorText } from './selector.ts';
import { LabelsInput, TargetSerial, Uuid } from './target.ts';
import { Text } from './text.ts';
import { TimeZone } from './time-zone.ts';
import { VariableValue } from './variable.ts';

export const ScheduleSerial = z
  .string()
  .regex(/^JSCHED-\d{8,19}$/, 'must be a serial of a schedule such as JSCHED-00000001')
  .meta({ example: 'JSCHED-00000001' });

const Note = Text(500).meta({ description: 'Why it is paused.' });

/** When a schedule fires, and what of Temporal's rules it wants. */
const FIRING = {
  when: z
    .union([ScheduleRule, z.array(ScheduleRule).min(1, 'needs at least one rule').max(20, 'has at most 20 rules')], {
      error: 'must be a rule such as {daily: {at: 03:30}}, or a list of them',
    })
    .meta({ description: 'A rule, or several: the schedule fires on any of them.' }),
  timezone: TimeZone.default('UTC').meta({ description: 'IANA zone of its wall times.' }),
  start_date: Instant.nullable().default(null).meta({ description: 'No firing before.' }),
  end_date: Instant.nullable().default(null).meta({ description: 'No firing after.' }),
  max_executions: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .meta({ description: 'After so many firings it has expired.' }),
  jitter_seconds: z.number().int().min(0).max(3_600).default(0).meta({
    description: 'Spreads firings: each starts up to so many seconds later, the same one always by the same time.',
  }),
  overlap_policy: OverlapPolicy.default('skip').meta({ description: 'What becomes of a firing while the run before it still runs.' }),
  catchup_window_seconds: z.number().int().min(10).max(31_536_000).default(600).meta({
    description: 'How late a firing that was missed (Temporal was away) may still start.',
  }),
  pause_on_failure: z.boolean().default(false).meta({ description: 'A run that failed pauses the schedule.' }),
};

/** What the run of a firing is given. */
const OF_THE_RUN = {
  targets: z
    .array(TargetSerial)
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'Of the job only these; not together with a selector.' }),
  target_selector: SelectorText.optional(),
  variables: z.record(z.string().max(100), VariableValue).default({}),
  calendars: Calendars.max(20).default([]).meta({ description: 'Names of calendars whose blackouts it obeys.' }),
  labels: LabelsInput.default({}).meta({ description: 'By which schedules are listed.' }),
};

const startBeforeEnd = ({ start_date: start, end_date: end }: { start_date: string | null; end_date: string | null }): boolean =>
  start === null || end === null || Date.parse(start) < Date.parse(end);
const START_AFTER_END = { path: ['end_date'], error: 'must be after start_date' };

interface Bounds {
  when: ScheduleRule | ScheduleRule[];
  start_date: string | null;
  end_date: string | null;
}

/** A time that is named once and lies outside of the bounds would be a schedule that never fires. */
const onceWithinBounds = ({ when, start_date: start, end_date: end }: Bounds, context: z.RefinementCtx): void => {
  const rules = Array.isArray(when) ? when : [when];
  for (const [index, { once }] of rules.entries()) {
    if (once === undefined) continue;
    const path = Array.isArray(when) ? ['when', index, 'once'] : ['when', 'once'];
    const isEarly = start !== null && Date.parse(once) < Date.parse(start);
    const isLate = end !== null && Date.parse(once) > Date.parse(end);
    if (isEarly) context.addIssue({ code: 'custom', path, message: 'is before start_date, so it would never fire' });
    if (isLate) context.addIssue({ code: 'custom', path, message: 'is after end_date, so it would never fire' });
  }
};
const oneChoice = ({ targets, target_selector: selector }: { targets?: unknown; target_selector?: unknown }): boolean =>
  targets === undefined || selector === undefined;
const TWO_CHOICES = { path: ['target_selector'], error: 'does not go together with targets' };

const NAME = Text(255).min(1).regex(/\S/, 'must not be empty').meta({ description: 'Unique among the schedules of its job.' });
const DESCRIPTION = Text(10_000).nullable().default(null);

/** A schedule as the API takes it. */
export const CreateSchedule = z
  .strictObject({
    name: NAME,
    description: DESCRIPTION,
    job: JobSerial,
    ...FIRING,
    ...OF_THE_RUN,
    paused: z.boolean().default(false).meta({ description: 'Made paused; nothing fires before it is resumed.' }),
    status_note: Note.optional(),
  })
  .refine(startBeforeEnd, START_AFTER_END)
  .superRefine(onceWithinBounds)
  .refine(oneChoice, TWO_CHOICES)
  .meta({ id: 'CreateSchedule' });
export type CreateSchedule = z.infer<typeof CreateSchedule>;

/** The whole schedule anew; its job and whether it is paused stay. */
export const UpdateSchedule = z
  .strictObject({ name: NAME, description: DESCRIPTION, ...FIRING, ...OF_THE_RUN })
  .refine(startBeforeEnd, START_AFTER_END)
  .superRefine(onceWithinBounds)
  .refine(oneChoice, TWO_CHOICES)
  .meta({ id: 'UpdateSchedule', description: 'What is left out has its default. Secrets of variables are given anew.' });
export type UpdateSchedule = z.infer<typeof UpdateSchedule>;

/** A schedule as a file defines it: as the API takes it, with the job by serial or name. */
export const ScheduleDefinition = z
  .strictObject({
    name: NAME,
    description: DESCRIPTION,
    job: Text(255).min(1).meta({ description: 'Serial of the job, or its name if no other job has it.', example: 'J20250001' }),
    ...FIRING,
    ...OF_THE_RUN,
    paused: z.boolean().default(false).meta({
      description: 'Changed here it pauses or resumes; while it stays as it is, what operators do is left alone.',
    }),
    status_note: Note.optional(),
  })
  .refine(startBeforeEnd, START_AFTER_END)
  .superRefine(onceWithinBounds)
  .refine(oneChoice, TWO_CHOICES)
  .meta({ id: 'ScheduleDefinition' });
export type ScheduleDefinition = z.infer<typeof ScheduleDefinition>;

const Time = z.iso.datetime();

/** What became of an instant, in a row of the ledger. */
export const ScheduleFiring = z
  .object({
    execution_serial: z.string().meta({ description: 'Serial of the row in the ledger.', example: 'SEXEC-00000001' }),
    schedule_serial: ScheduleSerial,
    schedule_name: z.string(),
    scheduled_at: Time.meta({ description: 'The planned instant as Temporal announces it, jitter included; of a run-now its request.' }),
    firing_type: FiringType,
    status: ScheduleExecutionStatus,
    skip_reason: SkipReason.nullable(),
    postponed_until: Time.nullable().meta({ description: 'A blackout moved its start to here.' }),
    started_at: Time.nullable(),
    start_delay_ms: z
      .number()
      .nullable()
      .meta({ description: 'From the planned instant to the start of its workflow, which then obeys the calendars.' }),
    completed_at: Time.nullable(),
    run: ExecutionSerial.nullable().meta({ description: 'The run that it started.' }),
    result_summary: z.string().nullable(),
    error_message: z.string().nullable(),
    workflow_id: z.string().nullable(),
  })
  .meta({ id: 'ScheduleFiring' });
export type ScheduleFiring = z.infer<typeof ScheduleFiring>;

export const ScheduleSummary = z
  .object({
    schedule_serial: ScheduleSerial,
    schedule_uuid: Uuid,
    name: z.string(),
    description: z.string().nullable(),
    job_serial: JobSerial,
    job_name: z.string(),
    when: z.array(ScheduleRule),
    timezone: z.string(),
    status: ScheduleStatus,
    status_note: z.string().nullable(),
    next_run_at: Time.nullable().meta({ description: 'As Temporal announces it.' }),
    last_run_at: Time.nullable(),
    execution_count: z.number().int(),
    attention: z.enum(['failing', 'late', 'unsynced']).nullable().meta({
      description:
        '`failing`: its last firing failed; `late`: an instant is overdue, or the last start was late by more than a minute; `unsynced`: Temporal does not have it as it is here.',
    }),
    last_firing: ScheduleFiring.omit({ schedule_serial: true, schedule_name: true }).nullable(),
    labels: z.record(z.string(), z.string()),
    calendars: z.array(z.string()),
    definition_source: DefinitionSource,
    sync_status: SyncStatus,
    created_by: z.string().meta({ description: 'User name. Its runs are started in this name.' }),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'ScheduleSummary' });
export type ScheduleSummary = z.infer<typeof ScheduleSummary>;

export const Schedule = ScheduleSummary.extend({
  start_date: Time.nullable(),
  end_date: Time.nullable(),
  max_executions: z.number().int().nullable(),
  jitter_seconds: z.number().int(),
  overlap_policy: OverlapPolicy,
  catchup_window_seconds: z.number().int(),
  pause_on_failure: z.boolean(),
  targets: z.array(TargetSerial).nullable().meta({ description: 'Null: as the job says, or by the selector.' }),
  target_selector: z.string().nullable(),
  variables: z.record(z.string(), z.unknown()).meta({ description: 'Secrets are shown as `********`.' }),
  definition_path: z.string().nullable().meta({ description: 'File of a schedule that is defined in code.' }),
  definition_hash: z.string(),
  temporal_schedule_id: z.string(),
  sync_error: z
    .string()
    .nullable()
    .meta({ description: 'Why it could not be compared with Temporal, or told to it, when that was tried last.' }),
  synced_at: Time.nullable(),
  temporal_counters: z
    .record(z.string(), z.unknown())
    .meta({ description: 'What Temporal counted when it was asked last; shown, but decides nothing.' }),
}).meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof Schedule>;

export const ScheduleFilter = listQuery(
  { item: ScheduleSummary, sorts: ['attention', 'created', 'name', 'next_run'], sort: 'attention' },
  {
    search: Text(255).optional().meta({ description: 'Part of the name, or a serial.' }),
    job: JobSerial.optional(),
    status: ScheduleStatus.optional(),
    source: DefinitionSource.optional(),
    sync_status: SyncStatus.optional(),
    calendar: Text(100).optional().meta({ description: 'Name of a calendar that it obeys.' }),
    label: Text(300).optional().meta({ description: '`key=value` of its labels.' }),
  },
);
export type ScheduleFilter = z.infer<typeof ScheduleFilter>;

export const FiringFilter = listQuery(
  { item: ScheduleFiring, sorts: ['scheduled'], sort: '-scheduled' },
  {
    status: ScheduleExecutionStatus.optional(),
    skip_reason: SkipReason.optional(),
    from: Instant.optional().meta({ description: 'Planned at this time or later.' }),
    to: Instant.optional().meta({ description: 'Planned before this time.' }),
  },
);
export type FiringFilter = z.infer<typeof FiringFilter>;

export const Period = z
  .strictObject({
    from: Instant.optional().meta({ description: 'Now when left out, or when it has passed: the ledger has what was.' }),
    to: Instant.optional().meta({ description: 'A day after `from` when left out; a year after it at most.' }),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  })
  .meta({ id: 'Period' });
export type Period = z.infer<typeof Period>;

export const UpcomingFiring = z
  .object({
    schedule_serial: ScheduleSerial,
    schedule_name: z.string(),
    job_serial: JobSerial,
    at: Time.meta({ description: 'As Temporal announces it, jitter included.' }),
    local: z.string().meta({ description: 'The same in the zone of the schedule.', example: '2026-03-29 03:30:00.000 +02:00' }),
  })
  .meta({ id: 'UpcomingFiring' });
export type UpcomingFiring = z.infer<typeof UpcomingFiring>;

export const UpcomingFirings = z
  .object({
    data: z.array(UpcomingFiring),
    is_complete: z.boolean().meta({ description: 'False: the period has more than `limit`; ask for a shorter one.' }),
  })
  .meta({ id: 'UpcomingFirings' });
export type UpcomingFirings = z.infer<typeof UpcomingFirings>;

/** Days of a feed. */
export const FeedPeriod = z
  .strictObject({
    past_days: z.coerce.number().int().min(0).max(366).default(7).meta({ description: 'So many days of the ledger.' }),
    coming_days: z.coerce.number().int().min(0).max(366).default(31).meta({ description: 'So many days of what is planned.' }),
  })
  .meta({ id: 'FeedPeriod' });
export type FeedPeriod = z.infer<typeof FeedPeriod>;

/** A definition that is not stored. */
export const PreviewSchedule = z
  .strictObject(FIRING)
  .refine(startBeforeEnd, START_AFTER_END)
  .superRefine(onceWithinBounds)
  .meta({ id: 'PreviewSchedule' });
export type PreviewSchedule = z.infer<typeof PreviewSchedule>;

export const SchedulePreview = z
  .object({
    timezone: z.string(),
    instants: z.array(
      z.object({
        at: Time,
        local: z.string(),
        note: z.enum(['doubled']).nullable().meta({ description: '`doubled`: clocks show this time twice on that day.' }),
      }),
    ),
    notes: z.array(z.string()).meta({ description: 'What changes of clocks do to its wall times: skipped, doubled.' }),
  })
  .meta({ id: 'SchedulePreview' });
export type SchedulePreview = z.infer<typeof SchedulePreview>;

export const PauseSchedule = z.strictObject({ note: Note.optional() }).meta({ id: 'PauseSchedule' });
export type PauseSchedule = z.infer<typeof PauseSchedule>;

export const BackfillSchedule = z
  .strictObject({
    from: Instant,
    to: Instant,
    overlap_policy: OverlapPolicy.optional().meta({ description: 'Of these firings; `buffer_all`, one after the other, when left out.' }),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], error: 'is not after from' })
  .meta({ id: 'BackfillSchedule' });
export type BackfillSchedule = z.infer<typeof BackfillSchedule>;

/** What Temporal was asked to start. */
export const ScheduleBackfill = z
  .object({
    instants: z.number().int().meta({ description: 'Instants that the period has, with those that have a run and are left alone.' }),
  })
  .meta({ id: 'ScheduleBackfill' });
export type ScheduleBackfill = z.infer<typeof ScheduleBackfill>;
