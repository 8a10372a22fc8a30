import type { Period, PreviewSchedule, SchedulePreview, UpcomingFiring } from '../../contracts/schedule.ts';
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
}

const PLANNED = `SELECT s.schedule_serial, s.name AS schedule_name, j.job_serial, s.timezone, s.temporal_schedule_id AS temporal_id
FROM job_schedules s JOIN jobs j ON j.id = s.job_id
WHERE s.deleted_at IS NULL AND s.status = 'active' AND s.synced_at IS NOT NULL AND ($1::bigint IS NULL OR s.id = $1) ORDER BY s.id`;

const boundsOf = ({ from, to }: Period): { from: Date; to: Date } => {
  const start = from === undefined ? new Date() : new Date(from);
  const end = to === undefined ? new Date(start.getTime() + DAY_MS) : new Date(to);
  const message =
    end <= start ? 'is not after from' : end.getTime() - start.getTime() > LONGEST_MS ? 'is more than a year after from' : undefined;
  if (message !== undefined) throw new OpsError('VALIDATION', `to: ${message}.`, { fields: [{ path: 'to', message }] });
  return { from: start, to: end };
};

/**
 * Firings to come, as Temporal announces them, earliest first; calendars are not asked. Paused schedules have none.
 * @param serial of one schedule; undefined: of all. @throws OpsError NOT_FOUND, VALIDATION, UNAVAILABLE while Temporal is away
 */
export const listUpcoming = async (
  { db, schedules }: ServiceDeps,
  caller: Caller,
  serial: string | undefined,
  period: Period,
): Promise<UpcomingFiring[]> => {
  authorize(caller, 'schedules.read');
  const { from, to } = boundsOf(period);
  const id = serial === undefined ? null : await scheduleId(db, serial);
  const planned = await selectRows<Planned>(db, PLANNED, [id]);
  const found: UpcomingFiring[] = [];
  const lane = async (): Promise<void> => {
    for (let one = planned.pop(); one !== undefined; one = planned.pop()) {
      const { timezone, temporal_id: temporalId, ...rest } = one;
      const local = createZonedTime(timezone);
      const instants = await schedules.instants(temporalId, from, to, period.limit);
      found.push(...instants.map((at) => ({ ...rest, at: at.toISOString(), local: local(at.toISOString()) })));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return found.toSorted((a, b) => (a.at < b.at ? -1 : 1)).slice(0, period.limit);
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
