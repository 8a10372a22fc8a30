import type { Sequelize } from 'sequelize';
import type { Page } from '../../../contracts/page.ts';
import type { TargetJob, TargetJobFilter } from '../../../contracts/target-views.ts';
import { keyset } from '../../../db/keyset.ts';
import type { Order } from '../../../db/keyset.ts';
import { selectRow, selectRows } from '../../../db/query.ts';
import { ATTRIBUTE_COLUMNS } from '../../../db/target-attribute.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { matchesSelector, parseSelector } from '../../../domain/selector.ts';
import type { SelectedTarget } from '../../../domain/selector.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { targetId } from '../target-id.ts';

const ORDER: Order<'created' | 'name'> = { id: 'j.id', sorts: { created: 'id', name: { by: 'j.name', type: 'text' } }, sort: '-created' };

const ATTRIBUTES = Object.entries(ATTRIBUTE_COLUMNS).map(([key, column]) => `${column} AS ${key}`);
const IS_USED = 'j.deleted_at IS NULL AND NOT j.is_template';

const fits = (selector: string, target: SelectedTarget): boolean => {
  try {
    return matchesSelector(parseSelector(selector), target);
  } catch (error) {
    // One that cannot be read finds no target; who looks at the job is told of it.
    if (error instanceof OpsError) return false;
    throw error;
  }
};

/** Ids of the jobs whose selector fits the target now. A deleted target is fitted by none. */
const jobsBySelector = async (db: Sequelize, target: number): Promise<number[]> => {
  const attributes = await selectRow<SelectedTarget>(
    db,
    `SELECT ${ATTRIBUTES.join(', ')}, labels FROM universal_targets WHERE id = $1 AND is_active`,
    [target],
  );
  if (attributes === undefined) return [];
  const jobs = await selectRows<{ id: number; target_selector: string }>(
    db,
    `SELECT j.id, j.target_selector FROM jobs j WHERE j.target_selector IS NOT NULL AND ${IS_USED}`,
  );
  return jobs.flatMap(({ id, target_selector: selector }) => (fits(selector, attributes) ? [id] : []));
};

/** Jobs that run on a target: those that name it, and those whose selector fits it now. @param key serial or uuid. @throws OpsError NOT_FOUND */
export const listTargetJobs = async (
  { db }: ServiceDeps,
  caller: Caller,
  key: string,
  filter: TargetJobFilter,
): Promise<Page<TargetJob>> => {
  authorize(caller, 'jobs.read');
  const target = await targetId(db, key);
  const page = keyset(ORDER, { ...filter, target }, [target, await jobsBySelector(db, target)]);
  const rows = await selectRows<TargetJob & { row_id: number }>(
    db,
    `SELECT ${page.columns}, j.job_serial, j.name,
       CASE WHEN EXISTS (SELECT 1 FROM job_targets jt WHERE jt.job_id = j.id AND jt.target_id = $1) THEN 'list' ELSE 'selector' END AS by
     FROM jobs j WHERE ${IS_USED} AND j.id IN (SELECT jt.job_id FROM job_targets jt WHERE jt.target_id = $1 UNION SELECT unnest($2::bigint[]))
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};
