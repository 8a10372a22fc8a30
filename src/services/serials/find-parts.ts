import type { Sequelize } from 'sequelize';
import type { SerialMatch, SerialStatus } from '../../contracts/serial.ts';
import { selectRows } from '../../db/query.ts';
import type { NumberRange, SerialPattern } from '../../domain/serial-pattern.ts';

/** Runs, and branches, that one page looks at. */
const LOOKED_AT = 2_000;
const LAST_NUMBER = 2_147_483_647;

/** The last thing that was found or looked at: a run by its id, a branch and an action by their numbers within. */
export interface SerialPlace {
  execution: number;
  branch: number;
  action: number;
}

export interface FoundSerial extends Omit<SerialMatch, 'path'> {
  /** Serial of the target that it is on, if it is on one. */
  target?: string | undefined;
}

export interface FoundSerials {
  data: FoundSerial[];
  /** undefined: everything was looked at. */
  next: SerialPlace | undefined;
}

interface RunRow {
  id: number;
  execution_serial: string;
  status: string;
  name: string;
}

interface BranchRow {
  target: string;
  id: number;
  run: number;
  execution_serial: string;
  serial: string;
  number: number;
  name: string;
  status: string;
}

interface ActionRow {
  target: string;
  run: number;
  execution_serial: string;
  branch: number;
  serial: string;
  number: number;
  name: string;
  status: string;
}

/** SQL: does a number fit? The numbers are ours. */
const fits = (number: string, ranges: readonly NumberRange[] = []): string =>
  `(${ranges.map(({ from, to }) => `${number} BETWEEN ${from} AND ${to}`).join(' OR ')})`;

const findRuns = (
  db: Sequelize,
  jobs: readonly number[],
  ranges: readonly NumberRange[] | undefined,
  from: number,
  limit: number,
): Promise<RunRow[]> =>
  selectRows<RunRow>(
    db,
    `SELECT e.id, e.execution_serial, e.status, j.name FROM job_executions e JOIN jobs j ON j.id = e.job_id
     WHERE e.job_id = ANY($1::bigint[]) AND ${fits('e.execution_number', ranges)} AND e.id >= $2 ORDER BY e.id LIMIT $3`,
    [jobs, from, limit],
  );

/** Branches of these runs, from one of the first run on. */
const findBranches = (
  db: Sequelize,
  runs: readonly RunRow[],
  ranges: readonly NumberRange[] | undefined,
  from: SerialPlace,
  limit: number,
): Promise<BranchRow[]> =>
  selectRows<BranchRow>(
    db,
    `SELECT b.id, run.id AS run, run.serial AS execution_serial, b.branch_serial AS serial, b.branch_number AS number, b.target_name_ref AS name, b.target_serial_ref AS target, b.status
     FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY run(id, serial, place) CROSS JOIN LATERAL (
       SELECT * FROM job_execution_branches b WHERE b.job_execution_id = run.id AND ${fits('b.branch_number', ranges)}
         AND b.branch_number >= CASE WHEN run.id = $3::bigint THEN $4::bigint ELSE 0 END ORDER BY b.branch_number LIMIT $5) b
     ORDER BY run.place, b.branch_number LIMIT $5`,
    [runs.map(({ id }) => id), runs.map((run) => run.execution_serial), from.execution, from.branch, limit],
  );

