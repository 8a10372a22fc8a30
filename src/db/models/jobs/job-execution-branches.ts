import { bigint, identity, integer, jsonArray, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { JobExecutionBranchesHeldSpans, JobExecutionBranchesResumePosition } from '../../../contracts/json/jobs.ts';
import { ClosedBy, ExecutionStatus, FailureCategory, HoldReason } from '../../../contracts/enums.ts';

export const JobExecutionBranchModel = defineTable(
  'job_execution_branches',
  'One target within one execution.',
  {
    id: identity('Primary key.'),
    job_execution_id: bigint('Execution.'),
    target_id: bigint('Target.'),
    branch_uuid: uuid('Public id.', { default: 'gen_random_uuid()' }),
    branch_serial: varchar(100, 'execution_serial + `.` + at least 4 digits.'),
    branch_number: integer('1, 2, … (seed `branch_id`, text "001").'),
    batch_number: integer('Batch of the rollout.', { default: '1' }),
    retry_number: integer('How often a person had it run again in this run.', { default: '0' }),
    target_serial_ref: varchar(50, 'target_serial at run time.'),
    target_name_ref: varchar(100, 'Target name at run time.'),
    communication_method_id: bigint('Method that was used.', { null: true }),
    status: oneOf(ExecutionStatus, 'State.', { default: 'scheduled' }),
    failure_category: oneOf(FailureCategory, 'Class of the failure; authentication and configuration are never retried.', { null: true }),
    error_code: varchar(50, 'Code of the OpsError.', { null: true }),
    result_output: text('Summary of the actions, at most 64 KiB.', { null: true }),
    result_error: text('Error summary.', { null: true }),
    exit_code: integer('Exit code of the last failed, else of the last action.', { null: true }),
    last_line_number: integer('Log rows of this branch, which are numbered 1 … n.', { default: '0' }),
    hold_reason: oneOf(HoldReason, 'What it waits for.', { null: true }),
    held_spans: jsonArray(
      JobExecutionBranchesHeldSpans,
      'When calendars held it between its actions, [from, to]; `to` is null while one does. No time that it worked.',
      { default: "'[]'::jsonb" },
    ),
    lock_requested_at: timestamptz('Asked for its target; null = the job shares targets.', { null: true }),
    lock_acquired_at: timestamptz('Got its target; holds it until the row is closed.', { null: true }),
    cancel_requested_at: timestamptz('A person asked to cancel it; its workflow is told until it has ended.', { null: true }),
    workflow_id: varchar(255, '`<execution_serial>/b/<target_serial>`, after a retry with `/r<retry_number>`.', { null: true }),
    run_id: varchar(64, 'Temporal run id of the child.', { null: true }),
    closed_by: oneOf(ClosedBy, 'Who closed the row.', { null: true }),
    resume_position: jsonObject(
      JobExecutionBranchesResumePosition,
      'Where it stood when it ended before its end, for who resumes it: {frames (the actions in which it was, from the outermost), ran (those that a rollback undoes)}.',
      { null: true },
    ),
    scheduled_at: timestamptz('Time it was queued.', { null: true }),
    started_at: timestamptz('Start.', { null: true }),
    completed_at: timestamptz('End.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [
      { columns: ['branch_uuid'] },
      { columns: ['branch_serial'] },
      { columns: ['job_execution_id', 'branch_number'] },
      { columns: ['job_execution_id', 'target_id'] },
      { columns: ['workflow_id'] },
    ],
    foreignKeys: [
      references('job_execution_id', 'job_executions', 'CASCADE'),
      references('target_id', 'universal_targets', 'RESTRICT'),
      references('communication_method_id', 'target_communication_methods', 'SET NULL'),
    ],
    indexes: [
      {
        keys: 'target_id',
        name: 'uq_job_execution_branches_target_id_lock',
        isUnique: true,
        where: '((lock_acquired_at IS NOT NULL) AND (completed_at IS NULL))',
        why: 'at most one such row',
      },
      {
        keys: 'job_execution_id, status',
        name: 'idx_job_execution_branches_execution_status',
        why: 'FK, progress',
      },
      { keys: 'target_id, created_at', why: 'FK, history of a target' },
      { keys: 'status', where: "(status = ANY (ARRAY['scheduled'::text, 'running'::text]))", why: 'live view' },
      { keys: 'completed_at', where: '(completed_at IS NOT NULL)', why: 'metrics watermark' },
      {
        keys: 'target_id, lock_requested_at',
        where: '((lock_requested_at IS NOT NULL) AND (lock_acquired_at IS NULL) AND (completed_at IS NULL))',
        why: 'queue for a target',
      },
      { keys: 'communication_method_id', where: '(communication_method_id IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      branch_serial_format: "((branch_serial)::text ~ '^J[0-9]{8,}[.][0-9]{4,}[.][0-9]{4,}$'::text)",
      branch_number: '(branch_number >= 1)',
      counters: '((batch_number >= 1) AND (retry_number >= 0) AND (last_line_number >= 0))',
      lock: '((lock_acquired_at IS NULL) OR (lock_requested_at IS NOT NULL))',
      completed_at: "((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (completed_at IS NOT NULL))",
    },
  },
);
