import type { Sequelize } from 'sequelize';
import type { ExecutionCountFilter } from '../../contracts/execution.ts';
import { createConditions, likeText } from '../../db/conditions.ts';
import type { Conditions } from '../../db/conditions.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** Ids of what a filter names; null where it names something that there is not. */
interface Named {
  jobs: number[];
  user: number | null;
  target: number | null;
  retried: number | null;
}

/** The ids first: a planner that knows them knows how many runs there are of each. */
const findNamed = (
  db: Sequelize,
  { job, tag, search, triggered_by: user, target, retry_of: retried }: ExecutionCountFilter,
): Promise<Named | undefined> => {
  const jobs = createConditions([user ?? null, target ?? null, retried ?? null]);
  jobs.add(job, (value) => `j.job_serial = ${value}`);
  jobs.add(tag, (value) => `j.settings->'tags' @> to_jsonb(${value}::text)`);
  jobs.add(search && likeText(search), (value) => `j.name ILIKE '%' || ${value} || '%'`);
  const narrowsJobs = jobs.sql !== 'true';
  return selectRow<Named>(
    db,
    `SELECT ${narrowsJobs ? `to_jsonb(ARRAY(SELECT j.id FROM jobs j WHERE ${jobs.sql}))` : `'[]'::jsonb`} AS jobs, (SELECT id FROM users WHERE lower(username) = lower($1)) AS user,
       (SELECT id FROM universal_targets WHERE target_serial = $2) AS target, (SELECT id FROM job_executions WHERE execution_serial = $3) AS retried`,
    jobs.bind,
  );
};

const namesSomething = ({ job, tag, search, triggered_by: user, target, retry_of: retried }: ExecutionCountFilter): boolean =>
  [job, tag, search, user, target, retried].some((value) => value !== undefined);

/** Runs with a target that failed; the counters of runs change all the time, so no index has them. */
const HAS_FAILED = `e.status IN ('running', 'failed', 'cancelled') AND e.failed_branches > 0`;

/**
 * The conditions of a filter of runs, on the alias `e`.
 * @param first values that the statement names itself.
 * @returns undefined when the filter names something that there is not: no run fits.
 * @throws OpsError VALIDATION for a version without its job.
 */
export const runConditions = async (
  db: Sequelize,
  filter: ExecutionCountFilter,
  first: readonly unknown[] = [],
): Promise<Conditions | undefined> => {
  const { job, version, tag, search, triggered_by: user, target, retry_of: retried } = filter;
  if (version !== undefined && job === undefined) {
    const message = 'goes together with a job: versions count within it';
    throw new OpsError('VALIDATION', `version ${message}.`, { fields: [{ path: 'version', message }] });
  }
  const named = namesSomething(filter) ? await findNamed(db, filter) : undefined;
  const conditions = createConditions(first);
  if (named !== undefined) {
    const narrowsJobs = [job, tag, search].some((value) => value !== undefined);
    if (narrowsJobs && named.jobs.length === 0) return undefined;
    if ((user !== undefined && named.user === null) || (target !== undefined && named.target === null)) return undefined;
    if (retried !== undefined && named.retried === null) return undefined;
    const [onlyJob, ...others] = named.jobs;
    if (narrowsJobs && others.length === 0) conditions.add(onlyJob, (value) => `e.job_id = ${value}`);
    else if (narrowsJobs) conditions.add(named.jobs, (value) => `e.job_id = ANY(${value}::bigint[])`);
    conditions.add(named.user ?? undefined, (value) => `e.triggered_by = ${value}`);
    conditions.add(
      named.target ?? undefined,
      (value) => `EXISTS (SELECT FROM job_execution_branches b WHERE b.job_execution_id = e.id AND b.target_id = ${value})`,
    );
    conditions.add(named.retried ?? undefined, (value) => `e.retry_of_execution_id = ${value}`);
  }
  conditions.add(filter.status, (value) => `e.status = ${value}`);
  conditions.add(version, (value) => `e.definition_version = ${value}`);
  conditions.add(filter.trigger, (value) => `e.trigger_type = ${value}`);
  conditions.add(filter.failure_category, (value) => `e.failure_category = ${value}`);
  conditions.add(filter.has_failed, (value) => `(${value}::boolean IS NOT TRUE OR ${HAS_FAILED})`);
  conditions.add(filter.created_from, (value) => `e.created_at >= ${value}::timestamptz`);
  conditions.add(filter.created_to, (value) => `e.created_at <= ${value}::timestamptz`);
  conditions.add(filter.completed_from, (value) => `e.completed_at >= ${value}::timestamptz`);
  conditions.add(filter.completed_to, (value) => `e.completed_at <= ${value}::timestamptz`);
  return conditions;
};
