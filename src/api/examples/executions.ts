import type { AnswerApproval, Approval, ResolveAttempt } from '../../contracts/action-answers.ts';
import type { ActionResult, Branch, Execution, LogLine, OneExecution, TargetLock } from '../../contracts/execution.ts';
import type { FoundLine } from '../../contracts/log-search.ts';
import type { AnswerBatch, ChangeExecution, SkipAction, SteeredExecution, SteerNote } from '../../contracts/steering.ts';

const CREATED = '2025-03-01T09:00:00.000Z';
const STARTED = '2025-03-01T09:00:01.000Z';
const COMPLETED = '2025-03-01T09:00:04.000Z';

export const EXECUTION: Execution = {
  execution_serial: 'J20250001.0001',
  execution_uuid: '16fd2706-8baf-433b-82eb-8c7fada847da',
  job_serial: 'J20250001',
  job_name: 'Disk space',
  definition_version: 1,
  status: 'running',
  trigger_type: 'manual',
  triggered_by: 'admin',
  max_concurrent_targets: 20,
  total_branches: 1,
  completed_branches: 0,
  failed_branches: 0,
  cancelled_branches: 0,
  unresolved_attempts: 0,
  failure_category: null,
  fault: null,
  error_code: null,
  error_message: null,
  cancel_requested_at: null,
  paused_at: null,
  hold_reason: null,
  resumes_at: null,
  rollout: {},
  retry_of: null,
  workflow_id: 'job/J20250001.0001',
  run_id: '6c84fb90-12c4-41a3-8a5f-1f6c5f3a0e55',
  closed_by: null,
  created_at: CREATED,
  started_at: STARTED,
  completed_at: null,
};

export const ONE_EXECUTION: OneExecution = { ...EXECUTION, target_selection: { source: 'run', selector: 'env=production,os=linux' } };

export const STEERED: SteeredExecution = { ...EXECUTION, acknowledged: true };

export const BRANCH: Branch = {
  branch_serial: 'J20250001.0001.0001',
  branch_number: 1,
  batch_number: 1,
  retry_number: 0,
  target_serial: 'T20250001',
  target_name: 'web1',
  status: 'completed',
  exit_code: 0,
  failure_category: null,
  fault: null,
  error_code: null,
  result_output: '42%\n',
  result_error: null,
  output_cut: false,
  last_line_number: 1,
  workflow_id: 'J20250001.0001/b/T20250001',
  closed_by: 'workflow',
  hold_reason: null,
  lock_acquired_at: STARTED,
  waits_for: null,
  started_at: STARTED,
  completed_at: COMPLETED,
  updated_at: COMPLETED,
};

export const ACTION_RESULT: ActionResult = {
  action_serial: 'J20250001.0001.0001.0001',
  branch_serial: 'J20250001.0001.0001',
  target_serial: 'T20250001',
  action_order: 1,
  action_name: 'Look',
  action_type: 'command',
  iteration: 1,
  attempt: 1,
  is_final: true,
  status: 'completed',
  skip_reason: null,
  failure_category: null,
  fault: null,
  error_code: null,
  exit_code: 0,
  command_executed: 'df -h /',
  result_output: '42%\n',
  result_error: null,
  output_cut: false,
  output_truncated: false,
  output_bytes: 4,
  output_lines: 1,
  execution_time_ms: 180,
  worker_identity: 'worker-1',
  started_at: STARTED,
  completed_at: COMPLETED,
  resolution: null,
  resolution_note: null,
  resolved_by: null,
  resolved_at: null,
};

export const LOG_LINE: LogLine = {
  timestamp: COMPLETED,
  branch_serial: 'J20250001.0001.0001',
  target_name: 'web1',
  line_number: 1,
  stream: 'stdout',
  log_phase: 'action_execution',
  log_level: 'info',
  log_category: 'command_execution',
  log_message: '42%',
  log_details: null,
};

export const FOUND_LINE: FoundLine = {
  ...LOG_LINE,
  job_serial: 'J20250001',
  execution_serial: 'J20250001.0001',
  target_serial: 'T20250001',
};

export const TARGET_LOCK: TargetLock = {
  target_serial: 'T20250001',
  target_name: 'web1',
  branch_serial: 'J20250001.0001.0001',
  execution_serial: 'J20250001.0001',
  job_name: 'Disk space',
  state: 'holds',
  since: STARTED,
};

export const APPROVAL: Approval = {
  action_serial: 'J20250001.0001.0001.0002',
  iteration: 1,
  execution_serial: 'J20250001.0001',
  branch_serial: 'J20250001.0001.0001',
  job_name: 'Disk space',
  target_serial: 'T20250001',
  target_name: 'web1',
  action_name: 'May it be cleaned?',
  message: 'The disk is 95% full.',
  approvers: [{ type: 'user', value: 'admin' }],
  asked_at: STARTED,
  expires_at: '2025-03-01T10:00:01.000Z',
  on_timeout: 'fail',
};

export const STEER_NOTE: SteerNote = { note: 'Disk is being replaced' };
export const ANSWER_BATCH: AnswerBatch = { answer: 'approved', note: 'The first batch looks well' };
export const CHANGE_EXECUTION: ChangeExecution = { max_concurrent_targets: 5 };
export const RETRY_BRANCHES = { from: 'failed_action', note: 'The disk was replaced' } as const;
export const SKIP_ACTION: SkipAction = { action_order: 2 };
export const ANSWER_APPROVAL: AnswerApproval = { answer: 'approved', note: 'As agreed' };
export const RESOLVE_ATTEMPT: ResolveAttempt = { outcome: 'succeeded', note: 'The package is there: dpkg -l says so' };