/** Actions of these branches behind a place, each by its last attempt. */
const findActions = (
  db: Sequelize,
  branches: readonly BranchRow[],
  ranges: readonly NumberRange[] | undefined,
  after: SerialPlace,
  status: SerialStatus | undefined,
  limit: number,
): Promise<ActionRow[]> =>
  selectRows<ActionRow>(
    db,
    `SELECT branch.run, branch.run_serial AS execution_serial, branch.number AS branch, branch.target, a.action_serial AS serial, a.action_order AS number, a.action_name AS name, a.status
     FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[], $10::text[]) WITH ORDINALITY branch(id, run, number, run_serial, target, place) CROSS JOIN LATERAL (
       SELECT * FROM (SELECT DISTINCT ON (r.action_order) * FROM job_action_results r WHERE r.branch_id = branch.id AND ${fits('r.action_order', ranges)}
           AND r.action_order > CASE WHEN branch.run = $5::bigint AND branch.number = $6::bigint THEN $7::bigint ELSE 0 END
         ORDER BY r.action_order, r.iteration DESC, r.attempt DESC) l
       WHERE $9::text IS NULL OR l.status = $9 ORDER BY l.action_order LIMIT $8) a
     ORDER BY branch.place, a.action_order LIMIT $8`,
    [
      branches.map(({ id }) => id),
      branches.map(({ run }) => run),
      branches.map(({ number }) => number),
      branches.map((branch) => branch.execution_serial),
      after.execution,
      after.branch,
      after.action,
      limit,
      status ?? null,
      branches.map(({ target }) => target),
    ],
  );

/** The end of what was looked at, if there may be more. */
const endOf = (runs: readonly RunRow[], branches: readonly BranchRow[] = []): SerialPlace | undefined => {
  const branch = branches.length === LOOKED_AT ? branches.at(-1) : undefined;
  if (branch !== undefined) return { execution: branch.run, branch: branch.number, action: LAST_NUMBER };
  const run = runs.length === LOOKED_AT ? runs.at(-1) : undefined;
  return run && { execution: run.id, branch: LAST_NUMBER, action: LAST_NUMBER };
};

/** Cuts what was found to a page. */
const pageOf = <Row>(
  rows: readonly Row[],
  limit: number,
  end: SerialPlace | undefined,
  placeOf: (row: Row) => SerialPlace,
  show: (row: Row) => FoundSerial,
): FoundSerials => {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { data: rows.slice(0, limit).map(show), next: last === undefined ? end : placeOf(last) };
};

const shown = (
  level: SerialMatch['level'],
  { serial, name, status, execution_serial, target }: Omit<BranchRow, 'id' | 'run' | 'number' | 'target'> & Pick<FoundSerial, 'target'>,
): FoundSerial => ({
  level,
  serial,
  name,
  status,
  execution_serial,
  target,
});

/** Runs of these jobs, or their branches or actions, that fit a pattern and are in a state; each level is looked up by the index of the one above. */
export const findParts = async (
  db: Sequelize,
  { level, numbers: [ofRuns, ofBranches, ofActions] }: SerialPattern,
  jobs: readonly number[],
  after: SerialPlace,
  limit: number,
  status?: SerialStatus,
): Promise<FoundSerials> => {
  const isWanted = (row: { status: string }): boolean => status === undefined || row.status === status;
  // Which of them are in a state, no index says.
  const most = status === undefined ? limit + 1 : LOOKED_AT;
  if (level === 'execution') {
    const runs = await findRuns(db, jobs, ofRuns, after.execution + 1, most);
    return pageOf(
      runs.filter(isWanted),
      limit,
      endOf(runs),
      ({ id }) => ({ execution: id, branch: 0, action: 0 }),
      (run) => shown(level, { ...run, serial: run.execution_serial }),
    );
  }
  const runs = await findRuns(db, jobs, ofRuns, after.execution, LOOKED_AT);
  if (level === 'branch') {
    const branches = await findBranches(db, runs, ofBranches, { ...after, branch: after.branch + 1 }, most);
    return pageOf(
      branches.filter(isWanted),
      limit,
      endOf(runs, branches),
      ({ run, number }) => ({ execution: run, branch: number, action: 0 }),
      (branch) => shown(level, branch),
    );
  }
  const branches = await findBranches(db, runs, ofBranches, after, LOOKED_AT);
  const actions = await findActions(db, branches, ofActions, after, status, limit + 1);
  return pageOf(
    actions,
    limit,
    endOf(runs, branches),
    ({ run, branch, number }) => ({ execution: run, branch, action: number }),
    (action) => shown('action', action),
  );
};
