import { z } from 'zod';

export const MetricType = z.enum(['job_execution', 'target_performance', 'system_utilization', 'error_rate', 'response_time']);

export const AggregationPeriod = z.enum(['minute', 'hour', 'day', 'week', 'month']);

export const ReportType = z.enum(['executive', 'operational', 'compliance']);

export const ReportFormat = z.enum(['json', 'pdf', 'csv']);

/** Period before the report is made. */
export const ReportTimeRange = z.enum(['last_1_day', 'last_7_days', 'last_30_days', 'last_90_days']);

export const ReportStatus = z.enum(['generating', 'completed', 'failed']);

export const ReportTrigger = z.enum(['manual', 'schedule']);
