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

/** What became of a list, for the audit: how many were added and removed, and the first of each. */
export interface ListChange {
  added: number;
  removed: number;
  add: string[];
  remove: string[];
}

const listChange = (added: readonly string[], removed: readonly string[]): ListChange => ({
  added: added.length,
  removed: removed.length,
  add: added.slice(0, NAMED),
  remove: removed.slice(0, NAMED),
});

/** Takes targets from the list of a job; all, when none are named. @returns the serials of those that were on it */
const takeTargets = async (
  db: Sequelize,
  jobId: number,
  serials: readonly string[] | undefined,
  transaction: Transaction,
): Promise<string[]> => {
  const rows = await selectRows<{ serial: string }>(
    db,
    `DELETE FROM job_targets jt USING universal_targets t WHERE jt.job_id = $1 AND t.id = jt.target_id
       AND ($2::text[] IS NULL OR t.target_serial = ANY($2::text[])) RETURNING t.target_serial AS serial`,
    [jobId, serials ?? null],
    transaction,
  );
  return rows.map(({ serial }) => serial).toSorted();
};

/** Puts targets on the list of a job. @returns the serials of those that were not on it. @throws OpsError VALIDATION */
const putTargets = async (
  db: Sequelize,
  jobId: number,
  serials: readonly string[],
  path: string,
  transaction: Transaction,
): Promise<string[]> => {
  const ids = await targetIds(db, serials, path, transaction);
  const rows = await selectRows<{ serial: string }>(
    db,
    `WITH put AS (INSERT INTO job_targets (job_id, target_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT (job_id, target_id) DO NOTHING RETURNING target_id)
     SELECT t.target_serial AS serial FROM put JOIN universal_targets t ON t.id = put.target_id ORDER BY t.id`,
    [jobId, ids],
    transaction,
  );
  return rows.map(({ serial }) => serial);
};

/** Puts these targets in place of the list of a job. @throws OpsError VALIDATION */
export const writeTargets = async (
  db: Sequelize,
  jobId: number,
  serials: readonly string[],
  transaction: Transaction,
): Promise<ListChange> => {
  const before = new Set(await takeTargets(db, jobId, undefined, transaction));
  const now = new Set(await putTargets(db, jobId, serials, 'targets', transaction));
  return listChange([...now.difference(before)], [...before.difference(now)]);
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
    const removed = await takeTargets(db, id, remove, transaction);
    const added = await putTargets(db, id, add, 'add', transaction);
    if (added.length > 0) {
      const { actions } = definitionOf(await readJob(db, serial, {}, transaction));
      await checkCapabilities(db, id, flattenActions(actions), transaction);
    }
    const event = { eventType: 'job_updated', action: 'change_job_targets', actor: caller.actor, resourceType: 'jobs' } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, resourceId: serial, details: { ...listChange(added, removed) } }, transaction);
  });
  return readJob(db, serial);
};
