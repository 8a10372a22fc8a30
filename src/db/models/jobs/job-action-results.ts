import { bigint, boolean, identity, integer, jsonObject, oneOf, text, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { JobActionResultsDecision, JobActionResultsLateResult } from '../../../contracts/json/jobs.ts';
import { ActionResolution, ActionResultStatus, ActionSkipReason, ActionType, FailureCategory } from '../../../contracts/enums.ts';

export const JobActionResultModel = defineTable(
  'job_action_results',
  'One attempt of one action on one target.',
  {
    id: identity('Primary key.'),
    branch_id: bigint('Branch.'),
    action_id: bigint('Action row; null after a purge of the version.', { null: true }),
    action_serial: varchar(100, 'branch_serial + `.` + at least 4 digits of action_order; the same for all attempts.'),
    action_order: integer('Copy of the position.'),
    iteration: integer('How often the branch has reached this action, over all enclosing loops.', { default: '1' }),
    attempt: integer('Try number, from 1, given by the workflow; each try is its own activity with one Temporal attempt.', {
      default: '1',
    }),
    is_final: boolean('This attempt decides the action.', { default: 'false' }),
    action_name: varchar(255, 'Copy of the name.'),
    action_type: oneOf(ActionType, 'Copy of the kind.'),
    status: oneOf(ActionResultStatus, 'State.', { default: 'scheduled' }),
    skip_reason: oneOf(ActionSkipReason, 'Why it was skipped.', { null: true }),
    failure_category: oneOf(
      FailureCategory,
      'Class of the failure; `lost` = outcome unknown, retried by itself only with delivery at_least_once.',
      { null: true },
    ),
    error_code: varchar(50, 'Code of the OpsError.', { null: true }),
    started_at: timestamptz('Start of the attempt.', { null: true }),
    completed_at: timestamptz('End of the attempt.', { null: true }),
    execution_time_ms: integer('Duration, ms.', { null: true }),
    result_output: text('Standard output or response, its last `max_output_bytes` (setting, 1 MiB).', { null: true }),
    result_error: text('Standard error or error text, same limit.', { null: true }),
    output_truncated: boolean('Something was cut.', { default: 'false' }),
    output_masked: boolean('A secret was masked in its output or error: these are not what the action said.', { default: 'false' }),
    output_bytes: bigint('Size of both streams before the cut, bytes.', { null: true }),
    output_lines: integer('Its output rows in job_execution_logs.', { default: '0' }),
    exit_code: integer('Exit code or HTTP status; null when there is none.', { null: true }),
    command_executed: text('Rendered command with secrets masked.', { null: true }),
    late_result: jsonObject(JobActionResultsLateResult, 'Result that arrived after the attempt was closed as lost or timed out.', {
      null: true,
    }),
    resolution: oneOf(
      ActionResolution,
      'Answer to an approval, or what a person found out about a lost attempt, or that a person skipped it.',
      { null: true },
    ),
    resolution_note: text('Their words.', { null: true }),
    resolved_by: bigint('Who; null = the timeout of an approval.', { null: true }),
    resolved_at: timestamptz('When.', { null: true }),
    skip_requested_at: timestamptz('A person asked to skip it; its workflow is told until it has ended.', { null: true }),
    decision: jsonObject(
      JobActionResultsDecision,
      'Way that a condition took, and in which turn: what is asked again gets the same answer.',
      {
        null: true,
      },
    ),
    activity_id: varchar(255, 'Temporal activity id.', { null: true }),
    worker_identity: varchar(255, 'Worker that ran it.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['action_serial', 'iteration', 'attempt'] }],
    foreignKeys: [
      references('branch_id', 'job_execution_branches', 'CASCADE'),
      references('action_id', 'job_actions', 'SET NULL'),
      references('resolved_by', 'users', 'SET NULL'),
    ],
    indexes: [
      {
        keys: 'branch_id, action_order, iteration',
        name: 'uq_job_action_results_branch_id_action_order_iteration_final',
        isUnique: true,
        where: 'is_final',
        why: 'at most one such row',
      },
      { keys: 'branch_id', why: 'FK, all attempts of a branch' },
      { keys: 'action_id', why: 'FK, success rate of an action' },
      {
        keys: 'completed_at',
        name: 'idx_job_action_results_completed_at_failed',
        where: "(is_final AND (status = 'failed'::text))",
        why: 'error summary of a period',
      },
      {
        keys: 'started_at',
        name: 'idx_job_action_results_started_at_approval',
        where: "((action_type = 'approval'::text) AND (status = 'running'::text))",
        why: 'what waits for a person',
      },
      {
        keys: 'branch_id',
        name: 'idx_job_action_results_branch_id_unresolved',
        where:
          "((resolved_at IS NULL) AND ((failure_category = 'lost'::text) OR ((error_code)::text = ANY ((ARRAY['CONNECTION_LOST'::character varying, 'OUTCOME_UNKNOWN'::character varying])::text[]))))",
        why: 'what a person must look at',
      },
      { keys: 'resolved_by', where: '(resolved_by IS NOT NULL)', why: 'FK' },
    ],
    checks: {
      action_serial_format: "((action_serial)::text ~ '^J[0-9]{8,}([.][0-9]{4,}){3}$'::text)",
      attempt: '((attempt >= 1) AND (iteration >= 1))',
      completed_at:
        "((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text, 'skipped'::text])) = (completed_at IS NOT NULL))",
      final_closed: '((NOT is_final) OR (completed_at IS NOT NULL))',
      skip_reason_set: "((status = 'skipped'::text) = (skip_reason IS NOT NULL))",
      resolved: '(((resolution IS NULL) = (resolved_at IS NULL)) AND ((resolution IS NOT NULL) OR (resolved_by IS NULL)))',
      output_lines: '(output_lines >= 0)',
    },
  },
);
