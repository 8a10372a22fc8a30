import type { Sequelize, Transaction } from 'sequelize';
import type { JobPlan } from '../../contracts/plan.ts';
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

interface Wanted {
  jobId: number;
  /** Undefined: those of the job. */
  uuids: string[] | undefined;
}

const ACTIVE = `t.is_active AND t.status = 'active'`;

const LISTED = `SELECT t.id AS row_id, t.target_serial, t.name, t.os_type FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id
  WHERE jt.job_id = $1 AND ${ACTIVE} AND jt.target_id > $2 ORDER BY jt.target_id LIMIT $3`;
const NAMED = `SELECT t.id AS row_id, t.target_serial, t.name, t.os_type FROM universal_targets t
  WHERE t.target_uuid = ANY($1::uuid[]) AND ${ACTIVE} AND t.id > $2 ORDER BY t.id LIMIT $3`;

/** One page of the targets of a run that has not begun, in the order of their numbers. */
export const selectPlannedTargets = (
  db: Sequelize,
  { jobId, uuids }: Wanted,
  { after, limit }: { after: number; limit: number },
  transaction: Transaction,
): Promise<PlannedTarget[]> =>
  selectRows<PlannedTarget>(db, uuids === undefined ? LISTED : NAMED, [uuids ?? jobId, after, limit], transaction);

interface Counts {
  total: number;
  left_out_total: number;
}

/** How many targets a run would go over, and which of its job it would leave out. A run that names its targets leaves none out. */
export const countPlannedTargets = async (
  db: Sequelize,
  { jobId, uuids }: Wanted,
  transaction: Transaction,
): Promise<Counts & Pick<JobPlan, 'left_out'>> => {
  if (uuids !== undefined) return { total: uuids.length, left_out_total: 0, left_out: [] };
  const counts = await selectRow<Counts>(
    db,
    `SELECT count(*) FILTER (WHERE ${ACTIVE})::int AS total, count(*) FILTER (WHERE NOT (${ACTIVE}))::int AS left_out_total
     FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1`,
    [jobId],
    transaction,
  );
  const leftOut = await selectRows<JobPlan['left_out'][number]>(
    db,
    `SELECT t.target_serial, t.name AS target_name, CASE WHEN NOT t.is_active THEN 'it is deleted' ELSE 'it is switched off (status ' || t.status || ')' END AS reason
     FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND NOT (${ACTIVE})
     ORDER BY jt.target_id LIMIT $2`,
    [jobId, LEFT_OUT_SHOWN],
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
