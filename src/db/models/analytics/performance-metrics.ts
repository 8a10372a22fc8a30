import { bigint, double, identity, integer, jsonObject, oneOf, timestamptz } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { PerformanceMetricsMetricData } from '../../../contracts/json/analytics.ts';
import { AggregationPeriod, MetricType } from '../../../contracts/enums.ts';

export const PerformanceMetricModel = defineTable(
  'performance_metrics',
  'Aggregates of executions per job, target and period. Partitioned by month on `timestamp`.',
  {
    id: identity('Part of the key.'),
    timestamp: timestamptz('Start of the bucket, UTC; partition key.'),
    metric_type: oneOf(MetricType, 'Family.'),
    aggregation_period: oneOf(AggregationPeriod, 'Bucket length.'),
    job_id: bigint('Job; null = all jobs.', { null: true }),
    target_id: bigint('Target; null = all targets.', { null: true }),
    total_count: integer('Samples (seed `count`).', { default: '0' }),
    success_count: integer('Ended completed.', { default: '0' }),
    failure_count: integer('Ended failed.', { default: '0' }),
    avg_duration: double('Mean duration, s.', { null: true }),
    min_duration: double('Shortest, s.', { null: true }),
    max_duration: double('Longest, s.', { null: true }),
    p95_duration: double('95th percentile, s.', { null: true }),
    metric_data: jsonObject(PerformanceMetricsMetricData, 'Duration histogram (so that roll-ups of p95 are right), failure categories.', {
      default: "'{}'::jsonb",
    }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id', 'timestamp'],
    unique: [
      { columns: ['metric_type', 'aggregation_period', 'timestamp', 'job_id', 'target_id'], name: 'bucket', nullsNotDistinct: true },
    ],
    foreignKeys: [references('job_id', 'jobs', 'CASCADE'), references('target_id', 'universal_targets', 'CASCADE')],
    indexes: [
      { keys: '"timestamp"', why: 'recent buckets, retention' },
      { keys: 'job_id, "timestamp"', where: '(job_id IS NOT NULL)', why: 'FK' },
      { keys: 'target_id, "timestamp"', where: '(target_id IS NOT NULL)', why: 'FK' },
    ],
    checks: { counts: '(((success_count + failure_count) <= total_count) AND (success_count >= 0) AND (failure_count >= 0))' },
    partitionBy: 'timestamp',
  },
);
