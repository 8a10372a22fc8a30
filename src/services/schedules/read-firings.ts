import type { Page } from '../../contracts/page.ts';
import type { FiringFilter, ScheduleFiring } from '../../contracts/schedule.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { FIRING_COLUMNS } from './firing-columns.ts';

const ORDER: Order<'scheduled'> = { id: 'f.id', sorts: { scheduled: { by: 'f.scheduled_at', type: 'timestamptz' } }, sort: '-scheduled' };

/** Also of a schedule that is deleted: its ledger stays. @throws OpsError NOT_FOUND */
export const idOfAny = async (db: ServiceDeps['db'], serial: string): Promise<number> => {
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM job_schedules WHERE schedule_serial = $1', [serial]);
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no schedule ${serial}.`);
  return row.id;
};

/**
 * The ledger: what became of each planned instant, and those of the coming hour.
 * @param serial of one schedule; undefined: of all. @throws OpsError NOT_FOUND
 */
export const listFirings = async (
  { db }: ServiceDeps,
  caller: Caller,
  serial: string | undefined,
  filter: FiringFilter,
): Promise<Page<ScheduleFiring>> => {
  authorize(caller, 'schedules.read');
  const schedule = serial === undefined ? null : await idOfAny(db, serial);
  const page = keyset(ORDER, { ...filter, schedule }, [
    schedule,
    filter.status ?? null,
    filter.skip_reason ?? null,
    filter.from ?? null,
    filter.to ?? null,
  ]);
  const rows = await selectRows<ScheduleFiring & { row_id: number }>(
    db,
    `SELECT ${page.columns}, s.schedule_serial, s.name AS schedule_name, ${FIRING_COLUMNS}
     FROM schedule_executions f JOIN job_schedules s ON s.id = f.job_schedule_id
     WHERE ($1::bigint IS NULL OR f.job_schedule_id = $1) AND ($2::text IS NULL OR f.status = $2) AND ($3::text IS NULL OR f.skip_reason = $3)
       AND ($4::timestamptz IS NULL OR f.scheduled_at >= $4) AND ($5::timestamptz IS NULL OR f.scheduled_at < $5) AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};
