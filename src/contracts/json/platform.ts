import { z } from 'zod';
import { AnyJson, Count, OpenObject } from './shared.ts';

/** Arguments of the workflow or activity, redacted. */
export const WorkflowTaskHistoryInput = AnyJson;
export const WorkflowTaskHistoryResult = AnyJson;

/** Backlog by task queue, where the server reports it. */
export const WorkerMetricsSnapshotsQueueLengths = z.record(
  z.string().min(1),
  z.strictObject({ backlog_count: Count, backlog_age_seconds: z.number().min(0) }).partial(),
);

/** Status of the worker as the SDK tells it. */
export const WorkerMetricsSnapshotsWorkerStats = OpenObject;

const load = z.number().min(0);
export const WorkerMetricsSnapshotsSystemLoad = z.strictObject({ load1: load, load5: load, load15: load, cpu_percent: load }).partial();

/** In bytes. */
export const WorkerMetricsSnapshotsMemoryUsage = z.strictObject({ rss: Count, heap_used: Count, heap_total: Count }).partial();

/** Type and range follow from the key: contracts/settings.ts. */
export const SystemSettingsSettingValue = AnyJson;

/** Before and after, without secrets. */
export const AuditEventsDetails = OpenObject;

/** The body to give again. */
export const IdempotencyKeysResponseBody = AnyJson;
