import type { Sequelize, Transaction } from 'sequelize';
import { openForAll } from '../../domain/calendars/blackouts.ts';
import { noteRun } from '../note-run.ts';
import { selectRow, selectRows } from '../query.ts';
import { CALENDAR_COLUMNS, inForce, namesIn } from './calendar-rows.ts';
import type { CalendarRow } from './calendar-rows.ts';

/** A blackout that holds a run or a branch. */
export interface HoldingBlackout {
  /** Of one of the calendars that are in force. */
  calendar: string;
  summary: string | null;
  /** When all of them are open; null: not within the horizon. */
  until: Date | null;
}

/** Names that hold a run: of its job, and of the schedule that started it, as both are today. `e` is its row. */
const NAMES = `${namesIn('j.settings')} UNION SELECT lower(n) FROM schedule_executions s JOIN job_schedules js ON js.id = s.job_schedule_id
  CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(js.schedule_config->'calendars', '[]')) AS n WHERE s.job_execution_id = e.id`;

const OF_RUN = `
SELECT ${CALENDAR_COLUMNS} FROM calendars c, job_executions e JOIN jobs j ON j.id = e.job_id
WHERE e.id = $1 AND c.holds_runs AND lower(c.name) IN (${NAMES}) ORDER BY lower(c.name)`;

/** Runs that have not ended and that some calendar would hold by its name, or that are held by one. */
export const CONCERNED_RUNS = `
SELECT e.id, e.execution_serial FROM job_executions e JOIN jobs j ON j.id = e.job_id
WHERE e.status = 'running' AND (e.hold_reason = 'blackout' OR EXISTS (SELECT 1 FROM calendars c WHERE c.holds_runs AND lower(c.name) IN (${NAMES})))
ORDER BY e.id`;

/** Calendars that hold a run by their name. */
export const calendarsOfRun = (db: Sequelize, executionId: number, transaction?: Transaction): Promise<CalendarRow[]> =>
  selectRows<CalendarRow>(db, OF_RUN, [executionId], transaction);

/** What holds, of calendars that may. */
export const holdingOf = (calendars: readonly CalendarRow[], at: number): HoldingBlackout | undefined => {
  const held = inForce(calendars, at);
  const [first] = held;
  if (first === undefined) return undefined;
  const until = openForAll(
    held.map(({ calendar }) => calendar),
    at,
  );
  return { calendar: first.calendar.name, summary: first.summary, until: until === null ? null : new Date(until) };
};

/** `until 2025-03-01 10:00:00 UTC`, or that no end is known. */
export const untilText = (until: Date | null): string =>
  until === null ? 'with no end in sight' : `until ${until.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** What a blackout is called in a sentence. */
export const blackoutText = ({ calendar, summary, until }: HoldingBlackout): string =>
  `the calendar ${calendar}${summary === null ? '' : ` (${summary})`}, ${untilText(until)}`;

const HOLD = `
UPDATE job_executions SET paused_at = coalesce(paused_at, now()), hold_reason = 'blackout', resumes_at = $2, control_version = control_version + 1
WHERE id = $1 AND status = 'running' AND (hold_reason IS NULL OR (hold_reason = 'blackout' AND resumes_at IS DISTINCT FROM $2::timestamptz)) RETURNING id`;

const RELEASE = `
UPDATE job_executions SET paused_at = NULL, hold_reason = NULL, resumes_at = NULL, control_version = control_version + 1
WHERE id = $1 AND hold_reason = 'blackout' RETURNING id`;

/**
 * Holds a run that goes on while a calendar that its job or its schedule names is blacked out, and lets go one that was held when none is. What a person or
 * the rollout holds stays held by that. Its workflow has to be told.
 * @returns the blackout in force, if any
 */
export const holdRun = async (db: Sequelize, executionId: number, transaction?: Transaction): Promise<HoldingBlackout | undefined> => {
  const calendars = await calendarsOfRun(db, executionId, transaction);
  const blackout = holdingOf(calendars, Date.now());
  const changed =
    blackout === undefined
      ? await selectRow(db, RELEASE, [executionId], transaction)
      : await selectRow(db, HOLD, [executionId, blackout.until], transaction);
  if (changed === undefined) return blackout;
  const message = blackout === undefined ? 'The blackout is over: the run goes on.' : `Held by ${blackoutText(blackout)}.`;
  await noteRun(db, executionId, message, 'info', transaction);
  return blackout;
};
