import { z } from 'zod';

export const TaskKind = z.enum(['workflow', 'activity']);

/** Temporal's close statuses, and `running`. */
export const TaskStatus = z.enum(['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed_out', 'continued_as_new']);

export const IdempotencyState = z.enum(['in_progress', 'completed']);

/** `anonymous`: a failed login of an unknown name. */
export const ActorType = z.enum(['user', 'api_token', 'system', 'anonymous']);

export const AuditEventType = z.enum([
  'user_login',
  'user_logout',
  'user_created',
  'user_updated',
  'user_deleted',
  'target_created',
  'target_updated',
  'target_deleted',
  'target_connection_test',
  'job_created',
  'job_updated',
  'job_deleted',
  'job_executed',
  'bulk_operation',
  'system_config_changed',
  'security_violation',
  'data_export',
  'permission_changed',
  'discovery_job_created',
  'system_maintenance',
  'user_login_failed',
  'credential_accessed',
  'credential_changed',
  'execution_cancelled',
  'schedule_changed',
  'api_token_created',
  'api_token_revoked',
  'alert_state_changed',
  'data_import',
  'execution_changed',
]);
export type AuditEventType = z.infer<typeof AuditEventType>;
