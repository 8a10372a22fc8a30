import type { Period, PreviewSchedule, SchedulePreview, UpcomingFiring, UpcomingFirings } from '../../contracts/schedule.ts';
import { selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { clockNotes } from '../../domain/schedules/clock-changes.ts';
import { createZonedTime } from '../../domain/zoned-time.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { scheduleId } from './find-schedule.ts';

const DAY_MS = 86_400_000;
const LONGEST_MS = 366 * DAY_MS;
const SHOWN = 20;
const HORIZON_MS = 10 * LONGEST_MS;
/** Schedules that are asked at once. */
const AT_ONCE = 8;

interface Planned {
  schedule_serial: string;
  schedule_name: string;
  job_serial: string;
  timezone: string;
  temporal_id: string;
  /** Firings that are left of its limit; null: it has none. */
  remaining: number | null;
}

const PLANNED = `SELECT s.schedule_serial, s.name AS schedule_name, j.job_serial, s.timezone, s.temporal_schedule_id AS temporal_id,
  s.max_executions - least(s.max_executions, s.execution_count) AS remaining
FROM job_schedules s JOIN jobs j ON j.id = s.job_id
WHERE s.deleted_at IS NULL AND s.status = 'active' AND s.synced_at IS NOT NULL AND ($1::bigint IS NULL OR s.id = $1) ORDER BY s.id`;

const boundsOf = ({ from, to }: Period): { from: Date; to: Date } => {
  const start = new Date(Math.max(Date.now(), from === undefined ? 0 : Date.parse(from)));
  const end = to === undefined ? new Date(start.getTime() + DAY_MS) : new Date(to);
  const message =
    end <= start
      ? 'is not after from, or has passed'
      : end.getTime() - start.getTime() > LONGEST_MS
        ? 'is more than a year after from'
        : undefined;
  if (message !== undefined) throw new OpsError('VALIDATION', `to: ${message}.`, { fields: [{ path: 'to', message }] });
  return { from: start, to: end };
};

/** A limit is used up by the firings before the period, too. */
const instantsOf = async (
  { schedules }: Pick<ServiceDeps, 'schedules'>,
  { temporal_id: id, timezone, remaining }: Planned,
  { from, to, limit }: { from: Date; to: Date; limit: number },
): Promise<Date[]> => {
  if (remaining === null) return schedules.instants({ id, timezone }, from, to, limit);
  const left = await schedules.instants({ id, timezone }, new Date(), to, remaining);
  return left.filter((at) => at > from).slice(0, limit);
};

interface Instant extends Planned {
  at: Date;
}

const byTime = (a: Instant, b: Instant): number => a.at.getTime() - b.at.getTime() || (a.schedule_serial < b.schedule_serial ? -1 : 1);

const shownOf = ({ at, timezone, schedule_serial, schedule_name, job_serial }: Instant): UpcomingFiring => {
  const text = at.toISOString();
  return { schedule_serial, schedule_name, job_serial, at: text, local: createZonedTime(timezone)(text) };
};

/** Of one schedule by its id, or of all (null). @throws OpsError UNAVAILABLE while Temporal is away */
export const upcomingFirings = async (
  { db, schedules }: Pick<ServiceDeps, 'db' | 'schedules'>,
  id: number | null,
  { from, to, limit }: { from: Date; to: Date; limit: number },
): Promise<UpcomingFirings> => {
  const planned = await selectRows<Planned>(db, PLANNED, [id]);
  let found: Instant[] = [];
  const lane = async (): Promise<void> => {
    for (let one = planned.pop(); one !== undefined; one = planned.pop()) {
      const schedule = one;
      // Nobody asks a schedule for what comes after what is shown.
      const last = found[limit]?.at ?? to;
      const instants = await instantsOf({ schedules }, schedule, { from, to: last, limit: limit + 1 });
      found = [...found, ...instants.map((at) => ({ ...schedule, at }))].toSorted(byTime).slice(0, limit + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { data: found.slice(0, limit).map(shownOf), is_complete: found.length <= limit };
};

/**
 * Firings to come, as Temporal announces them, earliest first; calendars are not asked. Paused schedules have none.
 * @param serial of one schedule; undefined: of all. @throws OpsError NOT_FOUND, VALIDATION, UNAVAILABLE while Temporal is away
 */
export const listUpcoming = async (
  deps: ServiceDeps,
  caller: Caller,
  serial: string | undefined,
  period: Period,
): Promise<UpcomingFirings> => {
  authorize(caller, 'schedules.read');
  const bounds = boundsOf(period);
  const id = serial === undefined ? null : await scheduleId(deps.db, serial);
  return upcomingFirings(deps, id, { ...bounds, limit: period.limit });
};

/** The next instants of rules that no schedule has yet, as Temporal announces them, without jitter. @throws OpsError VALIDATION */
export const previewSchedule = async ({ schedules }: ServiceDeps, caller: Caller, input: PreviewSchedule): Promise<SchedulePreview> => {
  authorize(caller, 'schedules.read');
  const when = Array.isArray(input.when) ? input.when : [input.when];
  const { timezone, start_date, end_date, max_executions: most } = input;
  const now = new Date();
  const limit = Math.min(SHOWN, most ?? SHOWN);
  const to = new Date(now.getTime() + HORIZON_MS);
  const instants = await schedules.preview({ when, timezone, start_date, end_date, jitter_seconds: 0 }, now, to, limit);
  const local = createZonedTime(timezone);
  const shown = instants.map((at) => ({ at: at.toISOString(), local: local(at.toISOString()) }));
  const wallTimes = shown.map(({ local: text }) => text.slice(0, 19));
  const until = new Date(Math.max(now.getTime() + LONGEST_MS, instants.at(-1)?.getTime() ?? 0));
  return {
    timezone,
    instants: shown.map((one, index) => ({ ...one, note: wallTimes.indexOf(wallTimes[index] ?? '') < index ? 'doubled' : null })),
    notes: clockNotes({ when, timezone }, now, until),
  };
};
