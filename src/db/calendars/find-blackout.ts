import type { Sequelize } from 'sequelize';
import type { BlackoutEffect } from '../../contracts/enums.ts';
import { openForAll } from '../../domain/calendars/blackouts.ts';
import { parseSelector } from '../../domain/selector.ts';
import { chosenCondition } from '../chosen-targets.ts';
import { selectRow, selectRows } from '../query.ts';
import type { Bind } from '../query.ts';
import { selectorCondition } from '../selector-sql.ts';
import { CALENDAR_COLUMNS, inForce, namesIn } from './calendar-rows.ts';
import type { CalendarRow } from './calendar-rows.ts';

/** What keeps a firing from starting its run. */
export interface Blackout {
  /** Name of the calendar. */
  calendar: string;
  /** Of its window. */
  summary: string | null;
  effect: BlackoutEffect;
  /** When to ask again: all calendars are open then, as they are today. Null: not within 400 days. */
  until: Date | null;
}

/** A firing, and the run that it would start. */
export interface FiringQuestion {
  /** Names of the schedule's. */
  calendars: readonly string[];
  jobId: number;
  /** Of the schedule; empty: list and selector of the job. */
  targetSelection: { target_uuids?: string[]; selector?: string };
}

type ConcernedRow = CalendarRow & { is_named: boolean };

const CONCERNED = `
SELECT named.* FROM (SELECT ${CALENDAR_COLUMNS}, (lower(c.name) = ANY($1::text[])
    OR lower(c.name) IN (SELECT names.lower FROM jobs j CROSS JOIN LATERAL (${namesIn('j.settings')}) AS names WHERE j.id = $2)) AS is_named FROM calendars c) named
WHERE named.is_named OR named.target_selector IS NOT NULL ORDER BY lower(named.name)`;

/**
 * Does a calendar keep a firing from starting its run at this instant? Asked are the calendars that the schedule and its job name, and those of targets
 * when every target that the run would have is among theirs. Of several that are in force one that skips comes before those that postpone; a postponed
 * firing waits until all of them are open, and asks again then. A name that there is not (any more) says nothing.
 */
export const findBlackout = async (db: Sequelize, question: FiringQuestion, at: Date): Promise<Blackout | undefined> => {
  const names = question.calendars.map((name) => name.toLowerCase());
  const concerned = await selectRows<ConcernedRow>(db, CONCERNED, [names, question.jobId]);
  const candidates = inForce(concerned, at.getTime());
  const holding = [];
  for (const candidate of candidates)
    if (candidate.calendar.is_named || (await coversAll(db, question, candidate.calendar.target_selector))) holding.push(candidate);
  const found = holding.find(({ calendar }) => calendar.firing_effect === 'skip') ?? holding[0];
  if (found === undefined) return undefined;
  const until = openForAll(
    holding.map(({ calendar }) => calendar),
    at.getTime(),
  );
  const { calendar, summary } = found;
  return { calendar: calendar.name, summary, effect: calendar.firing_effect, until: until === null ? null : new Date(until) };
};

/** Is there a target that the run would have, and is each of them among those of the calendar? */
const coversAll = async (db: Sequelize, question: FiringQuestion, calendarSelector: string | null): Promise<boolean> => {
  if (calendarSelector === null) return false;
  const wanted = await wantedTargets(db, question);
  const among = selectorCondition(parseSelector(calendarSelector), 't', wanted.bind.length + 1);
  const row = await selectRow<{ covered: boolean | null }>(
    db,
    `SELECT bool_and(${among.sql}) AS covered FROM universal_targets t WHERE t.is_active AND t.status = 'active' AND ${wanted.sql}`,
    [...wanted.bind, ...among.bind],
  );
  return row?.covered === true;
};

const wantedTargets = async (db: Sequelize, { jobId, targetSelection }: FiringQuestion): Promise<{ sql: string; bind: Bind }> => {
  const { target_uuids: uuids, selector = null } = targetSelection;
  if (uuids !== undefined) return { sql: 't.target_uuid = ANY($1::uuid[])', bind: [uuids] };
  const job = await selectRow<{ target_selector: string | null }>(db, 'SELECT target_selector FROM jobs WHERE id = $1', [jobId]);
  return chosenCondition({ jobId, jobSelector: job?.target_selector ?? null, runSelector: selector }, 't', 1);
};
