import type { Sequelize, Transaction } from 'sequelize';
import type { JobPlan } from '../../contracts/plan.ts';
import { chosenCondition } from '../../db/chosen-targets.ts';
import type { TargetChoice } from '../../db/chosen-targets.ts';
import { JOIN_CREDENTIAL, METHOD_COLUMNS } from '../../db/method-endpoint.ts';
import type { MethodRow } from '../../db/method-endpoint.ts';
import { selectRow, selectRows } from '../../db/query.ts';

const LEFT_OUT_SHOWN = 100;

/** A target that a run would go over. */
export interface PlannedTarget {
  row_id: number;
  target_serial: string;
  name: string;
  os_type: string;
}

/** Which targets: those that the run names, or else those that its selectors and the list of its job choose. */
export interface Wanted extends TargetChoice {
  uuids: string[] | undefined;
}

const ACTIVE = `t.is_active AND t.status = 'active'`;
const COLUMNS = 't.id AS row_id, t.target_serial, t.name, t.os_type';

const LISTED = `SELECT ${COLUMNS} FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id
  WHERE jt.job_id = $1 AND ${ACTIVE} AND jt.target_id > $2 ORDER BY jt.target_id LIMIT $3`;
const NAMED = `SELECT ${COLUMNS} FROM universal_targets t
  WHERE t.target_uuid = ANY($1::uuid[]) AND ${ACTIVE} AND t.id > $2 ORDER BY t.id LIMIT $3`;

const hasSelector = ({ jobSelector, runSelector }: Wanted): boolean => jobSelector !== null || runSelector !== null;

/** One page of the targets of a run that has not begun, in the order of their numbers. */
export const selectPlannedTargets = (
  db: Sequelize,
  wanted: Wanted,
  { after, limit }: { after: number; limit: number },
  transaction: Transaction,
): Promise<PlannedTarget[]> => {
  const { jobId, uuids } = wanted;
  if (uuids !== undefined) return selectRows<PlannedTarget>(db, NAMED, [uuids, after, limit], transaction);
  if (!hasSelector(wanted)) return selectRows<PlannedTarget>(db, LISTED, [jobId, after, limit], transaction);
  const chosen = chosenCondition(wanted, 't', 3);
  const sql = `SELECT ${COLUMNS} FROM universal_targets t WHERE ${chosen.sql} AND ${ACTIVE} AND t.id > $1 ORDER BY t.id LIMIT $2`;
  return selectRows<PlannedTarget>(db, sql, [after, limit, ...chosen.bind], transaction);
};

interface Counts {
  total: number;
  left_out_total: number;
}

/** FROM and WHERE of the targets that a run goes over or leaves out. @param first number of the first free `$n` */
const fromChosen = (wanted: Wanted, first: number) => {
  if (!hasSelector(wanted))
    return { sql: `job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $${first}`, bind: [wanted.jobId] };
  const chosen = chosenCondition(wanted, 't', first);
  return { sql: `universal_targets t WHERE ${chosen.sql}`, bind: chosen.bind };
};

/** How many targets a run would go over, and which of its job it would leave out. A run that names its targets leaves none out. */
export const countPlannedTargets = async (
  db: Sequelize,
  wanted: Wanted,
  transaction: Transaction,
): Promise<Counts & Pick<JobPlan, 'left_out'>> => {
  if (wanted.uuids !== undefined) return { total: wanted.uuids.length, left_out_total: 0, left_out: [] };
  const all = fromChosen(wanted, 1);
  const counts = await selectRow<Counts>(
    db,
    `SELECT count(*) FILTER (WHERE ${ACTIVE})::int AS total, count(*) FILTER (WHERE NOT (${ACTIVE}))::int AS left_out_total FROM ${all.sql}`,
    all.bind,
    transaction,
  );
  const off = fromChosen(wanted, 2);
  const leftOut = await selectRows<JobPlan['left_out'][number]>(
    db,
    `SELECT t.target_serial, t.name AS target_name, CASE WHEN NOT t.is_active THEN 'it is deleted' ELSE 'it is switched off (status ' || t.status || ')' END AS reason
     FROM ${off.sql} AND NOT (${ACTIVE}) ORDER BY t.id LIMIT $1`,
    [LEFT_OUT_SHOWN, ...off.bind],
    transaction,
  );
  return { total: counts?.total ?? 0, left_out_total: counts?.left_out_total ?? 0, left_out: leftOut };
};

export type PlannedMethod = MethodRow & { target_id: number };

/** The active methods of targets with their credentials, still sealed; of each target the primary one first. */
export const selectPlannedMethods = (db: Sequelize, targetIds: readonly number[], transaction: Transaction): Promise<PlannedMethod[]> =>
  selectRows<PlannedMethod>(
    db,
    `SELECT m.target_id, ${METHOD_COLUMNS} FROM target_communication_methods m ${JOIN_CREDENTIAL}
     WHERE m.target_id = ANY($1::bigint[]) AND m.is_active ORDER BY m.target_id, m.is_primary DESC, m.priority, m.id`,
    [targetIds],
    transaction,
  );
