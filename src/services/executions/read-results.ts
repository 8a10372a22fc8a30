import type { Sequelize } from 'sequelize';
import type { ActionResult, AttemptFilter, ResultFilter } from '../../contracts/execution.ts';
import type { Page } from '../../contracts/page.ts';
import { createConditions } from '../../db/conditions.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { isUnresolved } from '../../db/unknown-outcome.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { cutOutputs, maxOutputOf, outputColumns } from './cut-output.ts';
import { executionId, withFault } from './read-executions.ts';

const RESULTS: Order<'branch'> = { id: 'r.id', sorts: { branch: { by: 'b.branch_number', type: 'bigint' } }, sort: 'branch' };
const ATTEMPTS: Order<'created'> = { id: 'r.id', sorts: { created: 'id' }, sort: 'created' };
const WHOLE = 'r.result_output, r.result_error, false AS output_cut';

type ResultRow = Omit<ActionResult, 'fault'>;

const resultColumns = (
  output: string,
): string => `r.action_serial, b.branch_serial, b.target_serial_ref AS target_serial, r.action_order, r.action_name, r.action_type, r.iteration, r.attempt,
r.is_final, r.status, r.skip_reason, r.failure_category, r.error_code, r.exit_code, r.command_executed, ${output}, r.output_truncated,
r.output_bytes, r.output_lines, r.execution_time_ms, r.worker_identity, ${iso('r.started_at')} AS started_at, ${iso('r.completed_at')} AS completed_at,
r.resolution, r.resolution_note, (SELECT username FROM users WHERE id = r.resolved_by) AS resolved_by, ${iso('r.resolved_at')} AS resolved_at`;

/**
 * Attempts of the actions of a run, by target, those of one oldest first. While the run goes on, attempts also appear on pages that were read already:
 * the events of the run tell of them. Of each output the last `max_output` bytes.
 * @throws OpsError NOT_FOUND, VALIDATION when the page could have too much output
 */
export const listResults = async (
  { db }: ServiceDeps,
  caller: Caller,
  serial: string,
  { max_output, ...filter }: ResultFilter,
): Promise<Page<ActionResult>> => {
  authorize(caller, 'executions.read');
  const maxOutput = maxOutputOf({ ...filter, max_output });
  const run = await executionId(db, serial);
  const conditions = createConditions([run]);
  conditions.add(filter.status, (value) => `r.status = ${value}`);
  conditions.add(filter.branch, (value) => `b.branch_serial = ${value}`);
  conditions.add(filter.target, (value) => `(b.target_serial_ref = ${value} OR b.target_name_ref = ${value})`);
  conditions.add(filter.action_order, (value) => `r.action_order = ${value}`);
  conditions.add(filter.final, (value) => `(${value}::boolean IS NOT TRUE OR r.is_final)`);
  conditions.add(filter.unresolved, (value) => `(${value}::boolean IS NOT TRUE OR ${isUnresolved('r')})`);
  const page = keyset(RESULTS, { ...filter, run }, conditions.bind);
  const rows = await selectRows<ResultRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${resultColumns(outputColumns('r', maxOutput))} FROM job_execution_branches b JOIN job_action_results r ON r.branch_id = b.id
     WHERE b.job_execution_id = $1 AND ${conditions.sql} AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map((row) => cutOutputs(withFault(row), maxOutput)));
};

/** The attempts of one action, oldest first. @throws OpsError NOT_FOUND, VALIDATION when the page could have too much output */
export const listAttempts = async (
  { db }: ServiceDeps,
  caller: Caller,
  action: string,
  { max_output, ...filter }: AttemptFilter,
): Promise<Page<ActionResult>> => {
  authorize(caller, 'executions.read');
  const maxOutput = maxOutputOf({ ...filter, max_output });
  const page = keyset(ATTEMPTS, { ...filter, action }, [action]);
  const rows = await selectRows<ResultRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${resultColumns(outputColumns('r', maxOutput))} FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id
     WHERE r.action_serial = $1 AND ${page.where} ${page.order}`,
    page.bind,
  );
  if (rows.length === 0 && filter.cursor === undefined)
    throw new OpsError('NOT_FOUND', `There is no action ${action}, or it was never begun.`);
  return page.of(rows.map((row) => cutOutputs(withFault(row), maxOutput)));
};

/** What an action of a run has come to: its latest attempt that a person answered, else its latest. @throws OpsError NOT_FOUND */
export const readResult = async (db: Sequelize, action: string): Promise<ActionResult> => {
  const row = await selectRow<ResultRow>(
    db,
    `SELECT ${resultColumns(WHOLE)} FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id
     WHERE r.action_serial = $1 ORDER BY r.resolved_at DESC NULLS LAST, r.iteration DESC, r.attempt DESC LIMIT 1`,
    [action],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no action ${action}.`);
  return withFault(row);
};
