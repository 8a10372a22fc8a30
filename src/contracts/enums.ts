import type { z } from 'zod';
import * as analytics from './enums/analytics.ts';
import * as deviceTypes from './enums/device-types.ts';
import * as discovery from './enums/discovery.ts';
import * as identity from './enums/identity.ts';
import * as jobs from './enums/jobs.ts';
import * as notifications from './enums/notifications.ts';
import * as platform from './enums/platform.ts';
import * as schedules from './enums/schedules.ts';
import * as targets from './enums/targets.ts';

export * from './enums/identity.ts';
export * from './enums/targets.ts';
export * from './enums/jobs.ts';
export * from './enums/schedules.ts';
export * from './enums/notifications.ts';
export * from './enums/analytics.ts';
export * from './enums/discovery.ts';
export * from './enums/device-types.ts';
export * from './enums/platform.ts';

/** The 60 value sets of the record by the name that the data model (part 3) gives them. Each is also the CHECK constraint of its columns. */
export const ENUMS = {
  user_role: identity.UserRole,
  session_end_reason: identity.SessionEndReason,
  target_type: targets.TargetType,
  target_environment: targets.TargetEnvironment,
  target_status: targets.TargetStatus,
  health_status: targets.HealthStatus,
  communication_method_type: targets.CommunicationMethodType,
  credential_type: targets.CredentialType,
  encryption_algorithm: targets.EncryptionAlgorithm,
  test_result: targets.TestResult,
  job_type: jobs.JobType,
  job_status: jobs.JobStatus,
  execution_status: jobs.ExecutionStatus,
  action_result_status: jobs.ActionResultStatus,
  action_type: jobs.ActionType,
  action_slot: jobs.ActionSlot,
  on_failure: jobs.OnFailure,
  execution_trigger: jobs.ExecutionTrigger,
  failure_category: jobs.FailureCategory,
  action_skip_reason: jobs.ActionSkipReason,
  action_resolution: jobs.ActionResolution,
  hold_reason: jobs.HoldReason,
  output_stream: jobs.OutputStream,
  artifact_type: jobs.ArtifactType,
  closed_by: jobs.ClosedBy,
  log_phase: jobs.LogPhase,
  log_level: jobs.LogLevel,
  log_category: jobs.LogCategory,
  schedule_type: schedules.ScheduleType,
  recurring_type: schedules.RecurringType,
  schedule_status: schedules.ScheduleStatus,
  overlap_policy: schedules.OverlapPolicy,
  definition_source: schedules.DefinitionSource,
  sync_status: schedules.SyncStatus,
  schedule_execution_status: schedules.ScheduleExecutionStatus,
  firing_type: schedules.FiringType,
  skip_reason: schedules.SkipReason,
  blackout_effect: schedules.BlackoutEffect,
  metric_type: analytics.MetricType,
  aggregation_period: analytics.AggregationPeriod,
  alert_condition: notifications.AlertCondition,
  alert_severity: notifications.AlertSeverity,
  alert_status: notifications.AlertStatus,
  alert_type: notifications.AlertType,
  evaluation_mode: notifications.EvaluationMode,
  notification_type: notifications.NotificationType,
  notification_status: notifications.NotificationStatus,
  report_type: analytics.ReportType,
  report_format: analytics.ReportFormat,
  report_time_range: analytics.ReportTimeRange,
  report_status: analytics.ReportStatus,
  report_trigger: analytics.ReportTrigger,
  discovery_status: discovery.DiscoveryStatus,
  device_status: discovery.DeviceStatus,
  usage_context: deviceTypes.UsageContext,
  task_kind: platform.TaskKind,
  task_status: platform.TaskStatus,
  idempotency_state: platform.IdempotencyState,
  actor_type: platform.ActorType,
  audit_event_type: platform.AuditEventType,
} as const satisfies Record<string, z.ZodEnum>;
