import type { Sequelize } from 'sequelize';
import { AnalyticsAlertRuleModel } from './analytics/analytics-alert-rules.ts';
import { GeneratedReportModel } from './analytics/generated-reports.ts';
import { PerformanceMetricModel } from './analytics/performance-metrics.ts';
import { ReportTemplateModel } from './analytics/report-templates.ts';
import { SystemHealthSnapshotModel } from './analytics/system-health-snapshots.ts';
import { DeviceTypeCategoryModel } from './device-types/device-type-categories.ts';
import { DeviceTypeTemplateModel } from './device-types/device-type-templates.ts';
import { DeviceTypeUsageModel } from './device-types/device-type-usage.ts';
import { DeviceTypeModel } from './device-types/device-types.ts';
import { DiscoveredDeviceModel } from './discovery/discovered-devices.ts';
import { DiscoveryJobModel } from './discovery/discovery-jobs.ts';
import { DiscoveryScheduleModel } from './discovery/discovery-schedules.ts';
import { DiscoveryTemplateModel } from './discovery/discovery-templates.ts';
import { ApiTokenModel } from './identity/api-tokens.ts';
import { UserSessionModel } from './identity/user-sessions.ts';
import { UserModel } from './identity/users.ts';
import { ArtifactChunkModel } from './jobs/artifact-chunks.ts';
import { ArtifactModel } from './jobs/artifacts.ts';
import { JobActionResultModel } from './jobs/job-action-results.ts';
import { JobActionModel } from './jobs/job-actions.ts';
import { JobExecutionBranchModel } from './jobs/job-execution-branches.ts';
import { JobExecutionLogModel } from './jobs/job-execution-logs.ts';
import { JobExecutionModel } from './jobs/job-executions.ts';
import { JobTargetModel } from './jobs/job-targets.ts';
import { JobVersionModel } from './jobs/job-versions.ts';
import { JobModel } from './jobs/jobs.ts';
import { AlertLogModel } from './notifications/alert-logs.ts';
import { AlertRuleModel } from './notifications/alert-rules.ts';
import { NotificationLogModel } from './notifications/notification-logs.ts';
import { NotificationTemplateModel } from './notifications/notification-templates.ts';
import { AuditEventModel } from './platform/audit-events.ts';
import { AuditSealModel } from './platform/audit-seals.ts';
import { IdempotencyKeyModel } from './platform/idempotency-keys.ts';
import { RateLimitModel } from './platform/rate-limits.ts';
import { SchemaMigrationModel } from './platform/schema-migrations.ts';
import { SerialCounterModel } from './platform/serial-counters.ts';
import { SystemSettingModel } from './platform/system-settings.ts';
import { WorkerMetricsSnapshotModel } from './platform/worker-metrics-snapshots.ts';
import { WorkflowTaskModel } from './platform/workflow-task-history.ts';
import { CalendarModel } from './schedules/calendars.ts';
import { JobScheduleModel } from './schedules/job-schedules.ts';
import { ScheduleExecutionModel } from './schedules/schedule-executions.ts';
import { CommunicationMethodModel } from './targets/target-communication-methods.ts';
import { CredentialModel } from './targets/target-credentials.ts';
import { TargetModel } from './targets/universal-targets.ts';
import { camel } from './model.ts';
import type { ForeignKey, Table } from './table.ts';

const MODELS = {
  'Identity and access': [UserModel, UserSessionModel, ApiTokenModel],
  Targets: [TargetModel, CommunicationMethodModel, CredentialModel],
  'Jobs and runs': [
    JobModel,
    JobActionModel,
    JobTargetModel,
    JobExecutionModel,
    JobExecutionBranchModel,
    JobActionResultModel,
    JobExecutionLogModel,
    JobVersionModel,
    ArtifactModel,
    ArtifactChunkModel,
  ],
  Schedules: [JobScheduleModel, ScheduleExecutionModel, CalendarModel],
  Discovery: [DiscoveryJobModel, DiscoveredDeviceModel, DiscoveryTemplateModel, DiscoveryScheduleModel],
  'Device types': [DeviceTypeCategoryModel, DeviceTypeModel, DeviceTypeTemplateModel, DeviceTypeUsageModel],
  'Notifications and alerts': [NotificationTemplateModel, NotificationLogModel, AlertRuleModel, AlertLogModel],
  'Analytics and reports': [
    AnalyticsAlertRuleModel,
    PerformanceMetricModel,
    SystemHealthSnapshotModel,
    ReportTemplateModel,
    GeneratedReportModel,
  ],
  Platform: [
    WorkflowTaskModel,
    WorkerMetricsSnapshotModel,
    SystemSettingModel,
    AuditEventModel,
    SerialCounterModel,
    IdempotencyKeyModel,
    SchemaMigrationModel,
    AuditSealModel,
    RateLimitModel,
  ],
} as const;

/** The tables of the schema by area, in the order in which docs/schema.md shows them. */
export const AREAS: readonly { title: string; tables: readonly Table[] }[] = Object.entries(MODELS).map(([title, models]) => ({
  title,
  tables: models.map(({ table }) => table),
}));

/** Every table of the schema. */
export const TABLES: readonly Table[] = AREAS.flatMap(({ tables }) => tables);

/** Binds every model to this connection, with an association for each foreign key, named after its column. A process has one database. */
export const defineModels = (sequelize: Sequelize): void => {
  for (const model of Object.values(MODELS).flat()) model.define(sequelize);
  for (const table of TABLES) for (const key of table.foreignKeys ?? []) associate(sequelize, table, key);
};

const associate = (sequelize: Sequelize, { name }: Table, { columns, table, to }: ForeignKey): void => {
  const [column = '', second] = columns;
  if (second !== undefined) return; // Sequelize knows no associations over two columns
  sequelize.model(camel(name)).belongsTo(sequelize.model(camel(table)), {
    as: camel(`${column.replace(/_id$/, '')}_row`),
    foreignKey: camel(column),
    targetKey: camel(to[0] ?? 'id'),
    constraints: false,
  });
};
