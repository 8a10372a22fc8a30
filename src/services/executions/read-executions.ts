import type { Sequelize } from 'sequelize';
import type { Execution, OneExecution } from '../../contracts/execution.ts';
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

const missing = (key: string): OpsError => new OpsError('NOT_FOUND', `There is no execution ${key}.`);

/** @param more columns; texts of one name are the same. */
const readRow = async <Row extends ExecutionRow>(db: Sequelize, name: string, more: string, key: string): Promise<Row> => {
  const column = key.startsWith('J') ? 'execution_serial' : 'execution_uuid';
  const row = await selectPrepared<Row>(
    db,
    `${name} by ${column}`,
    `SELECT ${EXECUTION_COLUMNS}${more} FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE e.${column} = $1`,
    [key],
  );
  if (row === undefined) throw missing(key);
  return row;
};

/** @param key serial or uuid. @throws OpsError NOT_FOUND */
export const readExecution = async (db: Sequelize, key: string): Promise<Execution> =>
  withFault(await readRow<ExecutionRow>(db, 'execution', '', key));

interface SelectionRow {
  selector: string | null;
  has_targets: boolean;
  job_selector: string | null;
}

/** Not for lists: what chose the targets stands beside all that were chosen. */
const SELECTION_COLUMNS = `, e.target_selection->>'selector' AS selector, e.target_selection ? 'target_uuids' AS has_targets,
(SELECT v.definition->>'target_selector' FROM job_versions v WHERE v.job_id = e.job_id AND v.definition_version = e.definition_version) AS job_selector`;

/** The row of a run keeps the selector that chose, be it that of the job; until it has chosen, only one of the run. */
const selectionOf = ({ selector, has_targets: hasTargets, job_selector: ofJob }: SelectionRow): OneExecution['target_selection'] => {
  if (selector !== null) return { source: selector === ofJob ? 'job' : 'run', selector };
  return hasTargets ? { source: 'run', selector } : { source: 'job', selector: ofJob };
};

/** As readExecution, and by what its targets were chosen. @param key serial or uuid. @throws OpsError NOT_FOUND */
export const getExecution = async ({ db }: ServiceDeps, caller: Caller, key: string): Promise<OneExecution> => {
  authorize(caller, 'executions.read');
  const row = await readRow<ExecutionRow & SelectionRow>(db, 'one execution', SELECTION_COLUMNS, key);
  const { selector, has_targets, job_selector, ...execution } = row;
  return { ...withFault(execution), target_selection: selectionOf({ selector, has_targets, job_selector }) };
};

/** Internal id of an execution. @throws OpsError NOT_FOUND */
export const executionId = async (db: Sequelize, serial: string): Promise<number> => {
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM job_executions WHERE execution_serial = $1', [serial]);
  if (row === undefined) throw missing(serial);
  return row.id;
};
