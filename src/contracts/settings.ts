import { z } from 'zod';
import { DANGEROUS_PATTERNS } from './dangerous-patterns.ts';

const MAX_DAYS = 3_650;
const days = (kept: number) => z.number().int().min(1).max(MAX_DAYS).default(kept);

const isExpression = (text: string): boolean => {
  try {
    return new RegExp(text, 'im') instanceof RegExp;
  } catch {
    return false;
  }
};
const Expression = z.string().min(1).max(1_000).refine(isExpression, 'must be a regular expression');

/** The runtime settings that are read so far, with type, range and default (data model, 11.3). */
export const Settings = z.object({
  session_timeout_seconds: z.number().int().min(60).max(86_400).default(28_800),
  inactivity_timeout_minutes: z.number().int().min(5).max(480).default(60),
  max_concurrent_jobs: z.number().int().min(1).max(1_000).default(50),
  max_concurrent_targets: z.number().int().min(1).max(200).default(20),
  connection_timeout_seconds: z.number().int().min(1).max(300).default(30),
  command_timeout_seconds: z.number().int().min(1).max(86_400).default(300),
  execution_timeout_seconds: z.number().int().min(60).max(604_800).default(1_800),
  retry_backoff_coefficient: z.number().min(1).max(10).default(2),
  max_output_bytes: z.number().int().min(1_024).max(16_777_216).default(1_048_576),
  max_log_bytes: z.number().int().min(1_024).max(17_179_869_184).default(67_108_864),
  max_artifact_bytes: z.number().int().min(1_024).max(17_179_869_184).default(1_073_741_824),
  log_retention_days: days(30),
  task_history_retention_days: days(30),
  metrics_minute_retention_days: days(7),
  metrics_hour_retention_days: days(90),
  metrics_retention_days: days(730),
  health_snapshot_retention_days: days(90),
  notification_retention_days: days(90),
  alert_retention_days: days(365),
  audit_retention_days: days(365),
  artifact_retention_days: days(30),
  schedule_history_retention_days: days(365),
  execution_retention_days: z.number().int().min(0).max(MAX_DAYS).default(0),
  purge_after_days: z.number().int().min(0).max(MAX_DAYS).default(30),
  dangerous_command_patterns: z
    .array(Expression)
    .max(200)
    .default(() => [...DANGEROUS_PATTERNS]),
  maintenance_mode: z.boolean().default(false),
  password_min_length: z.number().int().min(8).max(128).default(12),
  login_max_failures: z.number().int().min(1).max(1_000).default(5),
  login_lock_minutes: z.number().int().min(1).max(1_440).default(15),
});
export type Settings = z.infer<typeof Settings>;
