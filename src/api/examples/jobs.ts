import type { z } from 'zod';
import type { CreateJob, Job, JobSummary, StartExecution } from '../../contracts/job.ts';
import type { JobCheck } from '../../contracts/job-check.ts';
import type { JobsStatistics, JobStatistics, JobUse } from '../../contracts/job-statistics.ts';
import type { JobTarget } from '../../contracts/job-target.ts';
import type { CloneJob, CreateTemplate, JobFromTemplate } from '../../contracts/job-template.ts';
import type { JobComparison, JobVersion } from '../../contracts/job-version.ts';
import type { JobPlan, PlanJob } from '../../contracts/plan.ts';

export const CREATE_JOB: z.input<typeof CreateJob> = {
  name: 'Disk space',
  variables: [{ key: 'LIMIT', type: 'number', value: 90 }],
  settings: { tags: ['daily'] },
  targets: ['T20250001'],
  actions: [{ action_type: 'command', action_name: 'Look', action_parameters: { command: 'df -h /' } }],
};

export const JOB_SUMMARY: JobSummary = {
  job_serial: 'J20250001',
  job_uuid: '6fa459ea-ee8a-4ca4-894e-db77e160355e',
  name: 'Disk space',
  description: null,
  job_type: 'command',
  status: 'draft',
  priority: 5,
  tags: ['daily'],
  created_by: 'anna',
  definition_source: 'api',
  last_execution: {
    execution_serial: 'J20250001.0007',
    status: 'completed',
    created_at: '2025-03-02T08:00:00.000Z',
    completed_at: '2025-03-02T08:00:04.000Z',
  },
  definition_version: 1,
  created_at: '2025-03-01T08:00:00.000Z',
  updated_at: '2025-03-01T08:00:00.000Z',
  started_at: null,
  completed_at: null,
};

export const JOB: Job = {
  ...JOB_SUMMARY,
  timeout_seconds: null,
  retry_count: 0,
  variables: [{ key: 'LIMIT', type: 'number', value: 90, is_secret: false, is_required: false, is_input: false }],
  settings: { tags: ['daily'] },
  actions: [
    {
      action_order: 1,
      action_key: 'look',
      action_name: 'Look',
      action_type: 'command',
      action_parameters: { command: 'df -h /' },
      action_config: {},
      is_enabled: true,
      timeout_seconds: 300,
      retry_count: null,
      retry_delay_seconds: 5,
      on_failure: 'stop',
      conditions: [],
      dependencies: [],
      rollback: [],
    },
  ],
  target_count: 1,
  targets: ['T20250001'],
  target_selector: null,
  template: null,
  change_note: null,
};

export const CLONE_JOB: z.input<typeof CloneJob> = { name: 'Disk space of the mail servers', target_selector: 'team=mail' };

export const CREATE_TEMPLATE: z.input<typeof CreateTemplate> = {
  name: 'Disk space',
  variables: [{ key: 'LIMIT', type: 'number', value: 90, is_input: true, min: 1, max: 100 }],
  actions: [{ action_type: 'command', action_name: 'Look', action_parameters: { command: 'df -h /' } }],
};

export const TEMPLATE: Job = { ...JOB, last_execution: null, target_count: 0, targets: [] };

export const JOB_FROM_TEMPLATE: z.input<typeof JobFromTemplate> = {
  name: 'Disk space of the web servers',
  target_selector: 'env=production,team=web',
  parameters: { LIMIT: 80 },
};

export const JOB_VERSION: JobVersion = {
  definition_version: 2,
  is_current: true,
  name: 'Disk space',
  change_note: 'The limit was too low.',
  created_by: 'anna',
  created_at: '2025-03-02T08:00:00.000Z',
};

export const JOB_COMPARISON: JobComparison = {
  job_serial: 'J20250001',
  from_version: 1,
  to_version: 2,
  differences: [{ path: 'variables.LIMIT.value', change: 'changed', before: 90, after: 95 }],
};

export const JOB_CHECK: JobCheck = {
  is_valid: false,
  problems: [
    { path: 'actions.0.action_parameters.command', message: 'refers to the variable LIMIT, which is not declared', code: 'VALIDATION' },
  ],
  warnings: [{ path: 'targets', message: 'has none: a run must name its targets' }],
};

export const JOB_TARGET: JobTarget = {
  target_serial: 'T20250001',
  name: 'web1',
  status: 'active',
  os_type: 'linux',
  environment: 'production',
};

const RUNS = {
  days: 30,
  is_complete: true,
  runs: { scheduled: 0, running: 0, completed: 29, failed: 1, cancelled: 0 },
  success_rate: 0.9667,
  duration_seconds: { average: 4.2, median: 4, p95: 6.1, longest: 8.9 },
};

export const JOB_STATISTICS: JobStatistics = {
  job_serial: 'J20250001',
  ...RUNS,
  branches: { total: 300, completed: 298, failed: 2, cancelled: 0 },
  failures: { branches: 1 },
  last_completed_at: '2025-03-02T08:00:04.000Z',
  last_failed_at: '2025-02-20T08:00:09.000Z',
};

export const JOBS_STATISTICS: JobsStatistics = {
  jobs: 1,
  templates: 0,
  by_status: { draft: 0, scheduled: 0, running: 0, completed: 1, failed: 0, cancelled: 0 },
  by_type: { command: 1, script: 0, file_transfer: 0, composite: 0 },
  ...RUNS,
  most_failed: [{ job_serial: 'J20250001', name: 'Disk space', failed: 1, runs: 30 }],
};

export const JOB_USE: JobUse = {
  job_serial: 'J20250001',
  schedules: [],
  schedules_total: 0,
  jobs: [],
  jobs_total: 0,
  targets_total: 1,
  open_runs: [],
  open_runs_total: 0,
  runs_total: 7,
};

export const START_EXECUTION: z.input<typeof StartExecution> = { targets: ['T20250001'], variables: { LIMIT: 80 } };

export const PLAN_JOB: z.input<typeof PlanJob> = { probe: false, limit: 20 };

export const JOB_PLAN: JobPlan = {
  job_serial: 'J20250001',
  job_name: 'Disk space',
  definition_version: 1,
  total_targets: 1,
  left_out_total: 0,
  left_out: [],
  targets: [
    {
      target_serial: 'T20250001',
      target_name: 'web1',
      steps: [
        {
          action_order: 1,
          action_key: 'look',
          action_name: 'Look',
          action_type: 'command',
          parent: null,
          slot: null,
          case: null,
          verdict: 'runs',
          reason: null,
          method: 'ssh_1',
          texts: [{ field: 'command', text: 'df -h /' }],
          weaknesses: [],
        },
      ],
      probes: [],
    },
  ],
  next: null,
};
