import type { Sequelize, Transaction } from 'sequelize';
import type { Job } from '../../contracts/job.ts';
import type { ChangeJobTargets, JobTarget, JobTargetFilter } from '../../contracts/job-target.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { execute, selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { flattenActions } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Expected } from '../revision.ts';
import { checkCapabilities } from './check-capabilities.ts';
import { definitionOf } from './definition-of-job.ts';
import { lockDefinition } from './lock-definition.ts';
import { readJob } from './read-jobs.ts';

const ORDER: Order<'created'> = { id: 'jt.id', sorts: { created: 'id' }, sort: 'created' };
const NAMED = 20;

/** @throws OpsError VALIDATION naming the first serials that are unknown. */
export const targetIds = async (db: Sequelize, serials: readonly string[], path: string, transaction: Transaction): Promise<number[]> => {
  const rows = await selectRows<{ id: number; target_serial: string }>(
    db,
    'SELECT id, target_serial FROM universal_targets WHERE is_active AND target_serial = ANY($1::text[])',
    [serials],
    transaction,
  );
  const idOf = new Map(rows.map((row) => [row.target_serial, row.id]));
  const unknown = serials.flatMap((serial, index) =>
    idOf.has(serial) ? [] : [{ path: `${path}.${index}`, message: `there is no target ${serial}` }],
  );
  if (unknown.length > 0)
    throw new OpsError('VALIDATION', `The job names ${unknown.length} target(s) that do not exist.`, { fields: unknown.slice(0, NAMED) });
  return [...new Set(serials.flatMap((serial) => idOf.get(serial) ?? []))];
};

/** Puts these targets in place of the list of a job. */
export const writeTargets = async (db: Sequelize, jobId: number, serials: readonly string[], transaction: Transaction): Promise<void> => {
  const ids = await targetIds(db, serials, 'targets', transaction);
  await execute(db, 'DELETE FROM job_targets WHERE job_id = $1', [jobId], transaction);
  await execute(db, 'INSERT INTO job_targets (job_id, target_id) SELECT $1, unnest($2::bigint[])', [jobId, ids], transaction);
};

/** Gives a job the list of another. */
export const copyTargets = (db: Sequelize, from: number, to: number, transaction: Transaction): Promise<void> =>
  execute(
    db,
    `INSERT INTO job_targets (job_id, target_id) SELECT $2, jt.target_id FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id
     WHERE jt.job_id = $1 AND t.is_active ORDER BY jt.id`,
    [from, to],
    transaction,
  );

/** The list of a job. @throws OpsError NOT_FOUND */
export const listJobTargets = async (
  { db }: ServiceDeps,
  caller: Caller,
  serial: string,
  filter: JobTargetFilter,
): Promise<Page<JobTarget>> => {
  authorize(caller, 'jobs.read');
  const job = await selectRow<{ id: number }>(db, 'SELECT id FROM jobs WHERE job_serial = $1 AND deleted_at IS NULL AND NOT is_template', [
    serial,
  ]);
  if (job === undefined) throw new OpsError('NOT_FOUND', `There is no job ${serial}.`);
  const page = keyset(ORDER, { ...filter, job: serial }, [job.id, filter.status ?? null]);
  const rows = await selectRows<JobTarget & { row_id: number }>(
    db,
    `SELECT ${page.columns}, t.target_serial, t.name, t.status, t.os_type, t.environment FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id
     WHERE jt.job_id = $1 AND t.is_active AND ($2::text IS NULL OR t.status = $2) AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/**
 * Adds targets to the list of a job and takes others from it. No version holds the list, so this makes none; runs that have begun keep their targets.
 * @throws OpsError NOT_FOUND, CONFLICT, REVISION_MISMATCH, VALIDATION also for a target that cannot do an action of the job
 */
export const changeJobTargets = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  serial: string,
  { add = [], remove = [] }: ChangeJobTargets,
  expected?: Expected,
): Promise<Job> => {
  authorize(caller, 'jobs.write');
  await db.transaction(async (transaction) => {
    const { id } = await lockDefinition(db, { kind: 'job', serial }, expected, transaction);
    const removed = await selectRows<{ id: number }>(
      db,
      `DELETE FROM job_targets jt USING universal_targets t WHERE jt.job_id = $1 AND t.id = jt.target_id AND t.target_serial = ANY($2::text[]) RETURNING jt.id`,
      [id, remove],
      transaction,
    );
    const ids = await targetIds(db, add, 'add', transaction);
    const added = await selectRows<{ id: number }>(
      db,
      'INSERT INTO job_targets (job_id, target_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT (job_id, target_id) DO NOTHING RETURNING id',
      [id, ids],
      transaction,
    );
    if (added.length > 0) {
      const { actions } = definitionOf(await readJob(db, serial, {}, transaction));
      await checkCapabilities(db, id, flattenActions(actions), transaction);
    }
    const event = { eventType: 'job_updated', action: 'change_job_targets', actor: caller.actor, resourceType: 'jobs' } as const;
    const details = { added: added.length, removed: removed.length, add: add.slice(0, NAMED), remove: remove.slice(0, NAMED) };
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: serial, details }, transaction);
  });
  return readJob(db, serial);
};
