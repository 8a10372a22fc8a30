import { bigint, generated, identity, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { ScheduleExecutionsExecutionContext } from '../../../contracts/json/schedules.ts';
import { FiringType, ScheduleExecutionStatus, SkipReason } from '../../../contracts/enums.ts';

export const ScheduleExecutionModel = defineTable(
  'schedule_executions',
  'The ledger: one planned instant (or run-now) of a job schedule and what became of it.',
  {
    id: identity('Primary key.'),
    execution_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    execution_serial: generated(
      'text',
      "('SEXEC-'::text || lpad((id)::text, GREATEST(8, length((id)::text)), '0'::text))",
      '`SEXEC-` + 8 digits of id.',
    ),
    job_schedule_id: bigint('Schedule.'),
    job_execution_id: bigint('Execution that was started.', { null: true }),
    scheduled_at: timestamptz('Planned instant as Temporal announces it, jitter included; of a run-now its request.'),
    firing_type: oneOf(FiringType, 'Planned, fired later by a backfill, or asked for by a person.', { default: 'planned' }),
    postponed_until: timestamptz('A blackout moved its start to here; shown as postponed until then.', { null: true }),
    started_at: timestamptz('Actual start.', { null: true }),
    completed_at: timestamptz('End of the firing.', { null: true }),
    status: oneOf(ScheduleExecutionStatus, 'State.', { default: 'scheduled' }),
    skip_reason: oneOf(SkipReason, 'Why it was skipped.', { null: true }),
    result_summary: text('One line: branches ok/failed.', { null: true }),
    error_message: text('Error.', { null: true }),
    execution_context: jsonObject(ScheduleExecutionsExecutionContext, 'Target selection and variables given to the run, secrets masked.', {
      null: true,
    }),
    workflow_id: varchar(255, 'Workflow started by the Temporal Schedule; null = none was.', { null: true }),
    run_id: varchar(64, 'Its run id.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [
      { columns: ['execution_uuid'] },
      { columns: ['execution_serial'] },
      { columns: ['job_schedule_id', 'scheduled_at'] },
      { columns: ['workflow_id'] },
    ],
    foreignKeys: [references('job_schedule_id', 'job_schedules', 'CASCADE'), references('job_execution_id', 'job_executions', 'SET NULL')],
    indexes: [
      { keys: 'job_execution_id', why: 'FK' },
      { keys: 'scheduled_at', why: 'calendar over all schedules' },
      {
        keys: 'job_schedule_id, scheduled_at',
        name: 'idx_schedule_executions_job_schedule_id_scheduled_at_open',
        where: "(status = ANY (ARRAY['scheduled'::text, 'running'::text]))",
        why: 'instants of a schedule to be decided, each minute, however long its ledger is',
      },
      {
        keys: 'job_schedule_id, scheduled_at',
        name: 'idx_schedule_executions_job_schedule_id_scheduled_at_started',
        where: '(workflow_id IS NOT NULL)',
        why: 'the last starts of a schedule, however many instants were skipped since',
      },
      {
        keys: 'status, scheduled_at',
        where: "(status = ANY (ARRAY['failed'::text, 'skipped'::text]))",
        why: 'what did not go well, of all schedules, however rare it is',
      },
      { keys: 'skip_reason, scheduled_at', where: '(skip_reason IS NOT NULL)', why: 'the same by its cause' },
    ],
    checks: {
      completed_at: "((status = ANY (ARRAY['completed'::text, 'failed'::text, 'skipped'::text])) = (completed_at IS NOT NULL))",
      skip_reason_set: "((status = 'skipped'::text) = (skip_reason IS NOT NULL))",
      workflow: "((status <> ALL (ARRAY['running'::text, 'completed'::text])) OR (workflow_id IS NOT NULL))",
    },
  },
);
