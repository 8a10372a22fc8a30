import type { Sequelize } from 'sequelize';
import type { JobComparison, JobVersion, JobVersionFilter } from '../../contracts/job-version.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { jobDifferences } from './job-differences.ts';
import { titleOf } from './job-kind.ts';
import type { Kind } from './job-kind.ts';
import { readStoredVersion } from './stored-version.ts';

const ORDER: Order<'version'> = { id: 'v.definition_version', sorts: { version: 'id' }, sort: '-version' };

interface Head {
  id: number;
  job_uuid: string;
}

const findDefinition = async (db: Sequelize, kind: Kind, serial: string): Promise<Head> => {
  const row = await selectRow<Head>(db, 'SELECT id, job_uuid FROM jobs WHERE job_serial = $1 AND deleted_at IS NULL AND is_template = $2', [
    serial,
    kind === 'template',
  ]);
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no ${kind} ${serial}.`);
  return row;
};

/** Versions of a job or template, with who made them and why. @throws OpsError NOT_FOUND */
export const listJobVersions = async (
  { db }: ServiceDeps,
  caller: Caller,
  { kind, serial }: { kind: Kind; serial: string },
  filter: JobVersionFilter,
): Promise<Page<JobVersion>> => {
  authorize(caller, 'jobs.read');
  const { id } = await findDefinition(db, kind, serial);
  const page = keyset(ORDER, { ...filter, serial }, [id]);
  const rows = await selectRows<JobVersion & { row_id: number }>(
    db,
    `SELECT ${page.columns}, v.definition_version, v.definition_version = j.definition_version AS is_current, v.definition->>'name' AS name, v.change_note,
       (SELECT username FROM users WHERE id = v.created_by) AS created_by, ${iso('v.created_at')} AS created_at
     FROM job_versions v JOIN jobs j ON j.id = v.job_id WHERE v.job_id = $1 AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/** In what two versions differ. @throws OpsError NOT_FOUND */
export const compareJobVersions = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  { kind, serial }: { kind: Kind; serial: string },
  [from, to]: readonly [number, number],
): Promise<JobComparison> => {
  authorize(caller, 'jobs.read');
  const job = await findDefinition(db, kind, serial);
  const read = (version: number) =>
    readStoredVersion(db, job, version).catch((cause: unknown) => {
      if (!(cause instanceof OpsError) || cause.code !== 'NOT_FOUND') throw cause;
      throw new OpsError('NOT_FOUND', `${titleOf(kind)} ${serial} has no version ${version}.`, { cause });
    });
  const differences = jobDifferences(keyRing, job.job_uuid, await read(from), await read(to));
  return { job_serial: serial, from_version: from, to_version: to, differences };
};
