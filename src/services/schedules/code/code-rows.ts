import type { Sequelize, Transaction } from 'sequelize';
import { selectRows } from '../../../db/query.ts';
import { SCHEDULE_COLUMNS } from '../schedule-row.ts';
import type { ScheduleRow } from '../schedule-row.ts';

/** A schedule as plan and apply look at it. */
export interface CodeRow extends ScheduleRow {
  description: string | null;
  job_name: string;
}

const SELECT = `SELECT ${SCHEDULE_COLUMNS}, s.description, j.name AS job_name FROM job_schedules s JOIN jobs j ON j.id = s.job_id WHERE s.deleted_at IS NULL`;

/** All schedules that came from code, and those of these jobs and names that did not. */
export const readCodeRows = (db: Sequelize, keys: readonly { jobId: number; name: string }[]): Promise<CodeRow[]> =>
  selectRows<CodeRow>(
    db,
    `${SELECT} AND (s.definition_source = 'code' OR (s.job_id, s.name) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))) ORDER BY s.id`,
    [keys.map(({ jobId }) => jobId), keys.map(({ name }) => name)],
  );

/** As they are now, under the locks of `lockSchedules`. */
export const readRowsAgain = (db: Sequelize, ids: readonly number[], transaction: Transaction): Promise<CodeRow[]> =>
  selectRows<CodeRow>(db, `${SELECT} AND s.id = ANY($1::bigint[])`, [ids], transaction);

/** Serials of the targets that schedules name, by uuid; also of those that are not active any more. */
export const readTargetSerials = async (db: Sequelize, rows: readonly CodeRow[]): Promise<Map<string, string>> => {
  const uuids = [...new Set(rows.flatMap(({ schedule_config: { target_uuids: named = [] } }) => named))];
  if (uuids.length === 0) return new Map();
  const found = await selectRows<{ uuid: string; serial: string }>(
    db,
    'SELECT target_uuid AS uuid, target_serial AS serial FROM universal_targets WHERE target_uuid = ANY($1::uuid[])',
    [uuids],
  );
  return new Map(found.map(({ uuid, serial }) => [uuid, serial]));
};
