import { z } from 'zod';
import { Instant } from './instant.ts';
import {
  ActionResolution,
  ActionResultStatus,
  ActionSkipReason,
  ActionType,
  ClosedBy,
  ExecutionStatus,
  ExecutionTrigger,
  FailureCategory,
  HoldReason,
  LogCategory,
  LogLevel,
  LogPhase,
  OutputStream,
} from './enums.ts';
import { listQuery } from './list.ts';
import { Rollout } from './rollout.ts';
import { serialOrUuid } from './serial-key.ts';
import { Uuid } from './target.ts';
import { Text } from './text.ts';

export const ExecutionSerial = z
  .string()
  .regex(/^J\d{8,19}\.\d{4,10}$/, 'must be an execution serial such as J20250001.0001')
  .meta({ example: 'J20250001.0001' });
/** A run by its serial or by its uuid. */
export const ExecutionKey = serialOrUuid(/J\d{8,19}\.\d{4,10}/, 'a run', 'J20250001.0001');
export const BranchSerial = z
  .string()
  .regex(/^J\d{8,19}(\.\d{4,10}){2}$/, 'must be a branch serial such as J20250001.0001.0001')
  .meta({ example: 'J20250001.0001.0001' });

const Fault = z
  .string()
  .nullable()
  .meta({ description: 'Whose fault a failure is: credentials, network, target, definition, a person, us.' });
const Time = z.iso.datetime();

