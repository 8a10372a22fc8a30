import type { ActionSummaries, ActionSummary, ExecutionSummary } from '../../contracts/execution-summary.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { isUnresolved } from '../../db/unknown-outcome.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { executionId } from './read-executions.ts';

const MOST_CAUSES = 100;
const STATUSES = ['scheduled', 'running', 'completed', 'failed', 'cancelled'] as const;
const BRANCH_MS = `extract(epoch FROM b.completed_at - b.started_at) * 1000`;

/** SQL of a Durations, of an expression in milliseconds that is null for what has not ended. */
const durationsOf = (ms: string): string =>
  `jsonb_build_object('min_ms', round(min(${ms})), 'avg_ms', round(avg(${ms})), 'p95_ms', round(percentile_disc(0.95) WITHIN GROUP (ORDER BY ${ms})),
     'max_ms', round(max(${ms})))`;

const countOf = (status: string): string => `count(*) FILTER (WHERE b.status = '${status}')::int AS ${status}`;

type Batch = ExecutionSummary['batches'][number];

/** The branches of a run, counted by state, batch and cause of failure. It reads all branches of the run. @throws OpsError NOT_FOUND */
export const summariseExecution = async ({ db }: ServiceDeps, caller: Caller, serial: string): Promise<ExecutionSummary> => {
  authorize(caller, 'executions.read');
  const run = await executionId(db, serial);
  const batches = await selectRows<Batch>(
    db,
    `SELECT b.batch_number, ${STATUSES.map(countOf).join(', ')} FROM job_execution_branches b WHERE b.job_execution_id = $1
     GROUP BY b.batch_number ORDER BY b.batch_number`,
    [run],
  );
  const failures = await selectRows<ExecutionSummary['failures'][number]>(
    db,
    `SELECT b.failure_category, b.error_code, count(*)::int AS branches FROM job_execution_branches b
     WHERE b.job_execution_id = $1 AND b.failure_category IS NOT NULL GROUP BY b.failure_category, b.error_code
     ORDER BY branches DESC, b.failure_category, b.error_code LIMIT ${MOST_CAUSES}`,
    [run],
  );
  const times = await selectRow<Pick<ExecutionSummary, 'duration'>>(
    db,
    `SELECT ${durationsOf(BRANCH_MS)} AS duration FROM job_execution_branches b WHERE b.job_execution_id = $1`,
    [run],
  );
  const sum = (status: (typeof STATUSES)[number]): number => batches.reduce((total, batch) => total + batch[status], 0);
  return {
    branches: {
      scheduled: sum('scheduled'),
      running: sum('running'),
      completed: sum('completed'),
      failed: sum('failed'),
      cancelled: sum('cancelled'),
    },
    failures,
    batches,
    duration: times?.duration ?? { min_ms: null, avg_ms: null, p95_ms: null, max_ms: null },
  };
};

const ended = (status: string): string => `count(*) FILTER (WHERE r.is_final AND r.status = '${status}')::int AS ${status}`;

/** What came of each action of a run on all targets, in the order of the job. It reads all results of the run. @throws OpsError NOT_FOUND */
export const summariseActions = async ({ db }: ServiceDeps, caller: Caller, serial: string): Promise<ActionSummaries> => {
  authorize(caller, 'executions.read');
  const run = await executionId(db, serial);
  const data = await selectRows<ActionSummary>(
    db,
    `SELECT r.action_order, max(r.action_name) AS action_name, r.action_type, count(*) FILTER (WHERE r.completed_at IS NULL)::int AS running,
       ${['completed', 'failed', 'cancelled', 'skipped'].map(ended).join(', ')}, count(*) FILTER (WHERE ${isUnresolved('r')})::int AS unresolved,
       count(*)::int AS attempts, count(DISTINCT r.branch_id)::int AS targets, ${durationsOf('CASE WHEN r.is_final THEN r.execution_time_ms END')} AS duration
     FROM job_execution_branches b JOIN job_action_results r ON r.branch_id = b.id WHERE b.job_execution_id = $1
     GROUP BY r.action_order, r.action_type ORDER BY r.action_order, r.action_type`,
    [run],
  );
  return { data };
};
