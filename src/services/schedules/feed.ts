import type { FeedPeriod, ScheduleFiring, UpcomingFiring } from '../../contracts/schedule.ts';
import { selectRows } from '../../db/query.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { calendarFeed } from './calendar-feed.ts';
import type { CalendarEvent } from './calendar-feed.ts';
import { FIRING_COLUMNS } from './firing-columns.ts';
import { upcomingFirings } from './foresee.ts';
import { idOfAny } from './read-firings.ts';

const DAY_MS = 86_400_000;
/** Of the past and of what comes, each. */
const MOST = 2_000;

type FiringEvent = Omit<CalendarEvent, 'uuid'>;
type PastFiring = ScheduleFiring & { job_serial: string };

const pastOf = ({ db }: ServiceDeps, id: number | null, from: Date, to: Date): Promise<PastFiring[]> =>
  selectRows<PastFiring>(
    db,
    `SELECT s.schedule_serial, s.name AS schedule_name, j.job_serial, ${FIRING_COLUMNS}
     FROM schedule_executions f JOIN job_schedules s ON s.id = f.job_schedule_id JOIN jobs j ON j.id = s.job_id
     WHERE ($1::bigint IS NULL OR f.job_schedule_id = $1) AND f.scheduled_at > $2 AND f.scheduled_at <= $3
     ORDER BY f.scheduled_at DESC, f.id DESC LIMIT ${MOST + 1}`,
    [id, from, to],
  );

/** Serials are unique in an installation only, and calendars keep events of several under their names. */
const uuidsOf = async ({ db }: ServiceDeps, serials: readonly string[]): Promise<Map<string, string>> => {
  const rows = await selectRows<{ serial: string; uuid: string }>(
    db,
    'SELECT schedule_serial AS serial, schedule_uuid AS uuid FROM job_schedules WHERE schedule_serial = ANY($1::text[])',
    [[...new Set(serials)]],
  );
  return new Map(rows.map(({ serial, uuid }) => [serial, uuid]));
};

const TYPES = { planned: null, backfill: 'backfilled', run_now: 'run by hand' } as const;

const comingEvent = ({ schedule_serial: schedule, schedule_name: name, job_serial: job, at, local }: UpcomingFiring): FiringEvent => ({
  schedule,
  name,
  job,
  at,
  end: null,
  outcome: 'planned',
  reason: null,
  lines: [`${local} in the zone of the schedule`],
});

const pastEvent = (firing: PastFiring): FiringEvent => ({
  schedule: firing.schedule_serial,
  name: firing.schedule_name,
  job: firing.job_serial,
  at: firing.scheduled_at,
  end: firing.started_at === null || firing.run === null ? null : firing.completed_at,
  outcome: firing.status,
  reason: firing.skip_reason,
  lines: [
    firing.run === null ? null : `Run ${firing.run}`,
    TYPES[firing.firing_type],
    firing.start_delay_ms === null ? null : `started ${Math.round(firing.start_delay_ms / 100) / 10} s after its instant`,
    firing.result_summary,
    firing.error_message,
  ].filter((line) => line !== null),
});

/**
 * An iCalendar document (RFC 5545) of what became of the instants of the last days, and of those to come; calendars are not asked of the latter.
 * @param serial of one schedule, also of a deleted one; undefined: of all. @throws OpsError NOT_FOUND, UNAVAILABLE while Temporal is away
 */
export const scheduleFeed = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string | undefined,
  { past_days: past, coming_days: coming }: FeedPeriod,
): Promise<string> => {
  authorize(caller, 'schedules.read');
  const id = serial === undefined ? null : await idOfAny(deps.db, serial);
  const now = new Date();
  const [was, planned] = await Promise.all([
    pastOf(deps, id, new Date(now.getTime() - past * DAY_MS), now),
    // All or nothing: a program would delete from its calendar what a part of the feed lacks.
    upcomingFirings(deps, id, { from: now, to: new Date(now.getTime() + coming * DAY_MS), limit: MOST }),
  ]);
  const told = [...was.slice(0, MOST).map(pastEvent).toReversed(), ...planned.data.map(comingEvent)];
  const uuids = await uuidsOf(
    deps,
    told.map(({ schedule }) => schedule),
  );
  const events = told.map((event) => ({ ...event, uuid: uuids.get(event.schedule) ?? event.schedule }));
  const title = serial === undefined ? 'OpsConductor' : `OpsConductor ${serial}`;
  return calendarFeed({ title, events, isComplete: was.length <= MOST && planned.is_complete, now });
};
