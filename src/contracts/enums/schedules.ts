import { z } from 'zod';

export const ScheduleType = z.enum(['once', 'recurring', 'cron']);
export type ScheduleType = z.infer<typeof ScheduleType>;

export const RecurringType = z.enum(['minutes', 'hours', 'daily', 'weekly', 'monthly']);
export type RecurringType = z.infer<typeof RecurringType>;

export const ScheduleStatus = z.enum(['active', 'paused', 'expired']);
export type ScheduleStatus = z.infer<typeof ScheduleStatus>;

/** Temporal's overlap policies. */
export const OverlapPolicy = z.enum(['skip', 'buffer_one', 'buffer_all', 'cancel_other', 'terminate_other', 'allow_all']);
export type OverlapPolicy = z.infer<typeof OverlapPolicy>;

/** `code`: managed by a deploy, read-only in the API. */
export const DefinitionSource = z.enum(['code', 'api']);
export type DefinitionSource = z.infer<typeof DefinitionSource>;

export const SyncStatus = z.enum(['pending', 'synced', 'error']);
export type SyncStatus = z.infer<typeof SyncStatus>;

export const ScheduleExecutionStatus = z.enum(['scheduled', 'running', 'completed', 'failed', 'skipped']);
export type ScheduleExecutionStatus = z.infer<typeof ScheduleExecutionStatus>;

export const FiringType = z.enum(['planned', 'backfill', 'run_now']);
export type FiringType = z.infer<typeof FiringType>;

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
export type SkipReason = z.infer<typeof SkipReason>;

export const BlackoutEffect = z.enum(['skip', 'postpone']);
export type BlackoutEffect = z.infer<typeof BlackoutEffect>;
