import { z } from 'zod';

export const ScheduleType = z.enum(['once', 'recurring', 'cron']);

export const RecurringType = z.enum(['minutes', 'hours', 'daily', 'weekly', 'monthly']);

export const ScheduleStatus = z.enum(['active', 'paused', 'expired']);

/** Temporal's overlap policies. */
export const OverlapPolicy = z.enum(['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'terminate_other', 'allow_all']);

/** `code`: managed by a deploy, read-only in the API. */
export const DefinitionSource = z.enum(['code', 'api']);

export const SyncStatus = z.enum(['pending', 'synced', 'error']);

export const ScheduleExecutionStatus = z.enum(['scheduled', 'running', 'completed', 'failed', 'skipped']);

export const FiringType = z.enum(['planned', 'backfill', 'run_now']);

export const SkipReason = z.enum([
  'overlap',
  'paused',
  'missed_catchup',
  'job_deleted',
  'max_executions',
  'ended',
  'no_targets',
  'blackout',
  'maintenance',
]);

export const BlackoutEffect = z.enum(['skip', 'postpone']);
