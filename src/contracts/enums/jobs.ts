import { z } from 'zod';

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

/** Place of a nested action inside its parent. */
export const ActionSlot = z.enum(['then', 'else', 'case', 'loop', 'parallel', 'rollback']);
export type ActionSlot = z.infer<typeof ActionSlot>;

export const OnFailure = z.enum(['stop', 'continue', 'skip_remaining', 'rollback']);
export type OnFailure = z.infer<typeof OnFailure>;

/** `manual`: a session started it; `api`: a token. */
export const ExecutionTrigger = z.enum(['manual', 'api', 'schedule']);
export type ExecutionTrigger = z.infer<typeof ExecutionTrigger>;

/** Whose fault each is: domain/failure.ts. `lost`: the outcome is unknown. */
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

/** `user`: a person took it out of a live run. */
export const ActionSkipReason = z.enum(['disabled', 'condition_false', 'dependency_not_met', 'skip_remaining', 'branch_stopped', 'user']);
export type ActionSkipReason = z.infer<typeof ActionSkipReason>;

/** The first three end an approval; `succeeded`, `failed`, `not_run` say what a lost attempt really did. */
export const ActionResolution = z.enum(['approved', 'rejected', 'expired', 'succeeded', 'failed', 'not_run', 'skipped']);

/** Why a run or branch that has not ended does not go on (data model, 6.8). */
export const HoldReason = z.enum(['user', 'approval', 'delay', 'lock', 'blackout']);
export type HoldReason = z.infer<typeof HoldReason>;

export const OutputStream = z.enum(['stdout', 'stderr']);
export type OutputStream = z.infer<typeof OutputStream>;

export const ArtifactType = z.enum(['output', 'download', 'upload']);
export type ArtifactType = z.infer<typeof ArtifactType>;

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
