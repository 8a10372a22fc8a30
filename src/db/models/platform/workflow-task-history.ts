import { generated, identity, integer, jsonAny, oneOf, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { WorkflowTaskHistoryInput, WorkflowTaskHistoryResult } from '../../../contracts/json/platform.ts';
import { TaskKind, TaskStatus } from '../../../contracts/enums.ts';

export const WorkflowTaskModel = defineTable(
  'workflow_task_history',
  'Closed and running units of background work (Celery task history → Temporal runs).',
  {
    id: identity('Primary key.'),
    task_kind: oneOf(TaskKind, 'Workflow run or activity attempt.'),
    workflow_id: varchar(255, 'Temporal workflow id (with the next three: seed `task_id`).'),
    run_id: varchar(64, 'Run id.'),
    activity_id: varchar(255, 'Activity id; null for workflow rows.', { null: true }),
    attempt: integer('Attempt (seed `retries` + 1).', { default: '1' }),
    max_attempts: integer('Limit of the retry policy (seed `max_retries` + 1).', { null: true }),
    task_name: varchar(255, 'Workflow or activity type.'),
    task_queue: varchar(255, 'Task queue (seed `queue`, `routing_key`).'),
    worker_identity: varchar(255, 'Worker (seed `worker`).', { null: true }),
    status: oneOf(TaskStatus, 'State.'),
    input: jsonAny(WorkflowTaskHistoryInput, 'Redacted arguments (seed `args`, `kwargs`).', { null: true }),
    result: jsonAny(WorkflowTaskHistoryResult, 'Redacted result.', { null: true }),
    failure_type: varchar(255, 'Error type.', { null: true }),
    failure_message: text('Error text.', { null: true }),
    stack_trace: text('Stack (seed `traceback`).', { null: true }),
    scheduled_at: timestamptz('Put on the queue (seed `eta`).', { null: true }),
    started_at: timestamptz('Start.', { null: true }),
    completed_at: timestamptz('End.', { null: true }),
    duration_seconds: generated(
      'numeric',
      'EXTRACT(epoch FROM (completed_at - started_at))',
      'Generated: completed_at − started_at, s (seed `runtime_seconds`).',
      true,
    ),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['workflow_id', 'run_id', 'activity_id', 'attempt'], nullsNotDistinct: true }],
    indexes: [
      { keys: 'completed_at', why: 'window statistics, retention' },
      { keys: 'task_name, completed_at', why: 'task_name, widened; filter by type' },
      { keys: 'status, completed_at', why: 'status, widened; failures' },
    ],
    checks: { activity: "((task_kind = 'activity'::text) = (activity_id IS NOT NULL))", attempt: '(attempt >= 1)' },
  },
);
