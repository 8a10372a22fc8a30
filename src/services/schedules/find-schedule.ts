import type { Transaction } from 'sequelize';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../context.ts';
import { readScheduleRow } from './schedule-row.ts';
import type { ScheduleRow } from './schedule-row.ts';

/** @throws OpsError NOT_FOUND for a schedule that is not there, or is deleted */
export const scheduleId = async (db: ServiceDeps['db'], serial: string): Promise<number> => {
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM job_schedules WHERE schedule_serial = $1 AND deleted_at IS NULL', [
    serial,
  ]);
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no schedule ${serial}.`);
  return row.id;
};

/** The row, read under its lock. @throws OpsError NOT_FOUND when it was deleted meanwhile */
export const lockedSchedule = async (db: ServiceDeps['db'], id: number, transaction: Transaction): Promise<ScheduleRow> => {
  const row = await readScheduleRow(db, id, transaction);
  if (row === undefined || row.is_deleted) throw new OpsError('NOT_FOUND', 'The schedule was deleted meanwhile.');
  return row;
};

/** What is defined in code is changed there. @throws OpsError CONFLICT that says where it lives */
export const assertNotFromCode = ({ definition_source: source, definition_path: path, schedule_serial: serial }: ScheduleRow): void => {
  if (source !== 'code') return;
  throw new OpsError(
    'CONFLICT',
    `${serial} is defined in code${path === null ? '' : ` (${path})`}: change it there and apply it (opsconductor schedules apply). Pausing, resuming and running it are allowed here.`,
  );
};

/** @throws OpsError CONFLICT: all its firings are over */
export const assertNotExpired = ({ status, schedule_serial: serial }: ScheduleRow, done: string): void => {
  if (status !== 'expired') return;
  throw new OpsError(
    'CONFLICT',
    `${serial} has expired: nothing of it is left that could be ${done}. Change when it fires to bring it back.`,
  );
};
