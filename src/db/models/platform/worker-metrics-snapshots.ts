import { identity, integer, jsonObject, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import {
  WorkerMetricsSnapshotsMemoryUsage,
  WorkerMetricsSnapshotsQueueLengths,
  WorkerMetricsSnapshotsSystemLoad,
  WorkerMetricsSnapshotsWorkerStats,
} from '../../../contracts/json/platform.ts';

export const WorkerMetricsSnapshotModel = defineTable(
  'worker_metrics_snapshots',
  'Periodic sample of each worker process (Celery metrics → Temporal workers).',
  {
    id: identity('Primary key.'),
    worker_identity: varchar(255, 'Temporal identity (seed `worker_name`).'),
    task_queue: varchar(255, 'Queue it polls.'),
    build_id: varchar(64, 'Code version.', { null: true }),
    active_tasks: integer('Activities and workflow tasks in flight.', { default: '0' }),
    available_slots: integer('Free activity slots.', { null: true }),
    processed_tasks: integer('Since start.', { default: '0' }),
    failed_tasks: integer('Since start.', { default: '0' }),
    retried_tasks: integer('Attempts > 1 since start.', { default: '0' }),
    queue_lengths: jsonObject(WorkerMetricsSnapshotsQueueLengths, 'Task queue → backlog count and age (s), where the server reports it.', {
      default: "'{}'::jsonb",
    }),
    worker_stats: jsonObject(WorkerMetricsSnapshotsWorkerStats, 'Worker status of the SDK.', { default: "'{}'::jsonb" }),
    system_load: jsonObject(WorkerMetricsSnapshotsSystemLoad, 'load1, load5, load15, cpu percent.', { default: "'{}'::jsonb" }),
    memory_usage: jsonObject(WorkerMetricsSnapshotsMemoryUsage, 'rss, heap_used, heap_total in bytes.', { default: "'{}'::jsonb" }),
    snapshot_time: timestamptz('Time of the sample.', { default: 'now()' }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    indexes: [
      { keys: 'snapshot_time', why: 'charts, retention' },
      { keys: 'worker_identity, snapshot_time', why: 'worker_name, widened; latest per worker' },
    ],
  },
);
