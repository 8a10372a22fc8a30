import type { Calendar, CalendarBlackouts, CalendarFilter, CalendarPeriod, CalendarSummary } from '../../contracts/calendar.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { blackoutsBetween, HORIZON_DAYS } from '../../domain/calendars/blackouts.ts';
import { DAY_MS } from '../../domain/calendars/zone-clock.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { escapeLike } from '../escape-like.ts';
import { findCalendar, readCalendar, SHOWN_COLUMNS, summaryOf } from './calendar-rows.ts';
import type { StoredCalendar } from './calendar-rows.ts';

const ORDER: Order<'created' | 'name'> = {
  id: 'c.id',
  sorts: { created: 'id', name: { by: 'lower(c.name)', type: 'text' } },
  sort: 'name',
};

const DEFAULT_DAYS = 31;

/** Calendars, each with the blackout that is in force. */
export const listCalendars = async ({ db }: ServiceDeps, caller: Caller, filter: CalendarFilter): Promise<Page<CalendarSummary>> => {
  authorize(caller, 'schedules.read');
  const { search, holds_runs: holdsRuns } = filter;
  const page = keyset(ORDER, filter, [search === undefined ? null : escapeLike(search), holdsRuns ?? null]);
  const rows = await selectRows<StoredCalendar & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${SHOWN_COLUMNS} FROM calendars c
     WHERE ($1::text IS NULL OR c.name ILIKE '%' || $1 || '%' OR c.description ILIKE '%' || $1 || '%') AND ($2::boolean IS NULL OR c.holds_runs = $2)
       AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(summaryOf));
};

/** @param key name or uuid. @throws OpsError NOT_FOUND */
export const getCalendar = async ({ db }: ServiceDeps, caller: Caller, key: string): Promise<Calendar> => {
  authorize(caller, 'schedules.read');
  return readCalendar(db, key);
};

/** When a calendar is blacked out in a period. @throws OpsError NOT_FOUND, VALIDATION for a period of no length or of more than 400 days */
export const listBlackouts = async (
  { db }: ServiceDeps,
  caller: Caller,
  key: string,
  period: CalendarPeriod,
): Promise<CalendarBlackouts> => {
  authorize(caller, 'schedules.read');
  const from = period.from === undefined ? Date.now() : Date.parse(period.from);
  const to = period.to === undefined ? from + DEFAULT_DAYS * DAY_MS : Date.parse(period.to);
  if (!(to > from) || to - from > HORIZON_DAYS * DAY_MS)
    throw new OpsError('VALIDATION', `The period must end after it begins, within ${HORIZON_DAYS} days.`, {
      fields: [{ path: 'to', message: `must be later than from, by ${HORIZON_DAYS} days at most` }],
    });
  const { name, timezone, windows } = await findCalendar(db, key);
  const shown = (time: number): string => new Date(time).toISOString();
  const blackouts = blackoutsBetween({ timezone, windows }, { from, to });
  return {
    calendar: name,
    timezone,
    from: shown(from),
    to: shown(to),
    blackouts: blackouts.map((span) => ({ from: shown(span.from), to: shown(span.to), summaries: span.summaries })),
  };
};
