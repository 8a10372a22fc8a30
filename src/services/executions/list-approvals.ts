import type { Approval, ApprovalFilter } from '../../contracts/action-answers.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

const ORDER: Order<'created'> = { id: 'r.id', sorts: { created: 'id' }, sort: 'created' };

/** The actions that wait for the answer of a person. */
export const listApprovals = async ({ db }: ServiceDeps, caller: Caller, filter: ApprovalFilter): Promise<Page<Approval>> => {
  authorize(caller, 'executions.read');
  const page = keyset(ORDER, filter, [filter.execution ?? null]);
  const rows = await selectRows<Approval & { row_id: number }>(
    db,
    `SELECT ${page.columns}, r.action_serial, r.iteration, e.execution_serial, b.branch_serial, j.name AS job_name, b.target_serial_ref AS target_serial,
       b.target_name_ref AS target_name, r.action_name, r.command_executed AS message, a.action_parameters->'approvers' AS approvers,
       ${iso('r.started_at')} AS asked_at, a.action_parameters->>'onTimeout' AS on_timeout,
       ${iso(`(r.started_at + make_interval(secs => (a.action_parameters->>'timeoutSeconds')::int))`)} AS expires_at
     FROM job_action_results r JOIN job_actions a ON a.id = r.action_id JOIN job_execution_branches b ON b.id = r.branch_id
       JOIN job_executions e ON e.id = b.job_execution_id JOIN jobs j ON j.id = e.job_id
     WHERE r.action_type = 'approval' AND r.status = 'running' AND ($1::text IS NULL OR e.execution_serial = $1)
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};
