import type { Transaction } from 'sequelize';
import { CreateCalendar } from '../../contracts/calendar.ts';
import type { ImportCalendar, ImportedCalendar } from '../../contracts/calendar.ts';
import { schemaProblems } from '../../contracts/schema-problems.ts';
import { isZone } from '../../domain/calendars/zone-clock.ts';
import { readIcs, UnreadableIcs } from '../../domain/calendars/read-ics.ts';
import type { ReadEvents } from '../../domain/calendars/read-ics.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { findCalendar, readCalendar } from './calendar-rows.ts';
import type { LockedCalendar } from './calendar-rows.ts';
import { checkCalendar, insertCalendar, saveCalendar, withFreeName } from './write-calendar.ts';

const PROBLEMS_SHOWN = 20;

/** @throws OpsError VALIDATION */
const read = ({ text, kind, timezone, zones }: ImportCalendar, zoneOfCalendar: string | undefined): ReadEvents => {
  const names = [
    ...(timezone === undefined ? [] : [['timezone', timezone] as const]),
    ...Object.entries(zones).map(([name, zone]) => [`zones.${name}`, zone] as const),
  ];
  const unknown = names.find(([, zone]) => !isZone(zone));
  if (unknown !== undefined)
    throw new OpsError('VALIDATION', `${unknown[0]}: ${unknown[1]} is no IANA zone.`, {
      fields: [{ path: unknown[0], message: 'must be a zone such as Europe/Berlin' }],
    });
  try {
    return readIcs(text, { kind, timezone: timezone ?? zoneOfCalendar, zones });
  } catch (error) {
    if (!(error instanceof UnreadableIcs)) throw error;
    throw new OpsError('VALIDATION', error.message, { fields: [{ path: 'text', message: error.message }], cause: error });
  }
};

/** @throws OpsError VALIDATION with one field for each event, unless they may be left out */
const refuseEvents = ({ refused, windows }: ReadEvents, mayBeLeftOut: boolean): void => {
  const [first] = refused;
  if (first !== undefined && !mayBeLeftOut)
    throw new OpsError(
      'VALIDATION',
      `${refused.length} of ${refused.length + windows.length} events cannot be taken; the first is number ${first.event}${first.summary === null ? '' : ` (${first.summary})`}: ${first.reason} Nothing was imported. With skip_refused the others are.`,
      { fields: refused.slice(0, PROBLEMS_SHOWN).map(({ event, reason }) => ({ path: `text.event ${event}`, message: reason })) },
    );
  if (windows.length === 0)
    throw new OpsError('VALIDATION', 'The file has no event that can be taken.', { fields: [{ path: 'text', message: 'has no event' }] });
};

/** The calendar that is to be. @throws OpsError VALIDATION */
const wanted = (input: ImportCalendar, { timezone, windows }: ReadEvents, before: LockedCalendar | undefined): CreateCalendar => {
  const { description = before?.description, target_selector: selector = before?.target_selector } = input;
  const parsed = CreateCalendar.safeParse({
    name: before?.name ?? input.name,
    timezone,
    windows,
    ...(description !== undefined && { description }),
    ...(selector !== undefined && { target_selector: selector }),
    firing_effect: input.firing_effect ?? before?.firing_effect,
    holds_runs: input.holds_runs ?? before?.holds_runs,
  });
  if (!parsed.success) {
    const fields = schemaProblems(parsed.error).slice(0, PROBLEMS_SHOWN);
    throw new OpsError('VALIDATION', `The events make no calendar: ${fields[0]?.path ?? ''} ${fields[0]?.message ?? ''}.`, { fields });
  }
  checkCalendar(parsed.data);
  return parsed.data;
};

const existing = async (
  { db }: ServiceDeps,
  { name, replace }: ImportCalendar,
  transaction: Transaction,
): Promise<LockedCalendar | undefined> => {
  if (!replace) return undefined;
  return findCalendar(db, name, transaction, true).catch((error: unknown) => {
    if (error instanceof OpsError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
};

/**
 * Makes a calendar of the events of an iCalendar file, or gives them to one that there is. Either all of them are taken, or those that can be when the
 * others may be left out.
 * @throws OpsError VALIDATION, with the events that cannot be taken; CONFLICT for a name that is taken
 */
export const importCalendar = async (deps: ServiceDeps, caller: Caller, input: ImportCalendar): Promise<ImportedCalendar> => {
  authorize(caller, 'schedules.write');
  return withFreeName(() =>
    deps.db.transaction(async (transaction) => {
      const before = await existing(deps, input, transaction);
      const events = read(input, before?.timezone);
      refuseEvents(events, input.skip_refused);
      const next = wanted(input, events, before);
      if (before === undefined) await insertCalendar(deps, caller, next, transaction);
      else await saveCalendar(deps, caller, before, next, transaction);
      const calendar = await readCalendar(deps.db, next.name, transaction);
      return { calendar, imported: events.windows.length, refused: events.refused };
    }),
  );
};
