import type { z } from 'zod';
import type { TargetLock } from '../../contracts/execution.ts';
import type { Page } from '../../contracts/page.ts';
import { PageQuery } from '../../contracts/page.ts';
import { Text } from '../../contracts/text.ts';
import { selectRows } from '../../db/query.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { cursorId, pageOfRows } from '../page.ts';

export const LockFilter = PageQuery.extend({ target: Text(50).optional() });
type LockFilter = z.infer<typeof LockFilter>;

/** The branches that hold their targets or wait for them, by age. */
export const listLocks = async ({ db }: ServiceDeps, caller: Caller, filter: LockFilter): Promise<Page<TargetLock>> => {
  authorize(caller, 'executions.read');
  const rows = await selectRows<TargetLock & { row_id: number }>(
    db,
    `SELECT b.id AS row_id, b.target_serial_ref AS target_serial, b.target_name_ref AS target_name, b.branch_serial, e.execution_serial, j.name AS job_name,
       CASE WHEN b.lock_acquired_at IS NULL THEN 'waits' ELSE 'holds' END AS state, ${iso('coalesce(b.lock_acquired_at, b.lock_requested_at)')} AS since
     FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id JOIN jobs j ON j.id = e.job_id
     WHERE b.status = 'running' AND b.lock_requested_at IS NOT NULL AND b.id > $1 AND ($2::text IS NULL OR b.target_serial_ref = $2 OR b.target_name_ref = $2)
     ORDER BY b.id LIMIT $3`,
    [cursorId(filter) ?? 0, filter.target ?? null, filter.limit + 1],
  );
  return pageOfRows(rows, filter.limit);
};
