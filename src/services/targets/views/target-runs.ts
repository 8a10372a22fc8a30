import type { Page } from '../../../contracts/page.ts';
import type { TargetRun, TargetRunFilter } from '../../../contracts/target-views.ts';
import { keyset } from '../../../db/keyset.ts';
import type { Order } from '../../../db/keyset.ts';
import { selectRows } from '../../../db/query.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { iso } from '../../iso.ts';
import { targetId } from '../target-id.ts';

const ORDER: Order<'created'> = { id: 'b.id', sorts: { created: { by: 'b.created_at', type: 'timestamptz' } }, sort: '-created' };

/**
 * What runs did on a target, newest first. A target that is deleted has its history still.
 * @param key serial or uuid. @throws OpsError NOT_FOUND
 */
export const listTargetRuns = async (
  { db }: ServiceDeps,
  caller: Caller,
  key: string,
  filter: TargetRunFilter,
): Promise<Page<TargetRun>> => {
  authorize(caller, 'executions.read');
  const target = await targetId(db, key);
  const page = keyset(ORDER, { ...filter, target }, [target]);
  const rows = await selectRows<TargetRun & { row_id: number }>(
    db,
    // First the branches of the page: joined as a whole, all runs would be read.
    `WITH b AS MATERIALIZED (SELECT ${page.columns}, b.* FROM job_execution_branches b WHERE b.target_id = $1 AND ${page.where} ${page.order})
     SELECT b.row_id, b.row_key, b.branch_serial, e.execution_serial, e.job_serial, e.name AS job_name, b.status, b.exit_code, b.failure_category,
       b.error_code, b.result_error, ${iso('b.created_at')} AS created_at, ${iso('b.started_at')} AS started_at, ${iso('b.completed_at')} AS completed_at
     FROM b CROSS JOIN LATERAL (SELECT e.execution_serial, j.job_serial, j.name FROM job_executions e JOIN jobs j ON j.id = e.job_id
       WHERE e.id = b.job_execution_id LIMIT 1) e ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};
