import { createScheduleActivities } from '../../../src/activities/schedule-activities.ts';
import { ScheduleExecutionStatus, SkipReason } from '../../../src/contracts/enums.ts';
import type { FiringStep } from '../../../src/contracts/firing.ts';
import { PreviewSchedule } from '../../../src/contracts/schedule.ts';
import type { FiringFilter } from '../../../src/contracts/schedule.ts';
import { selectRow } from '../../../src/db/query.ts';
import { instantWorkflowId } from '../../../src/domain/schedules/firing-ids.ts';
import { scheduleFeed } from '../../../src/services/schedules/feed.ts';
import { backfillSchedule, runScheduleNow } from '../../../src/services/schedules/fire-schedule.ts';
import { listUpcoming, previewSchedule } from '../../../src/services/schedules/foresee.ts';
import { listFirings } from '../../../src/services/schedules/read-firings.ts';
import type { World } from '../world.ts';
import { deepCursors, pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const LIMIT = 50;
const LARGEST = 500;
const HOUR_MS = 3_600_000;

const hour = (offset: number): string => new Date((Math.floor(Date.now() / HOUR_MS) + offset) * HOUR_MS).toISOString();

/** The ledger, what is to come, and what the workflow of a firing asks. */
export const firingCases = async ({ db, services, activities, caller, filled }: World): Promise<QueryCase[]> => {
  const { schedules } = filled;
  const open = schedules.filter(({ isExpired }) => !isExpired);
  const { openFiring, acceptFiring, endFiring, awaitFiring } = createScheduleActivities(activities);
  const firings = (serial: string | undefined, filter: Partial<FiringFilter>) =>
    listFirings(services, caller, serial, { limit: LIMIT, ...filter });
  const deep = await deepCursors((cursor) => firings(undefined, { limit: LARGEST, ...cursor }));
  const feed = (serial: string | undefined) => scheduleFeed(services, caller, serial, { past_days: 7, coming_days: 31 });
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const openNext = (n: number): Promise<FiringStep> => {
    const { uuid } = pick(open, n);
    const nominal = hour(1);
    const workflowId = instantWorkflowId(uuid, new Date(nominal));
    return openFiring({ schedule: uuid, workflowId, runId: 'next', nominal, startedAt: nominal });
  };
  const acceptNext = async (n: number): Promise<void> => {
    const step = await openNext(n);
    if (step.go !== 'run') throw new Error(`The next firing of ${pick(open, n).serial} is not run: ${step.go}.`);
    if ((await acceptFiring(step)) === null) throw new Error(`The next firing of ${pick(open, n).serial} has no run.`);
    await endFiring({ ...step, cancelled: true });
  };
  const awaitEnded = async (n: number): Promise<void> => {
    const ended = await selectRow<{ id: number }>(
      db,
      `SELECT id FROM schedule_executions WHERE job_schedule_id = $1 AND status = 'completed' ORDER BY scheduled_at LIMIT 1`,
      [pick(schedules, n).id],
    );
    await awaitFiring({ firing: ended?.id ?? 0 });
  };

  return [
    page('ledger', ['listFirings'], () => firings(undefined, {})),
    page('ledger, oldest first', ['listFirings'], () => firings(undefined, { sort: 'scheduled' })),
    page('ledger, deep', ['listFirings'], (n) => firings(undefined, { limit: LARGEST, cursor: pick(deep, n) })),
    page('ledger, of some hours', ['listFirings'], () => firings(undefined, { from: hour(-80), to: hour(-78) })),
    ...ScheduleExecutionStatus.options.map((status) => page(`ledger, ${status}`, ['listFirings'], () => firings(undefined, { status }))),
    ...SkipReason.options.map((reason) =>
      page(`ledger, skipped: ${reason}`, ['listFirings'], () => firings(undefined, { skip_reason: reason })),
    ),
    page('ledger of a schedule', ['listFirings', 'idOfAny'], (n) => firings(pick(schedules, n).serial, {})),
    page('ledger of a schedule, by status', ['listFirings', 'idOfAny'], (n) =>
      firings(pick(schedules, n).serial, { status: pick(ScheduleExecutionStatus.options, n) }),
    ),
    page('calendar of all schedules', ['scheduleFeed'], () => feed(undefined)),
    page('calendar of a schedule', ['scheduleFeed'], (n) => feed(pick(open, n).serial)),
    page('firings to come', ['listUpcoming', 'upcomingFirings'], () => listUpcoming(services, caller, undefined, { limit: LIMIT })),
    row('firings to come of a schedule', ['listUpcoming', 'upcomingFirings'], (n) =>
      listUpcoming(services, caller, pick(open, n).serial, { limit: LIMIT }),
    ),
    row('firings of rules', ['previewSchedule'], () => previewSchedule(services, caller, PreviewSchedule.parse({ when: { every: '1h' } }))),

    row('firing opened', ['openFiring', 'claimInstant'], openNext),
    row('firing accepted', ['acceptFiring', 'acceptChecked', 'endFiring', 'withdrawRun'], acceptNext),
    row('end of a firing waited for', ['awaitFiring', 'endFiring'], awaitEnded),
    row('schedule run now', ['runScheduleNow'], (n) => runScheduleNow(services, caller, pick(open, n).serial)),
    page('schedule backfilled', ['backfillSchedule'], (n) =>
      backfillSchedule(services, caller, pick(open, n).serial, { from: hour(-60), to: hour(-50) }),
    ),
  ];
};
