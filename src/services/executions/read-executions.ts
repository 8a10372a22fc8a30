import type { Sequelize } from 'sequelize';
import type {
  ActionResult,
  Branch,
  BranchFilter,
  Execution,
  ExecutionFilter,
  LogFilter,
  LogLine,
  ResultFilter,
} from '../../contracts/execution.ts';
import type { FailureCategory } from '../../contracts/enums.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { isUnresolved } from '../../db/unknown-outcome.ts';
import { faultOf } from '../../domain/failure.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';

const byCreation = (id: string): Order<'created'> => ({ id, sorts: { created: 'id' }, sort: '-created' });
// The numbers of a job's runs rise with their ids, and have an index that begins with the job.
const [RUNS, RUNS_OF_JOB] = [byCreation('e.id'), byCreation('e.execution_number')];
const BRANCHES: Order<'branch_number'> = { id: 'b.branch_number', sorts: { branch_number: 'id' }, sort: 'branch_number' };
const RESULTS: Order<'branch'> = { id: 'r.id', sorts: { branch: { by: 'b.branch_number', type: 'bigint' } }, sort: 'branch' };

const withFault = <Row extends { failure_category: FailureCategory | null; error_code: string | null }>(
  row: Row,
): Row & { fault: string | null } => ({
  ...row,
  fault: row.failure_category === null ? null : faultOf(row.failure_category, row.error_code),
});

const EXECUTION_COLUMNS = `e.execution_serial, e.execution_uuid, j.job_serial, j.name AS job_name, e.definition_version, e.status, e.trigger_type,
(SELECT username FROM users WHERE id = e.triggered_by) AS triggered_by, e.max_concurrent_targets, e.total_branches, e.completed_branches, e.failed_branches,
e.cancelled_branches, (SELECT count(*)::int FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id WHERE b.job_execution_id = e.id AND ${isUnresolved('r')}) AS unresolved_attempts, e.failure_category, e.error_code, e.error_message, ${iso('e.cancel_requested_at')} AS cancel_requested_at, ${iso('e.paused_at')} AS paused_at, e.hold_reason,
${iso('e.resumes_at')} AS resumes_at, e.rollout, (SELECT execution_serial FROM job_executions WHERE id = e.retry_of_execution_id) AS retry_of, e.workflow_id, e.run_id,
e.closed_by, ${iso('e.created_at')} AS created_at, ${iso('e.started_at')} AS started_at, ${iso('e.completed_at')} AS completed_at`;

type ExecutionRow = Omit<Execution, 'fault'>;

/** Runs. */
export const listExecutions = async ({ db }: ServiceDeps, caller: Caller, filter: ExecutionFilter): Promise<Page<Execution>> => {
  authorize(caller, 'executions.read');
  const page = keyset(filter.job === undefined ? RUNS : RUNS_OF_JOB, filter, [filter.status ?? null, filter.job ?? null]);
  const rows = await selectRows<ExecutionRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${EXECUTION_COLUMNS} FROM job_executions e JOIN jobs j ON j.id = e.job_id
     WHERE ($1::text IS NULL OR e.status = $1) AND ($2::text IS NULL OR e.job_id = (SELECT id FROM jobs WHERE job_serial = $2))
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(withFault));
};

/** @throws OpsError NOT_FOUND */
export const readExecution = async (db: Sequelize, serial: string): Promise<Execution> => {
  const row = await selectRow<ExecutionRow>(
    db,
    `SELECT ${EXECUTION_COLUMNS} FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE e.execution_serial = $1`,
    [serial],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${serial}.`);
  return withFault(row);
};

export const getExecution = async ({ db }: ServiceDeps, caller: Caller, serial: string): Promise<Execution> => {
  authorize(caller, 'executions.read');
  return readExecution(db, serial);
};

/** Internal id of an execution. @throws OpsError NOT_FOUND */
export const executionId = async (db: Sequelize, serial: string): Promise<number> => {
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM job_executions WHERE execution_serial = $1', [serial]);
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${serial}.`);
  return row.id;
};

export const BRANCH_COLUMNS = `b.branch_serial, b.branch_number, b.batch_number, b.retry_number, b.target_serial_ref AS target_serial, b.target_name_ref AS target_name, b.status, b.exit_code,
b.failure_category, b.error_code, b.result_output, b.result_error, b.last_line_number, b.workflow_id, b.closed_by,
b.hold_reason, ${iso('b.lock_acquired_at')} AS lock_acquired_at, CASE WHEN b.hold_reason = 'lock' THEN (SELECT h.branch_serial
  FROM job_execution_branches h WHERE h.target_id = b.target_id AND h.lock_acquired_at IS NOT NULL AND h.completed_at IS NULL) END AS waits_for,
${iso('b.started_at')} AS started_at, ${iso('b.completed_at')} AS completed_at, ${iso('b.updated_at')} AS updated_at`;

/** Branches of a run. */
export const listBranches = async ({ db }: ServiceDeps, caller: Caller, serial: string, filter: BranchFilter): Promise<Page<Branch>> => {
  authorize(caller, 'executions.read');
  const run = await executionId(db, serial);
  const page = keyset(BRANCHES, { ...filter, run }, [run, filter.status ?? null, filter.target ?? null]);
  const rows = await selectRows<Omit<Branch, 'fault'> & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${BRANCH_COLUMNS} FROM job_execution_branches b WHERE b.job_execution_id = $1 AND ($2::text IS NULL OR b.status = $2)
       AND ($3::text IS NULL OR b.target_serial_ref = $3 OR b.target_name_ref = $3) AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(withFault));
};

