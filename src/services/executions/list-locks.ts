import type { LockFilter, TargetLock } from '../../contracts/execution.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

const ORDER: Order<'created'> = { id: 'b.id', sorts: { created: 'id' }, sort: 'created' };

/** The branches that hold their targets or wait for them. */
export const listLocks = async ({ db }: ServiceDeps, caller: Caller, filter: LockFilter): Promise<Page<TargetLock>> => {
  authorize(caller, 'executions.read');
  const page = keyset(ORDER, filter, [filter.target ?? null]);
  const rows = await selectRows<TargetLock & { row_id: number }>(
    db,
    `SELECT ${page.columns}, b.target_serial_ref AS target_serial, b.target_name_ref AS target_name, b.branch_serial, e.execution_serial, j.name AS job_name,
       CASE WHEN b.lock_acquired_at IS NULL THEN 'waits' ELSE 'holds' END AS state, ${iso('coalesce(b.lock_acquired_at, b.lock_requested_at)')} AS since
     FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id JOIN jobs j ON j.id = e.job_id
     WHERE b.status = 'running' AND b.lock_requested_at IS NOT NULL AND ($1::text IS NULL OR b.target_serial_ref = $1 OR b.target_name_ref = $1)
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};
