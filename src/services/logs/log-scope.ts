import type { Sequelize, Transaction } from 'sequelize';
import type { LogSearch } from '../../contracts/log-search.ts';
import { createConditions } from '../../db/conditions.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** Lines that are read together, by an index that has them in their order. */
export interface LineOwner {
  /** Names it among the owners of the scope. */
  rank: number;
  /** Column of the line that names it. */
  column: 'job_execution_id' | 'branch_id' | 'job_id';
  id: number;
  /** Column by which its lines are ordered. */
  order: 'id' | 'line_number';
  /** None of its lines is older. */
  since: string;
}

/** Where the next look at an owner begins. */
export interface OwnerPlace {
  owner: LineOwner;
  /** Id or number of the last line that was looked at; 0 at first. */
  after: number;
}

/** Where lines are looked for. */
export interface LogScope {
  /** Owners from this one on, by default from the first, at most 50; fewer: these are the last. */
  owners(from?: number): Promise<LineOwner[]>;
}

export const OWNERS_AT_ONCE = 50;
const DAY_MS = 86_400_000;
const LONGEST_DAYS = 7;
/** A search until now is read page by page, and now moves on. */
const READING_MS = 3_600_000;

/** The one connection that a search has. */
export interface Reader {
  db: Sequelize;
  transaction: Transaction;
}

type Filter = Pick<LogSearch, 'execution' | 'branch' | 'job' | 'target' | 'from' | 'to'>;

const NO_OWNERS: LogScope = { owners: async () => [] };

