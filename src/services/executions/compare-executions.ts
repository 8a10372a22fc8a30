import type { Sequelize } from 'sequelize';
import type { CompareQuery, ComparedTarget, ExecutionComparison } from '../../contracts/execution-summary.ts';
import { selectRows } from '../../db/query.ts';
import { placeCursor, readPlace } from '../../db/scan-cursor.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { executionId, readExecution } from './read-executions.ts';

/** Targets that one page looks at when it gives only those that differ. */
const LOOKED_AT = 2_000;

type ComparedRow = ComparedTarget & { target_id: number };

const sideOf = (run: string): string =>
  `SELECT target_id, branch_serial, target_serial_ref, target_name_ref, status, exit_code, failure_category, error_code, result_output, started_at, completed_at
   FROM job_execution_branches WHERE job_execution_id = ${run} AND target_id > $3 ORDER BY target_id LIMIT $4`;

const shownOf = (side: string): string =>
  `CASE WHEN ${side}.target_id IS NOT NULL THEN jsonb_build_object('branch_serial', ${side}.branch_serial, 'status', ${side}.status, 'exit_code', ${side}.exit_code,
     'failure_category', ${side}.failure_category, 'error_code', ${side}.error_code,
     'duration_ms', round(extract(epoch FROM ${side}.completed_at - ${side}.started_at) * 1000)) END`;

const differs = (name: string, condition: string): string => `CASE WHEN ${condition} THEN '${name}' END`;
const DIFFERENCES = [
  differs('missing', 'a.target_id IS NULL OR b.target_id IS NULL'),
  ...Object.entries({
    status: ['status'],
    exit_code: ['exit_code'],
    failure: ['failure_category', 'error_code'],
    output: ['result_output'],
  }).map(([name, columns]) =>
    differs(
      name,
      `a.target_id IS NOT NULL AND b.target_id IS NOT NULL AND (${columns.map((column) => `a.${column} IS DISTINCT FROM b.${column}`).join(' OR ')})`,
    ),
  ),
];

/** Both sides by target: each is read in that order from an index, so that they meet. */
const COMPARE = `SELECT * FROM (
  SELECT coalesce(a.target_id, b.target_id) AS target_id, coalesce(b.target_serial_ref, a.target_serial_ref) AS target_serial,
    coalesce(b.target_name_ref, a.target_name_ref) AS target_name, to_jsonb(array_remove(ARRAY[${DIFFERENCES.join(', ')}], NULL)) AS differences,
    ${shownOf('a')} AS first, ${shownOf('b')} AS second
  FROM (${sideOf('$1')}) a FULL JOIN (${sideOf('$2')}) b ON b.target_id = a.target_id ORDER BY 1 LIMIT $4) compared`;

const isShown = ({ differences }: ComparedTarget, only: CompareQuery['only']): boolean =>
  only === undefined || differences.some((name) => only === 'any' || name !== 'output');

const readTargets = async (
  db: Sequelize,
  first: string,
  second: string,
  query: CompareQuery,
): Promise<Pick<ExecutionComparison, 'data' | 'next'>> => {
  const { cursor, limit, only } = query;
  const about = { first, second, only: only ?? null };
  const [after = 0] = cursor === undefined ? [] : readPlace(about, cursor, [0]);
  const lookAt = only === undefined ? limit + 1 : LOOKED_AT;
  const rows = await selectRows<ComparedRow>(db, COMPARE, [await executionId(db, first), await executionId(db, second), after, lookAt]);
  const shown = rows.filter((row) => isShown(row, only));
  const lookedAt = rows.length === lookAt ? rows.at(-1) : undefined;
  const last = shown.length > limit ? shown[limit - 1] : lookedAt;
  return {
    data: shown.slice(0, limit).map(({ target_id: _, ...row }) => row),
    next: last === undefined ? null : placeCursor(about, [last.target_id]),
  };
};

/**
 * Two runs, of one job or of two, target by target. A page looks at no more than 2,000 targets: with `only` it may be empty, and still not be the last.
 * @throws OpsError NOT_FOUND
 */
export const compareExecutions = async (
  { db }: ServiceDeps,
  caller: Caller,
  first: string,
  second: string,
  query: CompareQuery,
): Promise<ExecutionComparison> => {
  authorize(caller, 'executions.read');
  const runs = { first: await readExecution(db, first), second: await readExecution(db, second) };
  return { ...runs, ...(await readTargets(db, first, second, query)) };
};
