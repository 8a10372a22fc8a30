import type { ActionSummaries, ExecutionComparison, ExecutionCounts, ExecutionSummary } from '../../contracts/execution-summary.ts';
import { EXECUTION } from './executions.ts';

export const EXECUTION_COUNTS: ExecutionCounts = {
  scheduled: 1,
  running: 2,
  completed: 10_000,
  failed: 37,
  cancelled: 0,
  total: 10_040,
  is_capped: true,
};

const duration = { min_ms: 310, avg_ms: 742, p95_ms: 1_904, max_ms: 2_350 };

export const EXECUTION_SUMMARY: ExecutionSummary = {
  branches: { scheduled: 0, running: 0, completed: 98, failed: 2, cancelled: 0 },
  failures: [{ failure_category: 'communication', error_code: 'CONNECTION_TIMED_OUT', branches: 2 }],
  batches: [
    { batch_number: 1, scheduled: 0, running: 0, completed: 1, failed: 0, cancelled: 0 },
    { batch_number: 2, scheduled: 0, running: 0, completed: 97, failed: 2, cancelled: 0 },
  ],
  duration,
};

export const ACTION_SUMMARIES: ActionSummaries = {
  data: [
    {
      action_order: 1,
      action_name: 'Look',
      action_type: 'command',
      running: 0,
      completed: 98,
      failed: 2,
      cancelled: 0,
      skipped: 0,
      unresolved: 0,
      attempts: 103,
      targets: 100,
      duration,
    },
  ],
};

export const EXECUTION_COMPARISON: ExecutionComparison = {
  first: EXECUTION,
  second: { ...EXECUTION, execution_serial: 'J20250001.0002', workflow_id: 'job/J20250001.0002' },
  data: [
    {
      target_serial: 'T20250001',
      target_name: 'web1',
      differences: ['status', 'exit_code', 'failure', 'output'],
      first: {
        branch_serial: 'J20250001.0001.0001',
        status: 'completed',
        exit_code: 0,
        failure_category: null,
        error_code: null,
        duration_ms: 310,
      },
      second: {
        branch_serial: 'J20250001.0002.0001',
        status: 'failed',
        exit_code: 3,
        failure_category: 'command_execution',
        error_code: 'COMMAND_FAILED',
        duration_ms: 290,
      },
    },
  ],
  next: null,
};
