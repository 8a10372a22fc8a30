import { z } from 'zod';

/** The value sets of the record (data model, part 3). Each is also the CHECK constraint of its columns. */
export const UserRole = z.enum(['admin', 'operator', 'viewer']);
export type UserRole = z.infer<typeof UserRole>;

export const TargetType = z.enum(['system', 'api', 'database', 'email', 'web', 'communication']);
export type TargetType = z.infer<typeof TargetType>;

export const TargetEnvironment = z.enum(['production', 'staging', 'development', 'testing']);
export type TargetEnvironment = z.infer<typeof TargetEnvironment>;

export const TargetStatus = z.enum(['active', 'inactive', 'maintenance']);
export type TargetStatus = z.infer<typeof TargetStatus>;

export const HealthStatus = z.enum(['healthy', 'warning', 'critical', 'unknown']);
export type HealthStatus = z.infer<typeof HealthStatus>;

export const CommunicationMethodType = z.enum([
  'ssh',
  'winrm',
  'snmp',
  'telnet',
  'rest_api',
  'smtp',
  'mysql',
  'postgresql',
  'mssql',
  'oracle',
  'sqlite',
  'mongodb',
  'redis',
  'elasticsearch',
]);
export type CommunicationMethodType = z.infer<typeof CommunicationMethodType>;

export const CredentialType = z.enum(['password', 'ssh_key', 'snmp_community', 'snmp_v3', 'api_key', 'api_token']);
export type CredentialType = z.infer<typeof CredentialType>;

export const TestResult = z.enum(['success', 'failure']);
export type TestResult = z.infer<typeof TestResult>;

export const JobType = z.enum(['command', 'script', 'file_transfer', 'composite']);
export type JobType = z.infer<typeof JobType>;

export const JobStatus = z.enum(['draft', 'scheduled', 'running', 'completed', 'failed', 'cancelled']);
export type JobStatus = z.infer<typeof JobStatus>;

export const ExecutionStatus = z.enum(['scheduled', 'running', 'completed', 'failed', 'cancelled']);
export type ExecutionStatus = z.infer<typeof ExecutionStatus>;

export const ActionResultStatus = z.enum(['scheduled', 'running', 'completed', 'failed', 'cancelled', 'skipped']);
export type ActionResultStatus = z.infer<typeof ActionResultStatus>;

export const ActionType = z.enum([
  'command',
  'script',
  'file_transfer',
  'api',
  'database',
  'file',
  'email',
  'condition',
  'parallel',
  'wait',
  'approval',
]);
export type ActionType = z.infer<typeof ActionType>;

export const OnFailure = z.enum(['stop', 'continue', 'skip_remaining', 'rollback']);
export type OnFailure = z.infer<typeof OnFailure>;

export const ExecutionTrigger = z.enum(['manual', 'api', 'schedule']);
export type ExecutionTrigger = z.infer<typeof ExecutionTrigger>;

export const FailureCategory = z.enum([
  'authentication',
  'communication',
  'command_execution',
  'timeout',
  'configuration',
  'not_started',
  'lost',
  'interrupted',
  'internal',
  'rejected',
]);
export type FailureCategory = z.infer<typeof FailureCategory>;

export const ActionSkipReason = z.enum(['disabled', 'condition_false', 'dependency_not_met', 'skip_remaining', 'branch_stopped', 'user']);
export type ActionSkipReason = z.infer<typeof ActionSkipReason>;

export const OutputStream = z.enum(['stdout', 'stderr']);
export type OutputStream = z.infer<typeof OutputStream>;

export const ClosedBy = z.enum(['workflow', 'reconciler']);
export type ClosedBy = z.infer<typeof ClosedBy>;

export const LogPhase = z.enum([
  'creation',
  'target_selection',
  'authentication',
  'communication',
  'action_execution',
  'result_collection',
  'completion',
]);
export type LogPhase = z.infer<typeof LogPhase>;

export const LogLevel = z.enum(['debug', 'info', 'warning', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;

export const LogCategory = z.enum(['authentication', 'communication', 'command_execution', 'file_transfer', 'system']);
export type LogCategory = z.infer<typeof LogCategory>;

export const AuditEventType = z.enum([
  'user_login',
  'user_logout',
  'user_login_failed',
  'user_created',
  'user_updated',
  'target_created',
  'target_updated',
  'target_deleted',
  'target_connection_test',
  'job_created',
  'job_updated',
  'job_deleted',
  'job_executed',
  'credential_accessed',
  'credential_changed',
  'execution_cancelled',
  'api_token_created',
  'api_token_revoked',
  'system_maintenance',
]);
export type AuditEventType = z.infer<typeof AuditEventType>;
