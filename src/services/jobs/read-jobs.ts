import type { Sequelize, Transaction } from 'sequelize';
import type { Page } from '../../contracts/page.ts';
import type { Job, JobFilter, JobSummary } from '../../contracts/job.ts';
import type { TemplateFilter } from '../../contracts/job-template.ts';
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
import { titleOf } from './job-kind.ts';
import type { Kind } from './job-kind.ts';
import { showVariables } from './stored-variables.ts';
import { ACTIONS_OF_VERSION } from './stored-version.ts';

const ORDER: Order<'created' | 'name'> = {
  id: 'j.id',
  sorts: { created: 'id', name: { by: 'j.name', type: 'text' } },
  sort: '-created',
};

const TARGETS_SHOWN = 1_000;
/** Not in the answer: a digest of the list of targets, when only its beginning is shown. */
export const WHOLE_LIST = Symbol('the whole list of targets');
export type ReadJob = Job & { [WHOLE_LIST]?: string };

const SUMMARY_COLUMNS = `j.job_serial, j.job_uuid, j.name, j.description, j.job_type, j.status, j.priority, coalesce(j.settings->'tags', '[]') AS tags, j.definition_version,
(SELECT username FROM users WHERE id = j.created_by) AS created_by, j.definition_source,
${iso('j.created_at')} AS created_at, ${iso('j.updated_at')} AS updated_at, ${iso('j.started_at')} AS started_at, ${iso('j.completed_at')} AS completed_at`;

/** Of the run with the highest number, by its index. */
const LAST_EXECUTION = `(SELECT jsonb_build_object('execution_serial', e.execution_serial, 'status', e.status, 'created_at', ${iso('e.created_at')},
  'completed_at', ${iso('e.completed_at')}) FROM job_executions e WHERE e.job_id = j.id AND e.execution_number = j.last_execution_number) AS last_execution`;

const FILTERS = `($1::text IS NULL OR j.name ILIKE '%' || $1 || '%' OR j.job_serial = $2) AND ($3::text IS NULL OR j.status = $3)
  AND ($4::text IS NULL OR j.settings->'tags' @> to_jsonb($4::text)) AND ($5::text IS NULL OR j.job_type = $5)
  AND ($6::text IS NULL OR j.created_by = (SELECT id FROM users WHERE lower(username) = lower($6)))
  AND ($7::text IS NULL OR EXISTS (SELECT 1 FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = j.id AND t.target_serial = $7))
  AND ($8::text IS NULL OR j.template_id = (SELECT id FROM jobs WHERE job_serial = $8 AND is_template)) AND ($9::text IS NULL OR j.definition_source = $9)`;

/** Jobs, or templates, that are not deleted. */
const listDefinitions = async (db: Sequelize, kind: Kind, filter: JobFilter): Promise<Page<JobSummary>> => {
  const page = keyset(ORDER, { ...filter, kind }, [
    filter.search?.replace(/[\\%_]/g, String.raw`\$&`) ?? null,
    filter.search ?? null,
    filter.status ?? null,
    filter.tag ?? null,
    filter.job_type ?? null,
    filter.created_by ?? null,
    filter.target ?? null,
    filter.template ?? null,
    filter.source ?? null,
  ]);
  const last = page.wants('last_execution') ? LAST_EXECUTION : 'NULL AS last_execution';
  const rows = await selectRows<JobSummary & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${SUMMARY_COLUMNS}, ${last} FROM jobs j WHERE j.deleted_at IS NULL AND ${kind === 'template' ? '' : 'NOT '}j.is_template
       AND ${FILTERS} AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/** Jobs that are not deleted. */
export const listJobs = async ({ db }: ServiceDeps, caller: Caller, filter: JobFilter): Promise<Page<JobSummary>> => {
  authorize(caller, 'jobs.read');
  return listDefinitions(db, 'job', filter);
};

/** Patterns for jobs that are not deleted. */
export const listJobTemplates = async ({ db }: ServiceDeps, caller: Caller, filter: TemplateFilter): Promise<Page<JobSummary>> => {
  authorize(caller, 'jobs.read');
  return listDefinitions(db, 'template', filter);
};

type JobRow = Omit<Job, 'targets' | 'variables' | 'actions'> & { id: number; variables: StoredVariable[]; actions: ActionRow[] };

interface Which {
  kind?: Kind;
  /** By default the current one. */
  version?: number | undefined;
}

const missing = (kind: Kind, serial: string, version: number | undefined): OpsError =>
  new OpsError(
    'NOT_FOUND',
    version === undefined ? `There is no ${kind} ${serial}.` : `${titleOf(kind)} ${serial} has no version ${version}.`,
  );

/** Column by which a key names a job (contracts, JobKey). */
const keyColumn = (key: string): 'job_serial' | 'job_uuid' => (key.startsWith('J') ? 'job_serial' : 'job_uuid');

const digestOfList = async (db: Sequelize, jobId: number, transaction: Transaction | undefined): Promise<string> => {
  const row = await selectRow<{ digest: string }>(
    db,
    `SELECT md5(string_agg(target_id::text, ',' ORDER BY id)) AS digest FROM job_targets WHERE job_id = $1`,
    [jobId],
    transaction,
  );
  return row?.digest ?? '';
};

/** A version of a job or of a template. @param key serial or uuid. @throws OpsError NOT_FOUND */
export const readJob = async (
  db: Sequelize,
  key: string,
  { kind = 'job', version }: Which = {},
  transaction?: Transaction,
): Promise<ReadJob> => {
  const row = await selectRow<JobRow>(
    db,
    `SELECT j.id, ${SUMMARY_COLUMNS}, ${LAST_EXECUTION}, v.definition_version, v.definition->'name' #>> '{}' AS name, v.definition->'description' #>> '{}' AS description,
       (v.definition->>'priority')::int AS priority, (v.definition->>'timeout_seconds')::int AS timeout_seconds,
       (v.definition->>'retry_count')::int AS retry_count, v.definition->'variables' AS variables, v.definition->'settings' AS settings,
       v.definition->>'target_selector' AS target_selector, v.change_note, (SELECT job_serial FROM jobs WHERE id = j.template_id) AS template,
       (SELECT count(*)::int FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = j.id AND t.is_active) AS target_count,
       ${ACTIONS_OF_VERSION}
     FROM jobs j JOIN job_versions v ON v.job_id = j.id AND v.definition_version = coalesce($2, j.definition_version)
     WHERE j.${keyColumn(key)} = $1 AND j.deleted_at IS NULL AND j.is_template = $3`,
    [key, version ?? null, kind === 'template'],
    transaction,
  );
  if (row === undefined) throw missing(kind, key, version);
  const targets = await selectRows<{ target_serial: string }>(
    db,
    'SELECT t.target_serial FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active ORDER BY jt.id LIMIT $2',
    [row.id, TARGETS_SHOWN],
    transaction,
  );
  const { id, variables, actions, ...job } = row;
  return {
    ...job,
    ...(targets.length === TARGETS_SHOWN && { [WHOLE_LIST]: await digestOfList(db, id, transaction) }),
    actions: nestActions(actions),
    variables: showVariables(variables),
    targets: targets.map((target) => target.target_serial),
  };
};

export const getJob = async ({ db }: ServiceDeps, caller: Caller, kind: Kind, key: string, version?: number): Promise<Job> => {
  authorize(caller, 'jobs.read');
  return readJob(db, key, { kind, version });
};
