import type { z } from 'zod';
import * as analytics from './analytics.ts';
import * as deviceTypes from './device-types.ts';
import * as discovery from './discovery.ts';
import * as identity from './identity.ts';
import * as jobs from './jobs.ts';
import * as notifications from './notifications.ts';
import * as platform from './platform.ts';
import * as schedules from './schedules.ts';
import * as targets from './targets.ts';

/** `form` is what CHECK ck_<table>_<column>_json demands. */
interface JsonColumn {
  schema: z.ZodType;
  form: 'object' | 'array' | 'any';
}

const object = (schema: z.ZodType<Record<string, unknown>>): JsonColumn => ({ schema, form: 'object' });
const array = (schema: z.ZodType<readonly unknown[]>): JsonColumn => ({ schema, form: 'array' });
const any = (schema: z.ZodType): JsonColumn => ({ schema, form: 'any' });

/** The shape of every JSON column of the record, by table and column. Where the column may be NULL, the schema is that of its values. */
export const JSON_COLUMNS: Readonly<Record<`${string}.${string}`, JsonColumn>> = {
  'users.permissions': array(identity.UsersPermissions),
  'api_tokens.scopes': array(identity.ApiTokensScopes),
  'universal_targets.labels': object(targets.UniversalTargetsLabels),
  'target_communication_methods.config': object(targets.TargetCommunicationMethodsConfig),
  'jobs.variables': array(jobs.JobsVariables),
  'jobs.settings': object(jobs.JobsSettings),
  'job_actions.action_parameters': object(jobs.JobActionsActionParameters),
  'job_actions.action_config': object(jobs.JobActionsActionConfig),
  'job_actions.conditions': array(jobs.JobActionsConditions),
  'job_actions.dependencies': array(jobs.JobActionsDependencies),
  'job_executions.variables': object(jobs.JobExecutionsVariables),
  'job_executions.target_selection': object(jobs.JobExecutionsTargetSelection),
  'job_executions.rollout': object(jobs.JobExecutionsRollout),
  'job_action_results.late_result': object(jobs.JobActionResultsLateResult),
  'job_execution_logs.log_details': object(jobs.JobExecutionLogsLogDetails),
  'job_versions.definition': object(jobs.JobVersionsDefinition),
  'job_schedules.days_of_week': array(schedules.JobSchedulesDaysOfWeek),
  'job_schedules.additional_rules': array(schedules.JobSchedulesAdditionalRules),
  'job_schedules.schedule_config': object(schedules.JobSchedulesScheduleConfig),
  'job_schedules.temporal_counters': object(schedules.JobSchedulesTemporalCounters),
  'schedule_executions.execution_context': object(schedules.ScheduleExecutionsExecutionContext),
  'calendars.windows': array(schedules.CalendarsWindows),
  'discovery_jobs.network_ranges': array(discovery.DiscoveryJobsNetworkRanges),
  'discovery_jobs.port_ranges': array(discovery.DiscoveryJobsPortRanges),
  'discovery_jobs.common_ports': array(discovery.DiscoveryJobsCommonPorts),
  'discovery_jobs.snmp_communities_sealed': object(discovery.DiscoveryJobsSnmpCommunitiesSealed),
  'discovered_devices.open_ports': array(discovery.DiscoveredDevicesOpenPorts),
  'discovered_devices.services': object(discovery.DiscoveredDevicesServices),
  'discovered_devices.snmp_info': object(discovery.DiscoveredDevicesSnmpInfo),
  'discovered_devices.classification': array(discovery.DiscoveredDevicesClassification),
  'discovered_devices.suggested_communication_methods': array(discovery.DiscoveredDevicesSuggestedCommunicationMethods),
  'discovery_templates.network_ranges': array(discovery.DiscoveryTemplatesNetworkRanges),
  'discovery_templates.port_ranges': array(discovery.DiscoveryTemplatesPortRanges),
  'discovery_templates.common_ports': array(discovery.DiscoveryTemplatesCommonPorts),
  'discovery_templates.snmp_communities_sealed': object(discovery.DiscoveryTemplatesSnmpCommunitiesSealed),
  'device_types.communication_methods': array(deviceTypes.DeviceTypesCommunicationMethods),
  'device_types.discovery_ports': array(deviceTypes.DeviceTypesDiscoveryPorts),
  'device_types.discovery_oids': array(deviceTypes.DeviceTypesDiscoveryOids),
  'device_types.discovery_services': array(deviceTypes.DeviceTypesDiscoveryServices),
  'device_types.discovery_keywords': array(deviceTypes.DeviceTypesDiscoveryKeywords),
  'device_types.tags': array(deviceTypes.DeviceTypesTags),
  'device_type_templates.template_config': object(deviceTypes.DeviceTypeTemplatesTemplateConfig),
  'device_type_usage.context_data': object(deviceTypes.DeviceTypeUsageContextData),
  'notification_templates.variables': array(notifications.NotificationTemplatesVariables),
  'notification_templates.template_config': object(notifications.NotificationTemplatesTemplateConfig),
  'notification_logs.context_data': object(notifications.NotificationLogsContextData),
  'alert_rules.condition_config': object(notifications.AlertRulesConditionConfig),
  'alert_rules.recipients': array(notifications.AlertRulesRecipients),
  'alert_rules.notification_channels': array(notifications.AlertRulesNotificationChannels),
  'alert_logs.context_data': object(notifications.AlertLogsContextData),
  'analytics_alert_rules.recipients': array(analytics.AnalyticsAlertRulesRecipients),
  'analytics_alert_rules.notification_channels': array(analytics.AnalyticsAlertRulesNotificationChannels),
  'performance_metrics.metric_data': object(analytics.PerformanceMetricsMetricData),
  'system_health_snapshots.system_data': object(analytics.SystemHealthSnapshotsSystemData),
  'report_templates.data_sources': object(analytics.ReportTemplatesDataSources),
  'report_templates.recipients': array(analytics.ReportTemplatesRecipients),
  'report_templates.template_config': object(analytics.ReportTemplatesTemplateConfig),
  'generated_reports.report_data': object(analytics.GeneratedReportsReportData),
  'workflow_task_history.input': any(platform.WorkflowTaskHistoryInput),
  'workflow_task_history.result': any(platform.WorkflowTaskHistoryResult),
  'worker_metrics_snapshots.queue_lengths': object(platform.WorkerMetricsSnapshotsQueueLengths),
  'worker_metrics_snapshots.worker_stats': object(platform.WorkerMetricsSnapshotsWorkerStats),
  'worker_metrics_snapshots.system_load': object(platform.WorkerMetricsSnapshotsSystemLoad),
  'worker_metrics_snapshots.memory_usage': object(platform.WorkerMetricsSnapshotsMemoryUsage),
  'system_settings.setting_value': any(platform.SystemSettingsSettingValue),
  'audit_events.details': object(platform.AuditEventsDetails),
  'idempotency_keys.response_body': any(platform.IdempotencyKeysResponseBody),
};
