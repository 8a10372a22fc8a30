import { childSerial, jobWorkflowId } from '../../src/domain/serials.ts';
import type { Row } from './copy-rows.ts';
import { ACTIONS, LINES_PER_BRANCH, USERS } from './volume.ts';
import type { Filled, FilledRun } from './volume.ts';

export type BranchState = FilledRun['status'];

/** A branch of the fill; times in milliseconds. */
export interface FilledBranch {
  id: number;
  /** From 0. */
  index: number;
  state: BranchState;
  lines: number;
  startedAt: number;
  /** When it has ended, if it has. */
  endedAt: number;
}

/** How long a branch runs. */
export const BRANCH_MS = 6_000;
const COMMAND = 'systemctl restart nginx && systemctl status nginx';
const FAILURE = 'curl: (7) Failed to connect to 127.0.0.1 port 8080 after 0 ms: Connection refused';
const OUTPUT = [
  'Stopping nginx.service - A high performance web server and a reverse proxy server...',
  '10.20.0.7 - - "GET /api/v1/orders/8812 HTTP/1.1" 200 5316 "-" "Mozilla/5.0 (X11; Linux x86_64)"',
  'Active: active (running) since Mon 06:25:01 UTC; 3 days ago; main process 1187 (nginx)',
  'Reading package lists... Building dependency tree... 0 upgraded, 0 newly installed, 0 to remove',
  'Filesystem /dev/mapper/vg0-root 49G 21G 26G 45% /',
];
const EXIT_CODE: Readonly<Record<string, number>> = { completed: 0, failed: 1 };

const time = (ms: number): string => new Date(ms).toISOString();
const hasEnded = (state: BranchState): boolean => state !== 'scheduled' && state !== 'running';
const failureOf = (state: string) => ({
  failure_category: state === 'failed' ? 'command_execution' : null,
  error_code: state === 'failed' ? 'COMMAND_FAILED' : null,
  result_error: state === 'failed' ? FAILURE : null,
});

export const executionRow = (run: FilledRun, jobId: number, states: readonly BranchState[], endedAt: number): Row => {
  const count = (state: BranchState): number => states.filter((other) => other === state).length;
  const isEnded = hasEnded(run.status);
  const user = 2 + (run.id % USERS);
  return {
    id: run.id,
    job_id: jobId,
    execution_serial: run.serial,
    execution_number: run.number,
    definition_version: 3,
    status: run.status,
    trigger_type: run.id % 4 === 0 ? 'api' : 'manual',
    triggered_by: user,
    total_branches: states.length,
    completed_branches: count('completed'),
    failed_branches: count('failed'),
    cancelled_branches: count('cancelled'),
    cancel_requested_at: run.status === 'cancelled' ? time(endedAt - 1_000) : null,
    cancel_requested_by: run.status === 'cancelled' ? user : null,
    workflow_id: jobWorkflowId(run.serial),
    run_id: `run-${run.serial}`,
    closed_by: isEnded ? 'workflow' : null,
    scheduled_at: time(run.createdAt),
    started_at: run.status === 'scheduled' ? null : time(run.createdAt),
    completed_at: isEnded ? time(endedAt) : null,
    created_at: time(run.createdAt),
    updated_at: time(isEnded ? endedAt : run.createdAt),
  };
};

export const branchRow = (run: FilledRun, { id, index, state, lines, ...times }: FilledBranch, target: Filled['targets'][number]): Row => {
  const isBegun = state !== 'scheduled';
  const endedAt = hasEnded(state) ? time(times.endedAt) : null;
  return {
    id,
    job_execution_id: run.id,
    target_id: target.id,
    branch_serial: childSerial(run.serial, index + 1),
    branch_number: index + 1,
    target_serial_ref: target.serial,
    target_name_ref: target.name,
    status: state,
    ...failureOf(state),
    result_output: hasEnded(state) ? `${state === 'completed' ? 2 : 0} of 2 executed actions completed` : null,
    exit_code: EXIT_CODE[state] ?? null,
    last_line_number: lines,
    workflow_id: `${run.serial}/b/${target.serial}`,
    run_id: isBegun ? `run-${id}` : null,
    closed_by: hasEnded(state) ? 'workflow' : null,
    scheduled_at: time(run.createdAt),
    started_at: isBegun ? time(times.startedAt) : null,
    completed_at: endedAt,
    created_at: time(run.createdAt),
    updated_at: endedAt ?? time(isBegun ? times.startedAt : run.createdAt),
  };
};

const SECOND_ACTION: Readonly<Record<BranchState, string>> = {
  scheduled: 'scheduled',
  running: 'running',
  completed: 'completed',
  failed: 'skipped',
  cancelled: 'cancelled',
};

/** Both actions of an ended branch are decided; of a running one the second still runs. */
export const resultRow = (id: number, run: FilledRun, branch: FilledBranch, order: 1 | 2, actionId: number): Row => {
  const first = branch.state === 'running' ? 'completed' : branch.state;
  const state = order === 1 ? first : SECOND_ACTION[branch.state];
  const isRun = state !== 'skipped';
  const startedAt = branch.startedAt + (order - 1) * (BRANCH_MS / 2);
  const endedAt = state === 'running' ? null : time(startedAt + BRANCH_MS / 3);
  return {
    id,
    branch_id: branch.id,
    action_id: actionId,
    action_serial: childSerial(childSerial(run.serial, branch.index + 1), order),
    action_order: order,
    is_final: endedAt !== null,
    action_name: ACTIONS[order - 1] ?? '',
    action_type: 'command',
    status: state,
    skip_reason: isRun ? null : 'branch_stopped',
    ...failureOf(state),
    started_at: isRun ? time(startedAt) : null,
    completed_at: endedAt,
    execution_time_ms: isRun && endedAt !== null ? BRANCH_MS / 3 : null,
    result_output: isRun ? (OUTPUT[order] ?? null) : null,
    output_bytes: isRun ? 500 : null,
    output_lines: order === 1 ? 2 : branch.lines - 2,
    exit_code: EXIT_CODE[state] ?? null,
    command_executed: isRun ? COMMAND : null,
    activity_id: isRun ? String(order) : null,
    worker_identity: isRun ? 'worker-1:4711' : null,
    created_at: time(startedAt),
    updated_at: endedAt ?? time(startedAt),
  };
};

export const outputRow = (id: number, run: FilledRun, branch: FilledBranch, number: number, writtenAt: number, isError: boolean): Row => ({
  id,
  timestamp: time(writtenAt),
  job_execution_id: run.id,
  branch_id: branch.id,
  line_number: number,
  stream: isError ? 'stderr' : 'stdout',
  log_phase: 'action_execution',
  log_level: isError ? 'warning' : 'info',
  log_category: 'command_execution',
  log_message: isError ? FAILURE : (OUTPUT[(number + branch.index) % OUTPUT.length] ?? ''),
  log_details: `{"action_serial": "${run.serial}.${branch.index + 1}.${number < LINES_PER_BRANCH / 2 ? 1 : 2}", "iteration": 1, "attempt": 1}`,
  created_at: time(writtenAt),
});
