import { z } from 'zod';
import { BlackoutEffect } from './enums.ts';
import { CalendarWindow as StoredWindow } from './json/schedules.ts';
import { listQuery } from './list.ts';
import { SelectorText } from './selector.ts';
import { Uuid } from './target.ts';
import { Text } from './text.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u;
const MOST_WINDOWS = 500;

export const CalendarName = Text(100)
  .regex(NAME, 'must be letters, digits, spaces, dots, underscores or hyphens, beginning with a letter or a digit')
  .refine((name) => !UUID.test(name) && name === name.trim(), 'must neither look like a uuid nor end with a space')
  .meta({ example: 'holidays', pattern: NAME.source });

/** Name or uuid. */
export const CalendarKey = Text(100)
  .regex(NAME, 'must be the name or uuid of a calendar')
  .meta({ description: 'Name, without regard to case, or uuid.', example: 'holidays', pattern: NAME.source });

export const CalendarWindow = StoredWindow.meta({
  id: 'CalendarWindow',
  description:
    'Has one of `weekly` (ISO days, 1 is Monday; past midnight when `to` is not later than `from`), `dates` (a date as `to` includes its day) and `ical` ' +
    '(a window once, or again and again by a rule of days, weeks, months or years). Wall times are those of the zone of the calendar.',
});

const Timezone = Text(50).min(1).meta({ description: 'IANA zone of its wall times.', example: 'Europe/Berlin' });

const Description = Text(10_000).nullable();
const TargetSelector = SelectorText.nullable().meta({
  description: 'It concerns these targets, whatever runs on them, without being named anywhere.',
});
const FiringEffect = BlackoutEffect.meta({ description: 'A firing of a schedule in a blackout is skipped, or postponed to its end.' });
const HoldsRuns = z.boolean().meta({
  description: 'Runs that go on are held between their actions until the end of a blackout. An action that runs is never ended.',
});

export const CreateCalendar = z
  .strictObject({
    name: CalendarName,
    timezone: Timezone.default('UTC'),
    windows: z
      .array(CalendarWindow)
      .max(MOST_WINDOWS)
      .default([])
      .meta({ description: 'With an allowed window all other time is blackout.' }),
    description: Description.default(null),
    target_selector: TargetSelector.default(null),
    firing_effect: FiringEffect.default('skip'),
    holds_runs: HoldsRuns.default(false),
  })
  .meta({ id: 'CreateCalendar' });
export type CreateCalendar = z.infer<typeof CreateCalendar>;

const Time = z.iso.datetime();

export const CurrentBlackout = z
  .object({
    summary: z.string().nullable(),
    until: Time.nullable().meta({ description: 'When it is open again; null: not within 400 days.' }),
  })
  .meta({ id: 'CurrentBlackout' });

export const CalendarSummary = z
  .object({
    calendar_uuid: Uuid,
    name: z.string(),
    description: z.string().nullable(),
    timezone: z.string(),
    window_count: z.number().int(),
    target_selector: z.string().nullable(),
    firing_effect: BlackoutEffect,
    holds_runs: z.boolean(),
    blackout: CurrentBlackout.nullable().meta({ description: 'The blackout in force now; null: it is open.' }),
    created_by: z.string().nullable().meta({ description: 'User name.' }),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'CalendarSummary' });
export type CalendarSummary = z.infer<typeof CalendarSummary>;

export const Calendar = CalendarSummary.extend({
  windows: z.array(CalendarWindow),
  used_by: z
    .object({
      jobs: z.array(z.object({ job_serial: z.string(), name: z.string() })),
      schedules: z.array(z.object({ schedule_serial: z.string(), name: z.string() })),
    })
    .meta({ description: 'What names it, the first hundred of each.' }),
}).meta({ id: 'Calendar' });
export type Calendar = z.infer<typeof Calendar>;

export const CalendarFilter = listQuery(
  { item: CalendarSummary, sorts: ['created', 'name'], sort: 'name' },
  {
    search: Text(100).optional().meta({ description: 'Part of the name or description.' }),
    holds_runs: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  },
);
export type CalendarFilter = z.infer<typeof CalendarFilter>;

const Instant = z.iso.datetime({ offset: true });

export const CalendarPeriod = z.strictObject({
  from: Instant.optional().meta({ description: 'Default now.' }),
  to: Instant.optional().meta({ description: 'Default 31 days after `from`; 400 days at most.' }),
});
export type CalendarPeriod = z.infer<typeof CalendarPeriod>;

export const CalendarBlackouts = z
  .object({
    calendar: z.string(),
    timezone: z.string(),
    from: Time,
    to: Time,
    blackouts: z.array(
      z.object({
        from: Time,
        to: Time,
        summaries: z.array(z.string()).meta({ description: 'Of the windows that it is made of.' }),
      }),
    ),
  })
  .meta({ id: 'CalendarBlackouts', description: 'What overlaps, or follows at once, is one; it is cut at the ends of the period.' });
export type CalendarBlackouts = z.infer<typeof CalendarBlackouts>;

export const ImportCalendar = z
  .strictObject({
    name: CalendarName,
    text: Text(2_000_000).min(1).meta({ description: 'An iCalendar file (.ics), of which each event becomes a window.' }),
    kind: z.enum(['blackout', 'allowed']).default('blackout'),
    timezone: Timezone.optional().meta({ description: 'Default what the file says, or the zone of the first event that names one.' }),
    zones: z
      .record(Text(100), Timezone)
      .default({})
      .meta({
        description: 'IANA zones of names that the file uses and that are none.',
        example: { 'W. Europe Standard Time': 'Europe/Berlin' },
      }),
    replace: z.boolean().default(false).meta({
      description: 'A calendar of this name gets the windows of the file in place of its own; the rest of it stays.',
    }),
    skip_refused: z
      .boolean()
      .default(false)
      .meta({ description: 'Events that cannot be taken are left out. Otherwise one of them refuses the file.' }),
    description: Description.optional(),
    target_selector: TargetSelector.optional(),
    firing_effect: FiringEffect.optional(),
    holds_runs: HoldsRuns.optional(),
  })
  .meta({ id: 'ImportCalendar' });
export type ImportCalendar = z.infer<typeof ImportCalendar>;

export const ImportedCalendar = z
  .object({
    calendar: Calendar,
    imported: z.number().int().meta({ description: 'Events that became windows.' }),
    refused: z.array(
      z.object({
        event: z.number().int().meta({ description: 'Its place in the file, from 1.' }),
        uid: z.string().nullable(),
        summary: z.string().nullable(),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'ImportedCalendar' });
export type ImportedCalendar = z.infer<typeof ImportedCalendar>;
