import { hostname } from 'node:os';
import type { SystemInfo } from '../../contracts/system-info.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

type Facts = SystemInfo['database'] & SystemInfo['counts'];

const LIVE = 'deleted_at IS NULL';

const FACTS = `SELECT current_setting('server_version') AS version, current_database()::text AS name, last.migration, last.migrated_at, last.migrated_by,
  (SELECT count(*)::int FROM universal_targets WHERE ${LIVE}) AS targets,
  (SELECT count(*)::int FROM jobs WHERE ${LIVE} AND NOT is_template) AS jobs, (SELECT count(*)::int FROM jobs WHERE ${LIVE} AND is_template) AS templates,
  (SELECT count(*)::int FROM job_schedules WHERE ${LIVE}) AS schedules, (SELECT count(*)::int FROM users WHERE is_active) AS users, open.*
FROM (SELECT count(*) FILTER (WHERE status = 'scheduled')::int AS runs_scheduled,
    count(*) FILTER (WHERE status = 'running' AND paused_at IS NULL)::int AS runs_running,
    count(*) FILTER (WHERE status = 'running' AND paused_at IS NOT NULL)::int AS runs_held
  FROM job_executions WHERE status IN ('scheduled', 'running')) open
LEFT JOIN (SELECT name AS migration, ${iso('applied_at')} AS migrated_at, app_version AS migrated_by FROM schema_migrations ORDER BY schema_migrations.name DESC LIMIT 1) last ON true`;

/** What runs here, and on what, as this process sees it. @param version of this build. @throws OpsError FORBIDDEN */
export const readSystemInfo = async (
  { db, temporalAt }: Pick<ServiceDeps, 'db' | 'temporalAt'>,
  caller: Caller,
  version: string,
): Promise<SystemInfo> => {
  authorize(caller, 'database.read');
  const facts = await selectRow<Facts>(db, FACTS);
  if (facts === undefined) throw new OpsError('INTERNAL', 'The database did not say what it holds.');
  const { version: server, name, migration, migrated_at, migrated_by, ...counts } = facts;
  const uptime = process.uptime();
  return {
    version,
    node_version: process.version.slice(1),
    host: hostname(),
    started_at: new Date(Date.now() - uptime * 1_000).toISOString(),
    uptime_seconds: Math.floor(uptime),
    database: { version: server, name, migration, migrated_at, migrated_by },
    temporal: { address: temporalAt.address, namespace: temporalAt.namespace, task_queue: temporalAt.taskQueue },
    counts,
  };
};
