import type { z } from 'zod';
import type { CreateJob, Job, JobSummary, StartExecution } from '../../contracts/job.ts';
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
  variables: [{ key: 'LIMIT', type: 'number', value: 90, is_secret: false, is_required: false }],
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
