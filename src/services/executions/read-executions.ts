import type { Sequelize } from 'sequelize';
import type { Execution } from '../../contracts/execution.ts';
import type { FailureCategory } from '../../contracts/enums.ts';
import { selectPrepared, selectRow } from '../../db/query.ts';
import { isUnresolved } from '../../db/unknown-outcome.ts';
import { faultOf } from '../../domain/failure.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

/** The row, and whose fault its failure is. */
export const withFault = <Row extends { failure_category: FailureCategory | null; error_code: string | null }>(
  row: Row,
): Row & { fault: string | null } => ({
  ...row,
  fault: row.failure_category === null ? null : faultOf(row.failure_category, row.error_code),
});

/** Columns of an Execution `e` of job `j`. */
export const EXECUTION_COLUMNS = `e.execution_serial, e.execution_uuid, j.job_serial, j.name AS job_name, e.definition_version, e.status, e.trigger_type,
(SELECT username FROM users WHERE id = e.triggered_by) AS triggered_by, e.max_concurrent_targets, e.total_branches, e.completed_branches, e.failed_branches,
e.cancelled_branches, (SELECT count(*)::int FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id WHERE b.job_execution_id = e.id AND ${isUnresolved('r')}) AS unresolved_attempts, e.failure_category, e.error_code, e.error_message, ${iso('e.cancel_requested_at')} AS cancel_requested_at, ${iso('e.paused_at')} AS paused_at, e.hold_reason,
${iso('e.resumes_at')} AS resumes_at, e.rollout, (SELECT execution_serial FROM job_executions WHERE id = e.retry_of_execution_id) AS retry_of, e.workflow_id, e.run_id,
e.closed_by, ${iso('e.created_at')} AS created_at, ${iso('e.started_at')} AS started_at, ${iso('e.completed_at')} AS completed_at`;

export type ExecutionRow = Omit<Execution, 'fault'>;

/** @param key serial or uuid. @throws OpsError NOT_FOUND */
export const readExecution = async (db: Sequelize, key: string): Promise<Execution> => {
  const column = key.startsWith('J') ? 'execution_serial' : 'execution_uuid';
  const row = await selectPrepared<ExecutionRow>(
    db,
    `execution by ${column}`,
    `SELECT ${EXECUTION_COLUMNS} FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE e.${column} = $1`,
    [key],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${key}.`);
  return withFault(row);
};

export const getExecution = async ({ db }: ServiceDeps, caller: Caller, key: string): Promise<Execution> => {
  authorize(caller, 'executions.read');
  return readExecution(db, key);
};

/** Internal id of an execution. @throws OpsError NOT_FOUND */
export const executionId = async (db: Sequelize, serial: string): Promise<number> => {
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM job_executions WHERE execution_serial = $1', [serial]);
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${serial}.`);
  return row.id;
};
