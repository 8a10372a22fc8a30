import { createBranchActivities } from '../../../src/activities/branch-activities.ts';
import { createReconcileActivities } from '../../../src/activities/reconcile.ts';
import { createRunActivities } from '../../../src/activities/run-activities.ts';
import { CreateCalendar, ImportCalendar } from '../../../src/contracts/calendar.ts';
import { findBlackout } from '../../../src/db/calendars/find-blackout.ts';
import { childSerial } from '../../../src/domain/serials.ts';
import { execute } from '../../../src/db/query.ts';
import { importCalendar } from '../../../src/services/calendars/import-calendar.ts';
import { assertCalendars, unknownCalendars } from '../../../src/services/calendars/assert-calendars.ts';
import { getCalendar, listBlackouts, listCalendars } from '../../../src/services/calendars/read-calendars.ts';
import { createCalendar, deleteCalendar, updateCalendar } from '../../../src/services/calendars/write-calendar.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const ICS =
  'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART:20250301T100000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';
const ALWAYS = [{ kind: 'blackout', weekly: { days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00' } }];

/** Calendars, what names them, and what they hold. */
export const calendarCases = ({ db, services, activities, caller, filled }: World): QueryCase[] => {
  const running = filled.runs.filter((run) => run.status === 'running');
  const { askCalendars } = createBranchActivities(activities);
  const { leaveBlackout } = createRunActivities(activities);
  const { reconcile } = createReconcileActivities(activities);
  const calendar = (n: number, fields: object = {}) => CreateCalendar.parse({ name: `volume ${n}`, ...fields });
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  /** All targets are those of a calendar that is blacked out, as long as it works. */
  const inBlackout = async (work: () => Promise<unknown>): Promise<void> => {
    await execute(
      db,
      `INSERT INTO calendars (name, windows, target_selector, holds_runs) VALUES ('blackout', $1::jsonb, 'name=host-7', true)`,
      [JSON.stringify(ALWAYS)],
    );
    try {
      await work();
    } finally {
      await execute(db, `DELETE FROM calendars WHERE name = 'blackout'`);
    }
  };

  return [
    page(
      'calendar made, read and deleted',
      ['createCalendar', 'insertCalendar', 'getCalendar', 'listBlackouts', 'readCalendar', 'findCalendar'],
      async (n) => {
        await createCalendar(services, caller, calendar(n));
        await getCalendar(services, caller, `volume ${n}`);
        await listBlackouts(services, caller, `volume ${n}`, {});
        await updateCalendar(services, caller, `volume ${n}`, calendar(n, { holds_runs: true }));
        await deleteCalendar(services, caller, `volume ${n}`);
      },
    ),
    page(
      'calendar imported',
      ['importCalendar', 'updateCalendar', 'saveCalendar', 'deleteCalendar', 'removeCalendar', 'calendarUse'],
      async (n) => {
        await importCalendar(services, caller, ImportCalendar.parse({ name: `imported ${n}`, text: ICS }));
        await deleteCalendar(services, caller, `imported ${n}`);
      },
    ),
    page('calendars', ['listCalendars'], () => listCalendars(services, caller, { limit: 50 })),
    row('names of calendars checked', ['unknownCalendars', 'assertCalendars'], async () => {
      await unknownCalendars(db, ['nowhere'], 'calendars');
      await db.transaction((transaction) => assertCalendars(db, [], 'calendars', transaction));
    }),
    page('calendars of a firing', ['findBlackout'], (n) =>
      inBlackout(() => findBlackout(db, { calendars: ['nowhere'], jobId: pick(filled.jobs, n).id, targetSelection: {} }, new Date())),
    ),
    page('calendars of a run and a branch asked', ['leaveBlackout', 'askCalendars'], (n) =>
      inBlackout(async () => {
        await leaveBlackout({ execution: pick(running, n).serial });
        await askCalendars({ branch: childSerial(pick(running, n).serial, 1) });
      }),
    ),
    { name: 'calendars looked at', kind: 'page', covers: ['reconcile'], reads: 20_000, call: () => inBlackout(reconcile) },
  ];
};
