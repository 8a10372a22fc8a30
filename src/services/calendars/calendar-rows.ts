import type { Sequelize, Transaction } from 'sequelize';
import type { Calendar, CalendarSummary, CreateCalendar } from '../../contracts/calendar.ts';
import { inForce } from '../../db/calendars/calendar-rows.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { iso } from '../iso.ts';
import { revisionOf } from '../revision.ts';
import { calendarUse } from './calendar-use.ts';

/** Columns of a calendar, table `c`, as the API shows it. */
export const SHOWN_COLUMNS = `
c.calendar_uuid, c.name, c.description, c.timezone, c.windows, c.target_selector, c.firing_effect, c.holds_runs,
(SELECT u.username FROM users u WHERE u.id = c.created_by) AS created_by, ${iso('c.created_at')} AS created_at, ${iso('c.updated_at')} AS updated_at`;

/** A calendar as it is read, without what follows from it. */
export type StoredCalendar = Omit<Calendar, 'window_count' | 'blackout' | 'used_by'>;

/** With the blackout that is in force at this moment. */
export const summaryOf = <Row extends StoredCalendar>({
  windows,
  ...row
}: Row): Omit<Row, 'windows'> & Pick<CalendarSummary, 'window_count' | 'blackout'> => {
  const [now] = inForce([{ timezone: row.timezone, windows }], Date.now());
  const until = now === undefined || now.until === null ? null : new Date(now.until).toISOString();
  return { ...row, window_count: windows.length, blackout: now === undefined ? null : { summary: now.summary, until } };
};

/** Names the state of a calendar for If-Match. */
export const calendarRevision = ({
  name,
  description,
  timezone,
  windows,
  target_selector,
  firing_effect,
  holds_runs,
}: EditableCalendar): string => revisionOf({ name, description, timezone, windows, target_selector, firing_effect, holds_runs });

/** What of a calendar people change. */
export type EditableCalendar = CreateCalendar;

export type LockedCalendar = StoredCalendar & { id: number };

/** @param key name, without regard to case, or uuid. @throws OpsError NOT_FOUND */
export const findCalendar = async (db: Sequelize, key: string, transaction?: Transaction, lock = false): Promise<LockedCalendar> => {
  const row = await selectRow<LockedCalendar>(
    db,
    `SELECT c.id, ${SHOWN_COLUMNS} FROM calendars c WHERE lower(c.name) = lower($1) OR c.calendar_uuid::text = lower($1)${lock ? ' FOR UPDATE' : ''}`,
    [key],
    transaction,
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no calendar ${key}.`);
  return row;
};

/** As the API shows one calendar. @throws OpsError NOT_FOUND */
export const readCalendar = async (db: Sequelize, key: string, transaction?: Transaction): Promise<Calendar> => {
  const { id: _, ...row } = await findCalendar(db, key, transaction);
  return { ...summaryOf(row), windows: row.windows, used_by: await calendarUse(db, row.name, transaction) };
};
