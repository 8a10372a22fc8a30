import type { JobUse } from '../../contracts/job-statistics.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Kind } from './job-kind.ts';

const SHOWN = 100;

/** What starts a job or was made from it, and would miss it: asked before it is changed or deleted. @throws OpsError NOT_FOUND */
export const readJobUse = async (
  { db }: ServiceDeps,
  caller: Caller,
  { kind, serial }: { kind: Kind; serial: string },
): Promise<JobUse> => {
  authorize(caller, 'jobs.read');
  const row = await selectRow<JobUse>(
    db,
    `SELECT j.job_serial, (SELECT count(*)::int FROM job_schedules s WHERE s.job_id = j.id AND s.deleted_at IS NULL) AS schedules_total,
       (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM (SELECT schedule_uuid, schedule_serial, name, status FROM job_schedules
          WHERE job_id = j.id AND deleted_at IS NULL ORDER BY id LIMIT ${SHOWN}) s) AS schedules,
       (SELECT count(*)::int FROM jobs o WHERE o.template_id = j.id AND o.deleted_at IS NULL) AS jobs_total,
       (SELECT coalesce(jsonb_agg(to_jsonb(o)), '[]') FROM (SELECT job_serial, name FROM jobs
          WHERE template_id = j.id AND deleted_at IS NULL ORDER BY id DESC LIMIT ${SHOWN}) o) AS jobs,
       (SELECT count(*)::int FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = j.id AND t.is_active) AS targets_total,
       (SELECT count(*)::int FROM job_executions e WHERE e.job_id = j.id AND e.status IN ('scheduled', 'running')) AS open_runs_total,
       (SELECT coalesce(jsonb_agg(e.execution_serial), '[]') FROM (SELECT execution_serial FROM job_executions
          WHERE job_id = j.id AND status IN ('scheduled', 'running') ORDER BY execution_number DESC LIMIT ${SHOWN}) e) AS open_runs,
       j.last_execution_number AS runs_total
     FROM jobs j WHERE j.job_serial = $1 AND j.deleted_at IS NULL AND j.is_template = $2`,
    [serial, kind === 'template'],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no ${kind} ${serial}.`);
  return row;
};
