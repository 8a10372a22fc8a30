import { z } from 'zod';
import { FailureCategory } from '../enums.ts';
import { CodeName, Count, NotificationChannels, OpenObject, Recipients } from './shared.ts';

export const AnalyticsAlertRulesRecipients = Recipients;
export const AnalyticsAlertRulesNotificationChannels = NotificationChannels;

/** The histogram counts durations by their bound from above, in seconds, so that buckets can be merged and p95 stays right. */
export const PerformanceMetricsMetricData = z
  .strictObject({
    duration_histogram: z.record(z.string().regex(/^(\d+(\.\d+)?|inf)$/, 'must be a number of seconds, or inf'), Count),
    failure_categories: z.partialRecord(FailureCategory, Count),
  })
  .partial();

/** Results of the probes by name: database, Temporal and its backlog, key ring, partitions. */
export const SystemHealthSnapshotsSystemData = OpenObject;

/** Sections of the report; options instead of true. */
export const ReportTemplatesDataSources = z.record(CodeName, z.union([z.literal(true), OpenObject]));
export const ReportTemplatesRecipients = Recipients;
/** Options of the layout. */
export const ReportTemplatesTemplateConfig = OpenObject;

export const GeneratedReportsReportData = OpenObject;
