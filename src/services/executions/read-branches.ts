import type { Branch, BranchFilter, OneBranch } from '../../contracts/execution.ts';
import type { Page } from '../../contracts/page.ts';
import { createConditions, likeText } from '../../db/conditions.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { cutOutputs, maxOutputOf, outputColumns } from './cut-output.ts';
import { executionId, withFault } from './read-executions.ts';

const BRANCHES: Order<'branch_number'> = { id: 'b.branch_number', sorts: { branch_number: 'id' }, sort: 'branch_number' };
const MOST_OUTPUT = 65_536;

type BranchRow = Omit<Branch, 'fault'>;

const branchColumns = (
  output: string,
): string => `b.branch_serial, b.branch_number, b.batch_number, b.retry_number, b.target_serial_ref AS target_serial, b.target_name_ref AS target_name, b.status, b.exit_code,
b.failure_category, b.error_code, ${output}, b.last_line_number, b.workflow_id, b.closed_by,
b.hold_reason, ${iso('b.lock_acquired_at')} AS lock_acquired_at, CASE WHEN b.hold_reason = 'lock' THEN (SELECT h.branch_serial
  FROM job_execution_branches h WHERE h.target_id = b.target_id AND h.lock_acquired_at IS NOT NULL AND h.completed_at IS NULL) END AS waits_for,
${iso('b.started_at')} AS started_at, ${iso('b.completed_at')} AS completed_at, ${iso('b.updated_at')} AS updated_at`;

/** Columns of a Branch, with all of its outputs, which are of 64 KiB at most. */
export const BRANCH_COLUMNS = branchColumns('b.result_output, b.result_error, false AS output_cut');

/** Branches of a run. @throws OpsError NOT_FOUND, VALIDATION when the page could have too much output */
export const listBranches = async (
  { db }: ServiceDeps,
  caller: Caller,
  serial: string,
  { max_output, ...filter }: BranchFilter,
): Promise<Page<Branch>> => {
  authorize(caller, 'executions.read');
  const maxOutput = maxOutputOf({ ...filter, max_output });
  const run = await executionId(db, serial);
  const conditions = createConditions([run]);
  conditions.add(filter.status, (value) => `b.status = ${value}`);
  conditions.add(filter.target, (value) => `(b.target_serial_ref = ${value} OR b.target_name_ref = ${value})`);
  conditions.add(filter.search && likeText(filter.search), (value) => `b.target_name_ref ILIKE '%' || ${value} || '%'`);
  conditions.add(filter.failure_category, (value) => `b.failure_category = ${value}`);
  conditions.add(filter.error_code, (value) => `b.error_code = ${value}`);
  conditions.add(filter.batch, (value) => `b.batch_number = ${value}`);
  const page = keyset(BRANCHES, { ...filter, run }, conditions.bind);
  const rows = await selectRows<BranchRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${branchColumns(outputColumns('b', maxOutput))} FROM job_execution_branches b
     WHERE b.job_execution_id = $1 AND ${conditions.sql} AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map((row) => cutOutputs(withFault(row), maxOutput)));
};

/** One branch, by its serial. @throws OpsError NOT_FOUND */
export const getBranch = async ({ db }: ServiceDeps, caller: Caller, serial: string, { max_output }: OneBranch): Promise<Branch> => {
  authorize(caller, 'executions.read');
  const maxOutput = max_output ?? MOST_OUTPUT;
  const row = await selectRow<BranchRow>(
    db,
    `SELECT ${branchColumns(outputColumns('b', maxOutput))} FROM job_execution_branches b WHERE b.branch_serial = $1`,
    [serial],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no branch ${serial}.`);
  return cutOutputs(withFault(row), maxOutput);
};
