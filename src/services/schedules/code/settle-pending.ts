import type { Sequelize } from 'sequelize';
import type { AppliedSchedules } from '../../../contracts/schedule-code.ts';
import { selectRow, selectRows } from '../../../db/query.ts';
import type { ServiceDeps } from '../../context.ts';
import { settleSchedule } from '../settle-schedule.ts';

/** Each has a connection of the pool for its time. */
const AT_ONCE = 4;

const PENDING = `definition_source = 'code' AND sync_status <> 'synced'`;

/** Schedules of code of which Temporal has still to be told, the deleted ones among them. */
export const countPending = async (db: Sequelize): Promise<number> =>
  (await selectRow<{ pending: number }>(db, `SELECT count(*)::int AS pending FROM job_schedules WHERE ${PENDING}`))?.pending ?? 0;

interface Pending {
  id: number;
  schedule_serial: string;
  name: string;
}

/** Tells Temporal of them, those that failed before last, until it is time to answer. One that fails keeps none of the others from it. */
export const settlePending = async (
  deps: ServiceDeps,
  budgetMs: number,
): Promise<Pick<AppliedSchedules, 'settled' | 'pending' | 'failed'>> => {
  const end = Date.now() + budgetMs;
  const waiting = await selectRows<Pending>(
    deps.db,
    `SELECT id, schedule_serial, name FROM job_schedules WHERE ${PENDING} ORDER BY sync_status = 'error' DESC, id DESC`,
  );
  const failed: AppliedSchedules['failed'] = [];
  let settled = 0;
  const lane = async (): Promise<void> => {
    for (let one = waiting.pop(); one !== undefined && Date.now() < end; one = waiting.pop()) {
      const { id, schedule_serial, name } = one;
      try {
        await settleSchedule(deps, id);
        settled += 1;
      } catch (error) {
        failed.push({ schedule_serial, name, message: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { settled, failed, pending: await countPending(deps.db) };
};
