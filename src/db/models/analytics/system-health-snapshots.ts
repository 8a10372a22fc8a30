import { double, identity, integer, jsonObject, timestamptz } from '../columns.ts';
import { defineTable } from '../model.ts';
import { SystemHealthSnapshotsSystemData } from '../../../contracts/json/analytics.ts';

export const SystemHealthSnapshotModel = defineTable(
  'system_health_snapshots',
  'State of the platform at intervals.',
  {
    id: identity('Primary key.'),
    timestamp: timestamptz('Time of the sample.', { default: 'now()' }),
    active_jobs: integer('Executions running.', { default: '0' }),
    queued_jobs: integer('Executions that wait for a slot.', { default: '0' }),
    total_targets: integer('Live targets.', { default: '0' }),
    healthy_targets: integer('Of these healthy.', { default: '0' }),
    warning_targets: integer('Warning.', { default: '0' }),
    critical_targets: integer('Critical.', { default: '0' }),
    unknown_targets: integer('Unknown.', { default: '0' }),
    cpu_usage_percent: double('Of the host that samples, 0–100.', { null: true }),
    memory_usage_percent: double('0–100.', { null: true }),
    disk_usage_percent: double('Data volume, 0–100.', { null: true }),
    network_io_mbps: double('In + out, Mbit/s.', { null: true }),
    job_queue_size: integer('Waiting executions and waiting branches together.', { default: '0' }),
    avg_queue_wait_seconds: double('Mean wait of the executions that started in the last 5 min, s (seed `avg_queue_wait_time`).', {
      null: true,
    }),
    active_workers: integer('Workers with a snapshot in the last 90 s.', { default: '0' }),
    stale_workers: integer('Workers seen in the last hour but not in the last 90 s.', { default: '0' }),
    system_data: jsonObject(
      SystemHealthSnapshotsSystemData,
      'Probe results: database, Temporal and its task queue backlog, key ring, partitions.',
      { default: "'{}'::jsonb" },
    ),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  { primaryKey: ['id'], indexes: [{ keys: '"timestamp"', why: 'history and retention' }] },
);
