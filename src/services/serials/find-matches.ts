import type { Sequelize } from 'sequelize';
import type { SerialStatus } from '../../contracts/serial.ts';
import { selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { SerialPattern } from '../../domain/serial-pattern.ts';
import { findParts } from './find-parts.ts';
import type { FoundSerial, FoundSerials, SerialPlace } from './find-parts.ts';

const MOST_JOBS = 5_000;
export const BEGINNING: SerialPlace = { execution: 0, branch: 0, action: 0 };

/** SQL: has the serial this beginning? Heads are letters and digits. */
const headed = ({ head, isHeadWhole }: SerialPattern, column: string, bind: unknown[]): string =>
  isHeadWhole ? `${column} = $${bind.push(head)}` : `${column} LIKE $${bind.push(`${head}%`)}`;

/** Targets or jobs, which are few: a pattern is compared with each. */
const findOwners = async (
  db: Sequelize,
  pattern: SerialPattern,
  after: SerialPlace,
  limit: number,
  status: SerialStatus | undefined,
): Promise<FoundSerials> => {
  const bind: unknown[] = [after.execution, limit + 1, status ?? null];
  const isJob = pattern.level === 'job';
  const [table, column] = isJob ? ['jobs', 'job_serial'] : ['universal_targets', 'target_serial'];
  const rows = await selectRows<FoundSerial & { id: number }>(
    db,
    `SELECT t.id, '${isJob ? 'job' : 'target'}' AS level, t.${column} AS serial, t.name, t.status, NULL AS execution_serial FROM ${table} t
     WHERE t.deleted_at IS NULL ${isJob ? 'AND NOT t.is_template' : ''} AND ${headed(pattern, `t.${column}`, bind)} AND t.id > $1 AND ($3::text IS NULL OR t.status = $3)
     ORDER BY t.id LIMIT $2`,
    bind,
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { data: rows.slice(0, limit).map(({ id: _, ...row }) => row), next: last && { execution: last.id, branch: 0, action: 0 } };
};

/** Also jobs that were deleted: their runs are still there. @throws OpsError SCOPE_TOO_WIDE */
const findJobs = async (db: Sequelize, pattern: SerialPattern): Promise<number[]> => {
  const bind: unknown[] = [];
  const rows = await selectRows<{ id: number }>(
    db,
    `SELECT j.id FROM jobs j WHERE ${headed(pattern, 'j.job_serial', bind)} LIMIT ${MOST_JOBS + 1}`,
    bind,
  );
  if (rows.length <= MOST_JOBS) return rows.map(({ id }) => id);
  throw new OpsError('SCOPE_TOO_WIDE', `More than ${MOST_JOBS} jobs fit ${pattern.text}. Give more of the serial of the job.`);
};

/** One page of what fits. @throws OpsError SCOPE_TOO_WIDE */
export const findMatches = async (
  db: Sequelize,
  pattern: SerialPattern,
  after: SerialPlace,
  limit: number,
  status?: SerialStatus,
): Promise<FoundSerials> => {
  if (pattern.level === 'job' || pattern.level === 'target') return findOwners(db, pattern, after, limit, status);
  const jobs = await findJobs(db, pattern);
  return jobs.length === 0 ? { data: [], next: undefined } : findParts(db, pattern, jobs, after, limit, status);
};

/** All pages of what fits, one after the other. @throws OpsError SCOPE_TOO_WIDE */
export async function* pagesOf(
  db: Sequelize,
  pattern: SerialPattern,
  limit: number,
  status: SerialStatus | undefined,
): AsyncGenerator<FoundSerials, void, undefined> {
  for (let after: SerialPlace | undefined = BEGINNING; after !== undefined;) {
    const page: FoundSerials = await findMatches(db, pattern, after, limit, status);
    yield page;
    after = page.next;
  }
}
