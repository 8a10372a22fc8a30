import type { CatalogFunction, CatalogView } from '../catalog/catalog.ts';

/** The views, as Postgres prints them. Reader: API /analytics/summary. */
export const VIEWS: readonly CatalogView[] = [
  {
    name: 'analytics_summary',
    definition: `SELECT ((created_at AT TIME ZONE 'UTC'::text))::date AS day,
    count(*) AS total_executions,
    count(*) FILTER (WHERE (status = 'completed'::text)) AS completed_executions,
    count(*) FILTER (WHERE (status = 'failed'::text)) AS failed_executions,
    count(*) FILTER (WHERE (status = 'cancelled'::text)) AS cancelled_executions,
    round(((100.0 * (count(*) FILTER (WHERE (status = 'completed'::text)))::numeric) / (NULLIF(count(completed_at), 0))::numeric), 2) AS success_rate_percent,
    (avg(EXTRACT(epoch FROM (completed_at - started_at))))::double precision AS avg_duration
   FROM job_executions
  WHERE (created_at >= (now() - '30 days'::interval))
  GROUP BY (((created_at AT TIME ZONE 'UTC'::text))::date);`,
  },
  {
    name: 'target_performance_summary',
    definition: `SELECT t.id AS target_id,
    t.target_serial,
    t.name,
    count(b.id) AS total_branches,
    count(b.id) FILTER (WHERE (b.status = 'completed'::text)) AS completed_branches,
    count(b.id) FILTER (WHERE (b.status = 'failed'::text)) AS failed_branches,
    round(((100.0 * (count(b.id) FILTER (WHERE (b.status = 'completed'::text)))::numeric) / (NULLIF(count(b.completed_at), 0))::numeric), 2) AS success_rate_percent,
    (avg(EXTRACT(epoch FROM (b.completed_at - b.started_at))))::double precision AS avg_duration
   FROM (universal_targets t
     LEFT JOIN job_execution_branches b ON (((b.target_id = t.id) AND (b.created_at >= (now() - '30 days'::interval)))))
  WHERE t.is_active
  GROUP BY t.id;`,
  },
];

/** The functions of triggers. */
export const FUNCTIONS: readonly CatalogFunction[] = [
  {
    name: 'touch_updated_at()',
    returns: 'trigger',
    language: 'plpgsql',
    body: ' BEGIN NEW.updated_at := now(); RETURN NEW; END ',
  },
  {
    name: 'forbid_change()',
    returns: 'trigger',
    language: 'plpgsql',
    body: " BEGIN RAISE EXCEPTION 'append only'; END ",
  },
];
