import type { Sequelize } from 'sequelize';
import { ExecutionStatus, JobStatus, JobType } from '../../contracts/enums.ts';
import type { JobsStatistics, JobStatistics } from '../../contracts/job-statistics.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

const SECONDS = `extract(epoch FROM e.completed_at - e.started_at)`;
const ENDED = `FILTER (WHERE e.completed_at IS NOT NULL AND e.started_at IS NOT NULL)`;

/** Of runs `e`. Counters of runs are read, not their branches: a job may have had millions. */
const RUN_FACTS = `count(*)::int AS count, ${ExecutionStatus.options.map((status) => `count(*) FILTER (WHERE e.status = '${status}')::int AS ${status}`).join(', ')},
  round(avg(${SECONDS}) ${ENDED}, 3)::float8 AS average, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY ${SECONDS}) ${ENDED})::numeric, 3)::float8 AS median,
  round((percentile_cont(0.95) WITHIN GROUP (ORDER BY ${SECONDS}) ${ENDED})::numeric, 3)::float8 AS p95, round(max(${SECONDS}) ${ENDED}, 3)::float8 AS longest`;

/** Runs that are looked at, the newest: what a page may cost is bounded, however often a job runs. */
const RUNS_OF_JOB = 1_000;
const RUNS_OF_ALL = 10_000;
const COLUMNS = `id, job_id, status, created_at, started_at, completed_at, failure_category, total_branches, completed_branches, failed_branches, cancelled_branches`;

type RunRow = Record<ExecutionStatus, number> & JobStatistics['duration_seconds'] & { count: number };

const runFacts = (
  days: number,
  row: RunRow | undefined,
  most: number,
): Pick<JobStatistics, 'days' | 'is_complete' | 'runs' | 'success_rate' | 'duration_seconds'> => {
  const runs = Object.fromEntries(ExecutionStatus.options.map((status) => [status, row?.[status] ?? 0])) as Record<ExecutionStatus, number>;
  const decided = runs.completed + runs.failed;
  const { average = null, median = null, p95 = null, longest = null, count = 0 } = row ?? {};
  return {
    days,
    is_complete: count < most,
    runs,
    success_rate: decided === 0 ? null : Math.round((runs.completed / decided) * 10_000) / 10_000,
    duration_seconds: { average, median, p95, longest },
  };
};

type JobRow = RunRow & {
  total: number;
  branches_completed: number;
  branches_failed: number;
  branches_cancelled: number;
  failures: Record<string, number>;
  last_completed_at: string | null;
  last_failed_at: string | null;
};

const readJobRuns = (db: Sequelize, jobId: number, days: number): Promise<JobRow | undefined> =>
  selectRow<JobRow>(
    db,
    `WITH newest AS MATERIALIZED (SELECT ${COLUMNS} FROM job_executions WHERE job_id = $2 ORDER BY execution_number DESC LIMIT ${RUNS_OF_JOB}),
       e AS (SELECT * FROM newest WHERE created_at > now() - make_interval(days => $1))
     SELECT ${RUN_FACTS}, coalesce(sum(e.total_branches), 0)::float8 AS total, coalesce(sum(e.completed_branches), 0)::float8 AS branches_completed,
       coalesce(sum(e.failed_branches), 0)::float8 AS branches_failed, coalesce(sum(e.cancelled_branches), 0)::float8 AS branches_cancelled,
       coalesce((SELECT jsonb_object_agg(category, runs) FROM (SELECT coalesce(failure_category, 'branches') AS category, count(*)::int AS runs FROM e
         WHERE status = 'failed' GROUP BY 1) c), '{}') AS failures,
       ${iso(`max(e.completed_at) FILTER (WHERE e.status = 'completed')`)} AS last_completed_at, ${iso(`max(e.completed_at) FILTER (WHERE e.status = 'failed')`)} AS last_failed_at
     FROM e`,
    [days, jobId],
  );

/** How the newest runs of a job of the last days ended, and how long they took. @throws OpsError NOT_FOUND */
export const readJobStatistics = async ({ db }: ServiceDeps, caller: Caller, serial: string, days: number): Promise<JobStatistics> => {
  authorize(caller, 'jobs.read');
  const job = await selectRow<{ id: number }>(db, 'SELECT id FROM jobs WHERE job_serial = $1 AND deleted_at IS NULL AND NOT is_template', [
    serial,
  ]);
  if (job === undefined) throw new OpsError('NOT_FOUND', `There is no job ${serial}.`);
  const row = await readJobRuns(db, job.id, days);
  return {
    job_serial: serial,
    ...runFacts(days, row, RUNS_OF_JOB),
    branches: {
      total: row?.total ?? 0,
      completed: row?.branches_completed ?? 0,
      failed: row?.branches_failed ?? 0,
      cancelled: row?.branches_cancelled ?? 0,
    },
    failures: row?.failures ?? {},
    last_completed_at: row?.last_completed_at ?? null,
    last_failed_at: row?.last_failed_at ?? null,
  };
};

/** Runs `e` of all jobs. */
const NEWEST_OF_ALL = `WITH e AS MATERIALIZED (SELECT ${COLUMNS} FROM job_executions WHERE created_at > now() - make_interval(days => $1)
  ORDER BY created_at DESC LIMIT ${RUNS_OF_ALL})`;

const counted = <Name extends string>(names: readonly Name[], rows: readonly { name: string; count: number }[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, rows.find((row) => row.name === name)?.count ?? 0])) as Record<Name, number>;

/** Jobs by kind and state, and how the runs of the last days ended. */
export const readJobsStatistics = async ({ db }: ServiceDeps, caller: Caller, days: number): Promise<JobsStatistics> => {
  authorize(caller, 'jobs.read');
  const by = await selectRows<{ of: string; name: string; count: number }>(
    db,
    `SELECT 'status' AS of, status AS name, count(*)::int AS count FROM jobs WHERE deleted_at IS NULL AND NOT is_template GROUP BY status
     UNION ALL SELECT 'type', job_type, count(*)::int FROM jobs WHERE deleted_at IS NULL AND NOT is_template GROUP BY job_type
     UNION ALL SELECT 'template', '', count(*)::int FROM jobs WHERE deleted_at IS NULL AND is_template`,
  );
  const row = await selectRow<RunRow>(db, `${NEWEST_OF_ALL} SELECT ${RUN_FACTS} FROM e`, [days]);
  const failed = await selectRows<JobsStatistics['most_failed'][number]>(
    db,
    `${NEWEST_OF_ALL} SELECT j.job_serial, j.name, f.failed, f.runs FROM (SELECT e.job_id, count(*) FILTER (WHERE e.status = 'failed')::int AS failed, count(*)::int AS runs
       FROM e GROUP BY e.job_id) f JOIN jobs j ON j.id = f.job_id
     WHERE f.failed > 0 AND j.deleted_at IS NULL ORDER BY f.failed DESC, j.id LIMIT 10`,
    [days],
  );
  const byStatus = counted(
    JobStatus.options,
    by.filter(({ of }) => of === 'status'),
  );
  return {
    jobs: Object.values(byStatus).reduce((sum, count) => sum + count, 0),
    templates: by.find(({ of }) => of === 'template')?.count ?? 0,
    by_status: byStatus,
    by_type: counted(
      JobType.options,
      by.filter(({ of }) => of === 'type'),
    ),
    ...runFacts(days, row, RUNS_OF_ALL),
    most_failed: failed,
  };
};