export const Execution = z
  .object({
    execution_serial: ExecutionSerial,
    execution_uuid: Uuid,
    job_serial: z.string(),
    job_name: z.string(),
    definition_version: z.number().int(),
    status: ExecutionStatus,
    trigger_type: ExecutionTrigger,
    triggered_by: z.string().nullable().meta({ description: 'User name.' }),
    max_concurrent_targets: z.number().int(),
    total_branches: z.number().int(),
    completed_branches: z.number().int(),
    failed_branches: z.number().int(),
    cancelled_branches: z.number().int(),
    unresolved_attempts: z.number().int().meta({
      description: 'Attempts whose outcome is not known, and of which nobody has told it: a person must look at the target (`runs lost`).',
    }),
    failure_category: FailureCategory.nullable(),
    fault: Fault,
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    cancel_requested_at: Time.nullable(),
    paused_at: Time.nullable().meta({ description: 'Since when no further target begins; those at work go on.' }),
    hold_reason: HoldReason.nullable().meta({ description: 'Why.' }),
    resumes_at: Time.nullable().meta({ description: 'When it goes on by itself; null: a person must act.' }),
    rollout: Rollout,
    retry_of: ExecutionSerial.nullable().meta({ description: 'The run whose failed targets this one repeats.' }),
    workflow_id: z.string(),
    run_id: z.string().nullable(),
    closed_by: ClosedBy.nullable(),
    created_at: Time,
    started_at: Time.nullable(),
    completed_at: Time.nullable(),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof Execution>;

export const OneExecution = Execution.extend({
  target_selection: z
    .object({
      source: z.enum(['job', 'run']).meta({
        description: 'Whose it is: that of the version of the job which runs, or given when the run was started.',
      }),
      selector: z.string().nullable().meta({
        description: 'What targets had to be, or which labels they had to have, as the run started; null: a list names them.',
      }),
    })
    .meta({ description: 'By what the targets of the run were chosen.' }),
}).meta({ id: 'OneExecution' });
export type OneExecution = z.infer<typeof OneExecution>;

const runFilters = {
  status: ExecutionStatus.optional(),
  job: Text(20).optional().meta({ description: 'Serial of a job.' }),
  version: z.coerce
    .number()
    .int()
    .min(1)
    .max(2_147_483_647)
    .optional()
    .meta({ description: 'Version of the job that ran; together with `job`.' }),
  tag: Text(100).optional().meta({ description: 'A tag of the job.' }),
  search: Text(255).optional().meta({ description: 'Part of the name of the job.' }),
  trigger: ExecutionTrigger.optional(),
  triggered_by: Text(50).optional().meta({ description: 'User name.' }),
  target: Text(50).optional().meta({ description: 'Serial of a target that the run has a branch on.' }),
  failure_category: FailureCategory.optional(),
  has_failed: z.stringbool().optional().meta({ description: 'true: only runs with a target that failed, also while they go on.' }),
  retry_of: ExecutionSerial.optional().meta({ description: 'The run whose failed targets were repeated.' }),
  created_from: Instant.optional(),
  created_to: Instant.optional(),
  completed_from: Instant.optional(),
  completed_to: Instant.optional(),
};

export const ExecutionFilter = listQuery({ item: Execution, sorts: ['created'], sort: '-created' }, runFilters);
export type ExecutionFilter = z.infer<typeof ExecutionFilter>;

export const ExecutionCountFilter = z.strictObject(runFilters);
export type ExecutionCountFilter = z.infer<typeof ExecutionCountFilter>;

const MOST_OUTPUT = 16_777_216;
// Nothing is no number: `max_output=` would be taken for 0.
const MaxOutput = z
  .preprocess((text) => (text === '' ? Number.NaN : text), z.coerce.number().int().min(0).max(MOST_OUTPUT))
  .optional()
  .meta({
    description:
      'Bytes of each output that are shown, its last ones; `output_cut` says that there is more. The outputs of a page may together have 32 MiB.',
    default: 16_384,
  });
const OutputCut = z.boolean().meta({ description: 'There is more output than is shown here: ask with a larger `max_output`.' });

export const Branch = z
  .object({
    branch_serial: BranchSerial,
    branch_number: z.number().int(),
    batch_number: z.number().int(),
    retry_number: z.number().int().meta({ description: 'How often a person had it run again in this run.' }),
    target_serial: z.string(),
    target_name: z.string(),
    status: ExecutionStatus,
    exit_code: z.number().int().nullable(),
    failure_category: FailureCategory.nullable(),
    fault: Fault,
    error_code: z.string().nullable(),
    result_output: z.string().nullable(),
    result_error: z.string().nullable(),
    output_cut: OutputCut,
    last_line_number: z.number().int(),
    workflow_id: z.string().nullable(),
    closed_by: ClosedBy.nullable(),
    hold_reason: HoldReason.nullable(),
    lock_acquired_at: Time.nullable().meta({
      description: 'Since when it holds its target, until it has ended; null: waits, or shares it.',
    }),
    waits_for: BranchSerial.nullable().meta({ description: 'The branch that holds its target.' }),
    started_at: Time.nullable(),
    completed_at: Time.nullable(),
    updated_at: Time,
  })
  .meta({ id: 'Branch' });
export type Branch = z.infer<typeof Branch>;

export const BranchFilter = listQuery(
  { item: Branch, sorts: ['branch_number'], sort: 'branch_number' },
  {
    status: ExecutionStatus.optional(),
    target: Text(50).optional().meta({ description: 'Serial or name of a target.' }),
    search: Text(100).optional().meta({ description: 'Part of the name of the target.' }),
    failure_category: FailureCategory.optional(),
    error_code: Text(50).optional(),
    batch: z.coerce.number().int().min(1).max(1_000).optional(),
    max_output: MaxOutput,
  },
);
export type BranchFilter = z.infer<typeof BranchFilter>;

export const ActionResult = z
  .object({
    action_serial: z.string(),
    branch_serial: BranchSerial,
    target_serial: z.string(),
    action_order: z.number().int(),
    action_name: z.string(),
    action_type: ActionType,
    iteration: z.number().int(),
    attempt: z.number().int(),
    is_final: z.boolean(),
    status: ActionResultStatus,
    skip_reason: ActionSkipReason.nullable(),
    failure_category: FailureCategory.nullable(),
    fault: Fault,
    error_code: z.string().nullable(),
    exit_code: z.number().int().nullable(),
    command_executed: z.string().nullable(),
    result_output: z.string().nullable(),
    result_error: z.string().nullable(),
    output_cut: OutputCut,
    output_truncated: z.boolean().meta({ description: 'Not all of the output was kept.' }),
    output_bytes: z.number().int().nullable(),
    output_lines: z.number().int(),
    execution_time_ms: z.number().int().nullable(),
    worker_identity: z.string().nullable(),
    started_at: Time.nullable(),
    completed_at: Time.nullable(),
    resolution: ActionResolution.nullable().meta({
      description: 'The answer to an approval, or what a person found out about an attempt whose outcome was not known.',
    }),
    resolution_note: z.string().nullable(),
    resolved_by: z.string().nullable().meta({ description: 'Username; null: the time of an approval was over.' }),
    resolved_at: Time.nullable(),
  })
  .meta({ id: 'ActionResult' });
export type ActionResult = z.infer<typeof ActionResult>;

export const ResultFilter = listQuery(
  { item: ActionResult, sorts: ['branch'], sort: 'branch' },
  {
    status: ActionResultStatus.optional(),
    target: Text(50).optional(),
    branch: Text(100).optional(),
    action_order: z.coerce.number().int().min(1).max(10_000).optional(),
    final: z.stringbool().optional().meta({ description: 'true: only the attempt of each action that counts.' }),
    max_output: MaxOutput,
    unresolved: z
      .stringbool()
      .optional()
      .meta({ description: 'true: only attempts whose outcome is not known, and of which nobody has told it.' }),
  },
);
export type ResultFilter = z.infer<typeof ResultFilter>;

export const ActionSerial = z
  .string()
  .regex(/^J\d{8,19}(\.\d{4,10}){3}$/, 'must be an action serial such as J20250001.0001.0001.0001')
  .meta({ example: 'J20250001.0001.0001.0001' });

/** The attempts of one action. */
export const AttemptFilter = listQuery({ item: ActionResult, sorts: ['created'], sort: 'created' }, { max_output: MaxOutput });
export type AttemptFilter = z.infer<typeof AttemptFilter>;

export const OneBranch = z.strictObject({ max_output: MaxOutput });
export type OneBranch = z.infer<typeof OneBranch>;

export const LogLine = z
  .object({
    timestamp: Time,
    branch_serial: BranchSerial.nullable(),
    target_name: z.string().nullable(),
    line_number: z.number().int().nullable(),
    stream: OutputStream.nullable(),
    log_phase: LogPhase,
    log_level: LogLevel,
    log_category: LogCategory,
    log_message: z.string(),
    log_details: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'LogLine' });
export type LogLine = z.infer<typeof LogLine>;

export const LogFilter = listQuery(
  { item: LogLine, sorts: ['created'], sort: 'created', limit: { default: 500, max: 5_000 } },
  {
    branch: Text(100).optional(),
    target: Text(50).optional(),
    stream: OutputStream.optional(),
    level: LogLevel.optional(),
  },
);
export type LogFilter = z.infer<typeof LogFilter>;

export const TargetLock = z
  .object({
    target_serial: z.string(),
    target_name: z.string(),
    branch_serial: BranchSerial,
    execution_serial: ExecutionSerial,
    job_name: z.string(),
    state: z.enum(['holds', 'waits']),
    since: Time,
  })
  .meta({ id: 'TargetLock', description: 'A branch that holds its target, or waits for it.' });
export type TargetLock = z.infer<typeof TargetLock>;

export const LockFilter = listQuery({ item: TargetLock, sorts: ['created'], sort: 'created' }, { target: Text(50).optional() });
export type LockFilter = z.infer<typeof LockFilter>;