const SINCE = (row: string): string => `to_char((${row}.created_at - interval '1 hour') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
const RUN_OWNER = `'job_execution_id' AS column, 'id' AS order, ${SINCE('e')} AS since`;
const BRANCH_OWNER = `'branch_id' AS column, 'line_number' AS order, ${SINCE('b')} AS since`;

/** Branches of one run, in the order of their numbers. */
const branchesOfRun = async ({ db, transaction }: Reader, { execution, branch, target }: Filter): Promise<LogScope> => {
  const named = createConditions();
  named.add(execution, (value) => `b.job_execution_id = (SELECT id FROM job_executions WHERE execution_serial = ${value})`);
  named.add(branch, (value) => `b.branch_serial = ${value}`);
  named.add(target, (value) => `(b.target_serial_ref = ${value} OR b.target_name_ref = ${value})`);
  const rows = await selectRows<LineOwner>(
    db,
    `SELECT b.branch_number AS rank, b.id, ${BRANCH_OWNER} FROM job_execution_branches b WHERE ${named.sql} ORDER BY b.branch_number`,
    named.bind,
    transaction,
  );
  return { owners: async (from = 0) => rows.filter(({ rank }) => rank >= from).slice(0, OWNERS_AT_ONCE) };
};

/** Before all runs, which are ranked by their numbers. */
const RANK_OF_JOB = 2_147_483_647;

/** A job's own lines, then its runs, the newest first. */
const runsOfJob = async ({ db, transaction }: Reader, job: string, { target, from, to }: Filter): Promise<LogScope> => {
  const found = await selectRow<{ id: number }>(db, 'SELECT id FROM jobs WHERE job_serial = $1', [job], transaction);
  if (found === undefined) return NO_OWNERS;
  const runs = createConditions([found.id]);
  runs.add(to, (value) => `e.created_at <= ${value}::timestamptz`);
  runs.add(from, (value) => `(e.completed_at IS NULL OR greatest(e.completed_at, e.updated_at) >= ${value}::timestamptz)`);
  // Of one run only one branch: ranks are numbers of runs.
  runs.add(target, (value) => `b.target_serial_ref = ${value}`);
  const [owner, branches] =
    target === undefined
      ? [`e.id, ${RUN_OWNER}`, '']
      : [`b.id, ${BRANCH_OWNER}`, 'JOIN job_execution_branches b ON b.job_execution_id = e.id'];
  const own: LineOwner[] =
    target === undefined ? [{ rank: RANK_OF_JOB, column: 'job_id', id: found.id, order: 'id', since: '-infinity' }] : [];
  return {
    async owners(first = RANK_OF_JOB) {
      const rows = await selectRows<LineOwner>(
        db,
        `SELECT e.execution_number AS rank, ${owner} FROM job_executions e ${branches} WHERE e.job_id = $1 AND ${runs.sql}
           AND e.execution_number <= $${runs.bind.length + 1}::bigint ORDER BY e.execution_number DESC LIMIT ${OWNERS_AT_ONCE}`,
        [...runs.bind, first],
        transaction,
      );
      return first === RANK_OF_JOB ? [...own, ...rows].slice(0, OWNERS_AT_ONCE) : rows;
    },
  };
};

/** The branches on a target, the newest first. */
const branchesOfTarget = async ({ db, transaction }: Reader, target: string, { from, to }: Filter): Promise<LogScope> => {
  const found = await selectRow<{ id: number }>(db, 'SELECT id FROM universal_targets WHERE target_serial = $1', [target], transaction);
  if (found === undefined) return NO_OWNERS;
  const branches = createConditions([found.id]);
  branches.add(to, (value) => `b.created_at <= ${value}::timestamptz`);
  branches.add(from, (value) => `b.updated_at >= ${value}::timestamptz`);
  return {
    async owners(first) {
      const place = createConditions(branches.bind);
      place.add(first, (value) => {
        const created = `(SELECT p.created_at FROM job_execution_branches p WHERE p.id = ${value})`;
        return `b.created_at <= ${created} AND (b.created_at, b.id) <= (${created}, ${value})`;
      });
      return selectRows<LineOwner>(
        db,
        `SELECT b.id AS rank, b.id, ${BRANCH_OWNER} FROM job_execution_branches b WHERE b.target_id = $1 AND ${branches.sql} AND ${place.sql}
         ORDER BY b.created_at DESC, b.id DESC LIMIT ${OWNERS_AT_ONCE}`,
        place.bind,
        transaction,
      );
    },
  };
};

const ownerOfRun = async ({ db, transaction }: Reader, execution: string): Promise<LogScope> => {
  const row = await selectRow<LineOwner>(
    db,
    `SELECT 1 AS rank, e.id, ${RUN_OWNER} FROM job_executions e WHERE e.execution_serial = $1`,
    [execution],
    transaction,
  );
  return row === undefined ? NO_OWNERS : { owners: async () => [row] };
};

/** The time that is searched when nothing else narrows it. @throws OpsError SCOPE_TOO_WIDE when it is not given, or is longer than 7 days */
export const timeOfScope = ({ from, to }: Filter): { from: string; to: string } => {
  const until = to === undefined ? new Date() : new Date(to);
  if (from !== undefined && until.getTime() - Date.parse(from) <= LONGEST_DAYS * DAY_MS + READING_MS)
    return { from: new Date(from).toISOString(), to: until.toISOString() };
  throw new OpsError(
    'SCOPE_TOO_WIDE',
    `Lines are looked for within a run (execution), a branch, a job, a target, or a time (from, to) of at most ${LONGEST_DAYS} days. Name one of them.`,
  );
};

/**
 * Where the lines of a search are; undefined: wherever they are, in its time. What names nothing that there is has no lines.
 * @throws OpsError SCOPE_TOO_WIDE
 */
export const scopeOf = async (reader: Reader, filter: Filter): Promise<LogScope | undefined> => {
  const { execution, branch, job, target } = filter;
  const part = branch ?? execution;
  if (job !== undefined && part !== undefined && !part.startsWith(`${job}.`)) return NO_OWNERS;
  if (branch !== undefined || (execution !== undefined && target !== undefined)) return branchesOfRun(reader, filter);
  if (execution !== undefined) return ownerOfRun(reader, execution);
  if (job !== undefined) return runsOfJob(reader, job, filter);
  if (target !== undefined) return branchesOfTarget(reader, target, filter);
  timeOfScope(filter);
  return undefined;
};
