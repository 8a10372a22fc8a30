import { z } from 'zod';
import { ActionCondition, ActionDependency, EnvironmentName } from './actions/common.ts';
import { ActionInput } from './actions/index.ts';
import { ActionType, DefinitionSource, ExecutionStatus, JobStatus, JobType, OnFailure } from './enums.ts';
import { ShownVariable, VariableInput } from './job-variable.ts';
import { Calendars, listOf, Name } from './json/shared.ts';
import { listQuery } from './list.ts';
import { Rollout } from './rollout.ts';
import { SelectorText } from './selector.ts';
import { serialOrUuid } from './serial-key.ts';
import { TargetSerial, Uuid } from './target.ts';
import { Text } from './text.ts';
import { noDoubles, VariableValue } from './variable.ts';

export const JobSerial = z
  .string()
  .regex(/^J\d{8,19}$/, 'must be a job serial such as J20250001')
  .meta({ example: 'J20250001' });
/** By its serial or by its uuid. */
export const JobKey = serialOrUuid(/J\d{8,19}/, 'a job', 'J20250001');
/** Templates and jobs are counted together. */
export const TemplateSerial = JobSerial.meta({ example: 'J20250002' });
export const TemplateKey = serialOrUuid(/J\d{8,19}/, 'a template', 'J20250002');

const JobSettings = z.strictObject({
  max_concurrent_targets: z.number().int().min(1).max(200).optional(),
  confirm_dangerous: z.boolean().optional().meta({ description: 'Dangerous commands of the job are meant; without it they are refused.' }),
  allow_shared_targets: z
    .boolean()
    .optional()
    .meta({ description: 'Its runs neither wait for a target that another run works on, nor hold one.' }),
  keep_full_output: z.boolean().optional().meta({
    description: 'Keeps the exact bytes of both streams of every action as artifacts, unless an action says otherwise.',
  }),
  retry_delay_seconds: z.number().int().min(1).max(300).optional().meta({
    description: 'Pause before the first retry of the actions that do not say; 5 when left out.',
  }),
  capture_output: z.boolean().optional().meta({ description: 'Of the actions that do not say; false stores no output.' }),
  environment: z.record(EnvironmentName, Text(32_768)).optional().meta({
    description: 'Of every command and script; one of the same name of an action counts there. May refer to variables of the job.',
  }),
  tags: listOf(Name).max(50).optional().meta({ description: 'Names by which jobs are listed.' }),
  rollout: Rollout.optional(),
  calendars: Calendars.max(20).optional().meta({
    description: 'Names of calendars: its schedules do not fire in their blackouts, and those that hold runs hold its runs.',
  }),
});
export type JobSettings = z.infer<typeof JobSettings>;

export const ChangeNote = Text(500).min(1).meta({ description: 'Why, in the words of who changes it.' });

export const CreateJob = z
  .strictObject({
    name: Text(255).min(1),
    description: Text(10_000).nullable().default(null),
    priority: z.number().int().min(1).max(10).default(5),
    timeout_seconds: z.number().int().min(1).max(604_800).nullable().default(null),
    retry_count: z.number().int().min(0).max(10).default(0),
    variables: z.array(VariableInput).max(200).superRefine(noDoubles('key')).default([]),
    settings: JobSettings.default({}),
    targets: z.array(TargetSerial).min(1, 'a job needs at least one target').max(100_000).optional().meta({
      description: 'The list of the job, which no version holds. An edit without it leaves the list as it is.',
    }),
    target_selector: SelectorText.nullable()
      .default(null)
      .meta({ description: 'Targets besides those of the list, chosen when a run starts.' }),
    change_note: ChangeNote.optional(),
    actions: z.array(ActionInput).min(1, 'a job needs at least one action').max(200),
  })
  .meta({ id: 'CreateJob' });
export type CreateJob = z.infer<typeof CreateJob>;

export const Action = z
  .object({
    action_order: z.number().int(),
    action_key: z.string(),
    action_name: z.string(),
    action_type: ActionType,
    action_parameters: z.record(z.string(), z.unknown()),
    action_config: z.record(z.string(), z.unknown()),
    is_enabled: z.boolean(),
    timeout_seconds: z.number().int(),
    retry_count: z.number().int().nullable(),
    retry_delay_seconds: z.number().int(),
    on_failure: OnFailure,
    conditions: z.array(ActionCondition),
    dependencies: z.array(ActionDependency),
    rollback: z.array(z.record(z.string(), z.unknown())).meta({ description: 'Actions of this same form.' }),
  })
  .meta({ id: 'Action', description: 'Bodies of conditions, loops and parallels are in action_parameters, as they were given.' });
export type Action = z.infer<typeof Action>;

export const JobSummary = z
  .object({
    job_serial: JobSerial,
    job_uuid: Uuid,
    name: z.string(),
    description: z.string().nullable(),
    job_type: JobType,
    status: JobStatus,
    priority: z.number().int(),
    tags: z.array(z.string()),
    created_by: z.string().meta({ description: 'User name.' }),
    definition_source: DefinitionSource.meta({ description: '`code`: a deploy manages it, and nobody else changes it.' }),
    last_execution: z
      .object({
        execution_serial: z.string(),
        status: ExecutionStatus,
        created_at: z.iso.datetime(),
        completed_at: z.iso.datetime().nullable(),
      })
      .nullable()
      .meta({ description: 'The run that was started last.' }),
    definition_version: z.number().int(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    completed_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'JobSummary' });
export type JobSummary = z.infer<typeof JobSummary>;

export const JobFilter = listQuery(
  { item: JobSummary, sorts: ['created', 'name'], sort: '-created' },
  {
    search: Text(255).optional().meta({ description: 'Part of the name, or a serial.' }),
    status: JobStatus.optional(),
    tag: Text(100).optional().meta({ description: 'One of its tags.' }),
    job_type: JobType.optional(),
    created_by: Text(50).optional().meta({ description: 'User name.' }),
    target: TargetSerial.optional().meta({ description: 'On its list.' }),
    template: TemplateSerial.optional().meta({ description: 'From which it was made.' }),
    source: DefinitionSource.optional(),
  },
);
export type JobFilter = z.infer<typeof JobFilter>;

export const Job = JobSummary.extend({
  timeout_seconds: z.number().int().nullable(),
  retry_count: z.number().int(),
  variables: z.array(ShownVariable),
  settings: z.record(z.string(), z.unknown()),
  actions: z.array(Action),
  target_count: z.number().int(),
  targets: z.array(TargetSerial).meta({ description: 'The first 1000 of its list, in order; `/targets` has all.' }),
  target_selector: z.string().nullable(),
  template: TemplateSerial.nullable().meta({ description: 'From which it was made.' }),
  change_note: z.string().nullable().meta({ description: 'Of this version.' }),
}).meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;

/** What to change for one run; empty: the whole job as it is. */
export const StartExecution = z
  .strictObject({
    targets: z.array(TargetSerial).min(1, 'name at least one target, or leave the field out').max(100_000).optional(),
    selector: SelectorText.optional().meta({
      description:
        'Of the targets of the job only these; of a job without any, these. Chosen once, when the run starts. Not together with `targets`.',
    }),
    variables: z.record(z.string().max(100), VariableValue).optional(),
    max_concurrent_targets: z.number().int().min(1).max(200).optional(),
    rollout: Rollout.optional().meta({ description: 'In place of the one of the job.' }),
  })
  .meta({ id: 'StartExecution' });
export type StartExecution = z.infer<typeof StartExecution>;
