import type { Sequelize } from 'sequelize';
import type { LogFilter, LogLine } from '../../contracts/execution.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { executionId } from './read-executions.ts';

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