const RESULT_COLUMNS = `r.action_serial, b.branch_serial, b.target_serial_ref AS target_serial, r.action_order, r.action_name, r.action_type, r.iteration, r.attempt,
r.is_final, r.status, r.skip_reason, r.failure_category, r.error_code, r.exit_code, r.command_executed, r.result_output, r.result_error, r.output_truncated,
r.output_bytes, r.output_lines, r.execution_time_ms, r.worker_identity, ${iso('r.started_at')} AS started_at, ${iso('r.completed_at')} AS completed_at,
r.resolution, r.resolution_note, (SELECT username FROM users WHERE id = r.resolved_by) AS resolved_by, ${iso('r.resolved_at')} AS resolved_at`;

/**
 * Attempts of the actions of a run, by target, those of one oldest first. While the run goes on, attempts also appear on pages that were read already:
 * the events of the run tell of them.
 */
export const listResults = async (
  { db }: ServiceDeps,
  caller: Caller,
  serial: string,
  filter: ResultFilter,
): Promise<Page<ActionResult>> => {
  authorize(caller, 'executions.read');
  const run = await executionId(db, serial);
  const page = keyset(RESULTS, { ...filter, run }, [
    run,
    filter.status ?? null,
    filter.branch ?? null,
    filter.target ?? null,
    filter.action_order ?? null,
    filter.unresolved ?? null,
  ]);
  const rows = await selectRows<Omit<ActionResult, 'fault'> & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${RESULT_COLUMNS} FROM job_execution_branches b JOIN job_action_results r ON r.branch_id = b.id
     WHERE b.job_execution_id = $1 AND ($2::text IS NULL OR r.status = $2) AND ($3::text IS NULL OR b.branch_serial = $3)
       AND ($4::text IS NULL OR b.target_serial_ref = $4 OR b.target_name_ref = $4) AND ($5::int IS NULL OR r.action_order = $5)
       AND ($6::boolean IS NOT TRUE OR ${isUnresolved('r')}) AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(withFault));
};

/** What an action of a run has come to: its latest attempt that a person answered, else its latest. @throws OpsError NOT_FOUND */
export const readResult = async (db: Sequelize, action: string): Promise<ActionResult> => {
  const row = await selectRow<Omit<ActionResult, 'fault'>>(
    db,
    `SELECT ${RESULT_COLUMNS} FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id
     WHERE r.action_serial = $1 ORDER BY r.resolved_at DESC NULLS LAST, r.iteration DESC, r.attempt DESC LIMIT 1`,
    [action],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no action ${action}.`);
  return withFault(row);
};

export const LOG_COLUMNS = `${iso('l.timestamp')} AS timestamp, b.branch_serial, b.target_name_ref AS target_name, l.line_number, l.stream, l.log_phase, l.log_level,
l.log_category, l.log_message, l.log_details`;

/** Ids of the branches that a filter of lines names; undefined when it names none. */
const namedBranches = async (db: Sequelize, run: number, { branch, target }: LogFilter): Promise<number[] | undefined> => {
  if (branch === undefined && target === undefined) return undefined;
  const rows = await selectRows<{ id: number }>(
    db,
    `SELECT b.id FROM job_execution_branches b WHERE b.job_execution_id = $1 AND ($2::text IS NULL OR b.branch_serial = $2)
       AND ($3::text IS NULL OR b.target_serial_ref = $3 OR b.target_name_ref = $3)`,
    [run, branch ?? null, target ?? null],
  );
  return rows.map((row) => row.id);
};

/**
 * Log lines of a run in the order in which they were numbered by the database; those of one branch in the order of their own numbers. While a run goes on,
 * lines of several branches are stored at once, and one with a lower number may come after a page that has a higher one: a reader who wants every line
 * of a run that goes on follows its events, or reads a branch at a time.
 */
export const listLogs = async ({ db }: ServiceDeps, caller: Caller, serial: string, filter: LogFilter): Promise<Page<LogLine>> => {
  authorize(caller, 'executions.read');
  const run = await executionId(db, serial);
  const branches = await namedBranches(db, run, filter);
  if (branches?.length === 0) return { data: [], next: null };
  // The lines of one branch have an index by number. The run is not asked for then: the planner would mistake how many lines there are.
  const [owner, place, id, others] =
    branches?.length === 1 ? ['l.branch_id', 'l.line_number', branches[0], null] : ['l.job_execution_id', 'l.id', run, branches ?? null];
  const order: Order<'created'> = { id: place, sorts: { created: 'id' }, sort: 'created' };
  const page = keyset(order, { ...filter, run }, [id, others, filter.stream ?? null, filter.level ?? null]);
  const rows = await selectRows<LogLine & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${LOG_COLUMNS} FROM job_execution_logs l LEFT JOIN job_execution_branches b ON b.id = l.branch_id
     WHERE ${owner} = $1 AND ($2::bigint[] IS NULL OR l.branch_id = ANY($2::bigint[])) AND ($3::text IS NULL OR l.stream = $3)
       AND ($4::text IS NULL OR l.log_level = $4) AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};
