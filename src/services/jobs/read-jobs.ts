import type { Sequelize, Transaction } from 'sequelize';
import type { Page } from '../../contracts/page.ts';
import type { Job, JobFilter, JobSummary } from '../../contracts/job.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { nestActions } from './nest-actions.ts';
import type { ActionRow } from './nest-actions.ts';
import { showVariables } from './stored-variables.ts';

const ORDER: Order<'created' | 'name'> = {
  id: 'j.id',
  sorts: { created: 'id', name: { by: 'j.name', type: 'text' } },
  sort: '-created',
};

const TARGETS_SHOWN = 1_000;

const SUMMARY_COLUMNS = `j.job_serial, j.job_uuid, j.name, j.description, j.job_type, j.status, j.priority, coalesce(j.settings->'tags', '[]') AS tags, j.definition_version,
${iso('j.created_at')} AS created_at, ${iso('j.updated_at')} AS updated_at, ${iso('j.started_at')} AS started_at, ${iso('j.completed_at')} AS completed_at`;

/** Jobs that are not deleted. */
export const listJobs = async ({ db }: ServiceDeps, caller: Caller, filter: JobFilter): Promise<Page<JobSummary>> => {
  authorize(caller, 'jobs.read');
  const page = keyset(ORDER, filter, [
    filter.search?.replace(/[\\%_]/g, String.raw`\$&`) ?? null,
    filter.search ?? null,
    filter.status ?? null,
    filter.tag ?? null,
  ]);
  const rows = await selectRows<JobSummary & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${SUMMARY_COLUMNS} FROM jobs j WHERE j.deleted_at IS NULL AND NOT j.is_template
       AND ($1::text IS NULL OR j.name ILIKE '%' || $1 || '%' OR j.job_serial = $2) AND ($3::text IS NULL OR j.status = $3)
       AND ($4::text IS NULL OR j.settings->'tags' @> to_jsonb($4::text)) AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

type JobRow = Omit<Job, 'targets' | 'variables' | 'actions'> & { id: number; variables: StoredVariable[]; actions: ActionRow[] };

/** A version of a job, by default the current one. @throws OpsError NOT_FOUND */
export const readJob = async (db: Sequelize, serial: string, version?: number, transaction?: Transaction): Promise<Job> => {
  const row = await selectRow<JobRow>(
    db,
    `SELECT j.id, ${SUMMARY_COLUMNS}, v.definition_version, v.definition->'name' #>> '{}' AS name, v.definition->'description' #>> '{}' AS description,
       (v.definition->>'priority')::int AS priority, (v.definition->>'timeout_seconds')::int AS timeout_seconds,
       (v.definition->>'retry_count')::int AS retry_count, v.definition->'variables' AS variables, v.definition->'settings' AS settings,
       (SELECT count(*)::int FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = j.id AND t.is_active) AS target_count,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('action_order', a.action_order, 'action_key', a.action_key, 'action_name', a.action_name,
          'action_type', a.action_type, 'action_parameters', a.action_parameters, 'action_config', a.action_config, 'is_enabled', a.is_enabled,
          'timeout_seconds', a.timeout_seconds, 'retry_count', a.retry_count, 'retry_delay_seconds', a.retry_delay_seconds, 'on_failure', a.on_failure, 'conditions', a.conditions,
          'dependencies', a.dependencies, 'parent', (SELECT p.action_order FROM job_actions p WHERE p.id = a.parent_action_id), 'slot', a.parent_slot)
          ORDER BY a.action_order), '[]') FROM job_actions a WHERE a.job_id = j.id AND a.definition_version = v.definition_version) AS actions
     FROM jobs j JOIN job_versions v ON v.job_id = j.id AND v.definition_version = coalesce($2, j.definition_version)
     WHERE j.job_serial = $1 AND j.deleted_at IS NULL`,
    [serial, version ?? null],
    transaction,
  );
  if (row === undefined)
    throw new OpsError('NOT_FOUND', version === undefined ? `There is no job ${serial}.` : `Job ${serial} has no version ${version}.`);
  const targets = await selectRows<{ target_serial: string }>(
    db,
    'SELECT t.target_serial FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active ORDER BY jt.id LIMIT $2',
    [row.id, TARGETS_SHOWN],
    transaction,
  );
  const { id: _, variables, actions, ...job } = row;
  return {
    ...job,
    actions: nestActions(actions),
    variables: showVariables(variables),
    targets: targets.map((target) => target.target_serial),
  };
};

export const getJob = async ({ db }: ServiceDeps, caller: Caller, serial: string, version?: number): Promise<Job> => {
  authorize(caller, 'jobs.read');
  return readJob(db, serial, version);
};
