import { ExecutionStatus } from '../../contracts/enums.ts';
import type { Execution, ExecutionCountFilter, ExecutionFilter } from '../../contracts/execution.ts';
import type { ExecutionCounts } from '../../contracts/execution-summary.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { EXECUTION_COLUMNS, withFault } from './read-executions.ts';
import type { ExecutionRow } from './read-executions.ts';
import { runConditions } from './run-conditions.ts';

/** So many runs of one state are counted; more would take time that nobody has to know it. */
const MOST_COUNTED = 10_000;

const byCreation = (id: string): Order<'created'> => ({ id, sorts: { created: 'id' }, sort: '-created' });
// The numbers of a job's runs rise with their ids, and have an index that begins with the job.
const [RUNS, RUNS_OF_JOB] = [byCreation('e.id'), byCreation('e.execution_number')];

/** Runs. @throws OpsError VALIDATION */
export const listExecutions = async ({ db }: ServiceDeps, caller: Caller, filter: ExecutionFilter): Promise<Page<Execution>> => {
  authorize(caller, 'executions.read');
  const conditions = await runConditions(db, filter);
  if (conditions === undefined) return { data: [], next: null };
  const page = keyset(filter.job === undefined ? RUNS : RUNS_OF_JOB, filter, conditions.bind);
  const rows = await selectRows<ExecutionRow & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${EXECUTION_COLUMNS} FROM job_executions e JOIN jobs j ON j.id = e.job_id
     WHERE ${conditions.sql} AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(withFault));
};

/** How many runs a filter fits, by state; of each state at most 10,000 are counted. */
export const countExecutions = async ({ db }: ServiceDeps, caller: Caller, filter: ExecutionCountFilter): Promise<ExecutionCounts> => {
  authorize(caller, 'executions.read');
  const counts = { scheduled: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
  const statuses = filter.status === undefined ? ExecutionStatus.options : [filter.status];
  const conditions = await runConditions(db, { ...filter, status: undefined }, [statuses]);
  if (conditions === undefined) return { ...counts, total: 0, is_capped: false };
  const rows = await selectRows<{ status: keyof typeof counts; runs: number }>(
    db,
    `SELECT s.status, counted.runs FROM unnest($1::text[]) s(status) CROSS JOIN LATERAL (SELECT count(*)::int AS runs FROM (
       SELECT FROM job_executions e WHERE e.status = s.status AND ${conditions.sql} LIMIT ${MOST_COUNTED + 1}) found) counted`,
    conditions.bind,
  );
  for (const { status, runs } of rows) counts[status] = Math.min(MOST_COUNTED, runs);
  const total = Object.values(counts).reduce((sum, runs) => sum + runs, 0);
  return { ...counts, total, is_capped: rows.some(({ runs }) => runs > MOST_COUNTED) };
};
