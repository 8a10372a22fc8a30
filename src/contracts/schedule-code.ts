import { z } from 'zod';
import { DefinitionSource } from './enums.ts';
import { JobSerial } from './job.ts';
import { ScheduleSerial } from './schedule.ts';
import { Text } from './text.ts';

/** Of one set. */
export const MOST_DEFINITIONS = 5_000;

const Source = Text(1_000).min(1).meta({
  description: 'Where it stands, in the words of problems and of the audit trail: file, and line after a colon.',
  example: 'schedules/nightly.yaml:12',
});

/** A whole set of definitions, as files have them. */
export const ScheduleCode = z
  .strictObject({
    definitions: z
      .array(
        z.strictObject({
          source: Source,
          definition: z.unknown().meta({ description: 'A ScheduleDefinition; what is wrong with it is the answer of a plan.' }),
        }),
      )
      .max(MOST_DEFINITIONS, `must be at most ${MOST_DEFINITIONS} at once`),
    prune: z.boolean().default(false).meta({ description: 'Schedules that came from code and are in none of these files are deleted.' }),
  })
  .meta({ id: 'ScheduleCode' });
export type ScheduleCode = z.infer<typeof ScheduleCode>;

const Count = z.number().int();
const Time = z.iso.datetime();

export const DefinitionProblem = z
  .object({
    definition: Count.meta({ description: 'Which of the definitions, from 0.' }),
    source: z.string(),
    path: z.string().meta({ description: 'Field of the definition, such as `when.cron`; empty: the whole of it.' }),
    message: z.string(),
  })
  .meta({ id: 'DefinitionProblem' });
export type DefinitionProblem = z.infer<typeof DefinitionProblem>;

const PlannedDifference = z
  .object({ path: z.string(), before: z.unknown(), after: z.unknown() })
  .meta({ id: 'PlannedDifference', description: 'A field, before and after; null where it is not. Secrets are shown as `********`.' });
export type PlannedDifference = z.infer<typeof PlannedDifference>;

export const ScheduleChangeKind = z.enum(['create', 'update', 'adopt', 'delete', 'left', 'unchanged']).meta({
  description:
    '`adopt`: it was made by the API and is defined in code from now on; `left`: it came from code, is in none of these files, and stays without prune.',
});
export type ScheduleChangeKind = z.infer<typeof ScheduleChangeKind>;

export const ScheduleChange = z
  .object({
    change: ScheduleChangeKind,
    source: z.string().nullable().meta({ description: 'Null: it is in none of the files.' }),
    schedule_serial: ScheduleSerial.nullable().meta({ description: 'Null: it is not there yet.' }),
    name: z.string(),
    job_serial: JobSerial,
    job_name: z.string(),
    differences: z.array(PlannedDifference),
  })
  .meta({ id: 'ScheduleChange' });
export type ScheduleChange = z.infer<typeof ScheduleChange>;

const ScheduleDrift = z
  .object({
    schedule_serial: ScheduleSerial,
    name: z.string(),
    kind: z.enum(['edited', 'missing', 'paused', 'resumed']).meta({
      description:
        'What was done in Temporal. `edited` and `missing` are put back, by an apply or within a minute; `paused` and `resumed` are taken over.',
    }),
  })
  .meta({ id: 'ScheduleDrift' });
export type ScheduleDrift = z.infer<typeof ScheduleDrift>;

const PutBack = z
  .object({
    schedule_serial: ScheduleSerial,
    name: z.string(),
    at: Time,
    action: z.enum(['restore_schedule', 'pause_schedule', 'resume_schedule']).meta({
      description: '`restore_schedule`: an edit in Temporal was put back; the others were done in Temporal and taken over.',
    }),
    note: z.string().nullable(),
    differences: z.array(PlannedDifference).meta({ description: 'From what somebody had made of it in Temporal to what it is again.' }),
  })
  .meta({ id: 'ScheduleEvent' });
export type PutBack = z.infer<typeof PutBack>;

export const SchedulePlan = z
  .object({
    problems: z.array(DefinitionProblem).meta({ description: 'With one problem nothing of the set is applied.' }),
    changes: z
      .array(ScheduleChange)
      .meta({ description: 'One for each definition without a problem, and for each schedule that is in no file.' }),
    drift: z.array(ScheduleDrift).meta({ description: 'What was done in Temporal and has not been noticed yet.' }),
    drift_unknown: z.string().nullable().meta({ description: 'Why Temporal could not be asked; null: it was.' }),
    pending: Count.meta({ description: 'Schedules of code of which Temporal has not been told yet: an apply, or the next minute, does.' }),
    events: z.array(PutBack).meta({ description: 'What was done in Temporal in the last seven days, the latest first, at most 1,000.' }),
  })
  .meta({ id: 'SchedulePlan' });
export type SchedulePlan = z.infer<typeof SchedulePlan>;

export const AppliedSchedules = z
  .object({
    created: Count,
    updated: Count,
    adopted: Count,
    deleted: Count,
    left: Count,
    unchanged: Count,
    settled: Count.meta({ description: 'Schedules that Temporal was told of by this call.' }),
    pending: Count.meta({ description: 'Those that it is still to be told of: apply again, until there is none.' }),
    failed: z
      .array(z.object({ schedule_serial: ScheduleSerial, name: z.string(), message: z.string() }))
      .meta({ description: 'Stored, but Temporal could not be told; they are among the pending ones and are tried again each minute.' }),
  })
  .meta({ id: 'AppliedSchedules' });
export type AppliedSchedules = z.infer<typeof AppliedSchedules>;

export const ScheduleCodeFilter = z
  .strictObject({
    serials: Text(20_000)
      .regex(/^JSCHED-\d{8,19}(,JSCHED-\d{8,19})*$/, 'must be serials of schedules such as JSCHED-00000001, with commas between them')
      .optional()
      .meta({ description: 'Only these, with commas between them.' }),
    source: DefinitionSource.optional(),
  })
  .meta({ id: 'ScheduleCodeFilter' });
export type ScheduleCodeFilter = z.infer<typeof ScheduleCodeFilter>;

export const ExportedSchedules = z
  .object({
    data: z.array(
      z.object({
        schedule_serial: ScheduleSerial,
        job_serial: JobSerial,
        definition: z.record(z.string(), z.unknown()).meta({
          description: 'A ScheduleDefinition without what has its default. A secret is `********`: that keeps the one which is stored.',
        }),
      }),
    ),
  })
  .meta({ id: 'ExportedSchedules' });
export type ExportedSchedules = z.infer<typeof ExportedSchedules>;
