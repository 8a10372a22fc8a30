import type { z } from 'zod';
import type { TargetTest, TestTargets, UpdatedTargets, UpdateTargets } from '../../contracts/target-bulk.ts';
import type { TargetJob, TargetRun, TargetStatistics } from '../../contracts/target-views.ts';
import { CONNECTION_TEST } from './targets.ts';

export const TEST_TARGETS: z.input<typeof TestTargets> = { selector: 'env=production,team!=web' };

export const TARGET_TEST: TargetTest = { ...CONNECTION_TEST, target_serial: 'T20250001', target_name: 'web1' };

export const UPDATE_TARGETS: z.input<typeof UpdateTargets> = {
  selector: 'env=staging,os=linux',
  set: { status: 'maintenance' },
  add_labels: { team: 'web' },
  remove_labels: ['rack'],
};

export const UPDATED_TARGETS: UpdatedTargets = { total: 2, changed: ['T20250001'], dry_run: false };

export const TARGET_STATISTICS: TargetStatistics = {
  total: 2,
  by_type: { system: 2 },
  by_os: { linux: 1, windows: 1 },
  by_environment: { production: 2 },
  by_status: { active: 1, maintenance: 1 },
  by_health: { unknown: 2 },
  by_method: { ssh: 2, winrm: 1 },
};

export const TARGET_RUN: TargetRun = {
  branch_serial: 'J20250001.0001.0001',
  execution_serial: 'J20250001.0001',
  job_serial: 'J20250001',
  job_name: 'Renew certificates',
  status: 'failed',
  exit_code: 3,
  failure_category: 'command_execution',
  error_code: 'COMMAND_FAILED',
  result_error: 'The command ended with exit code 3.',
  created_at: '2025-03-01T08:00:00.000Z',
  started_at: '2025-03-01T08:00:01.000Z',
  completed_at: '2025-03-01T08:00:02.000Z',
};

export const TARGET_JOB: TargetJob = { job_serial: 'J20250001', name: 'Renew certificates', by: 'selector' };
