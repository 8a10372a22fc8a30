import type { RowRule, TreeRule } from './rule.ts';

const ID = ['id'] as const;
const LOG_KEY = ['id', 'timestamp'] as const;

/** A run whose rows somebody may still write: itself open, or a branch of it. */
const OPEN_RUN = `e.completed_at IS NULL OR EXISTS (SELECT FROM job_execution_branches b WHERE b.job_execution_id = e.id AND b.completed_at IS NULL)`;

/** @param runs SQL that selects the ids of runs. */
const partsOfRuns = (runs: string): TreeRule['parts'] => [
  {
    table: 'artifact_chunks',
    key: ['artifact_id', 'chunk_number'],
    where: `t.artifact_id IN (SELECT a.id FROM artifacts a JOIN job_action_results r ON r.id = a.action_result_id
      JOIN job_execution_branches b ON b.id = r.branch_id WHERE b.job_execution_id IN (${runs}))`,
  },
  { table: 'job_execution_logs', key: LOG_KEY, where: `t.job_execution_id IN (${runs})` },
  { table: 'job_execution_branches', key: ID, where: `t.job_execution_id IN (${runs})` },
];

const PURGED_TREES: readonly TreeRule[] = [
  {
    kind: 'trees',
    name: 'runs',
    table: 'job_executions',
    where: `t.completed_at < $1
      AND NOT EXISTS (SELECT FROM job_execution_branches b WHERE b.job_execution_id = t.id AND b.completed_at IS NULL)
      AND NOT EXISTS (SELECT FROM job_executions r WHERE r.retry_of_execution_id = t.id AND r.completed_at IS NULL)`,
    parts: [...partsOfRuns('SELECT unnest($1::bigint[])'), { table: 'job_executions', key: ID, where: 't.id = ANY($1::bigint[])' }],
    setting: 'execution_retention_days',
    zeroKeeps: true,
  },
  {
    kind: 'trees',
    name: 'deleted-jobs',
    table: 'jobs',
    where: `t.deleted_at < $1 AND NOT EXISTS (SELECT FROM job_executions e WHERE e.job_id = t.id AND (${OPEN_RUN}))`,
    parts: [
      ...partsOfRuns('SELECT id FROM job_executions WHERE job_id = ANY($1::bigint[])'),
      { table: 'job_execution_logs', key: LOG_KEY, where: 't.job_id = ANY($1::bigint[])' },
      {
        table: 'schedule_executions',
        key: ID,
        where: 't.job_schedule_id IN (SELECT id FROM job_schedules WHERE job_id = ANY($1::bigint[]))',
      },
      { table: 'job_executions', key: ID, where: 't.job_id = ANY($1::bigint[])' },
      { table: 'performance_metrics', key: LOG_KEY, where: 't.job_id = ANY($1::bigint[])' },
      { table: 'jobs', key: ID, where: 't.id = ANY($1::bigint[])' },
    ],
    setting: 'purge_after_days',
  },
  {
    kind: 'trees',
    name: 'deleted-targets',
    table: 'universal_targets',
    where: 't.deleted_at < $1 AND NOT EXISTS (SELECT FROM job_execution_branches b WHERE b.target_id = t.id)',
    parts: [
      { table: 'performance_metrics', key: LOG_KEY, where: 't.target_id = ANY($1::bigint[])' },
      { table: 'universal_targets', key: ID, where: 't.id = ANY($1::bigint[])' },
    ],
    setting: 'purge_after_days',
  },
  {
    kind: 'trees',
    name: 'deleted-schedules',
    table: 'job_schedules',
    where: `t.deleted_at < $1
      AND NOT EXISTS (SELECT FROM schedule_executions x WHERE x.job_schedule_id = t.id AND x.completed_at IS NULL)`,
    parts: [
      { table: 'schedule_executions', key: ID, where: 't.job_schedule_id = ANY($1::bigint[])' },
      { table: 'job_schedules', key: ID, where: 't.id = ANY($1::bigint[])' },
    ],
    setting: 'purge_after_days',
  },
];

const deletedRows = (name: string, table: string, unless: string): RowRule => ({
  kind: 'rows',
  name,
  table,
  key: ID,
  where: `t.deleted_at < $1 AND NOT EXISTS (${unless})`,
  order: 'id',
  setting: 'purge_after_days',
});

/** What was deleted by people, and runs that may go, with all that belongs to them. Nothing goes that a run which has not ended may need. */
export const PURGE_RULES: readonly (RowRule | TreeRule)[] = [
  ...PURGED_TREES,
  deletedRows(
    'deleted-discovery-schedules',
    'discovery_schedules',
    `SELECT FROM discovery_jobs d WHERE d.discovery_schedule_id = t.id AND d.completed_at IS NULL`,
  ),
  // What alerts and reports were made by stays with them: their foreign keys refuse to lose it.
  deletedRows('deleted-alert-rules', 'alert_rules', 'SELECT FROM alert_logs l WHERE l.alert_rule_id = t.id'),
  deletedRows('deleted-report-templates', 'report_templates', 'SELECT FROM generated_reports r WHERE r.template_id = t.id'),
];
