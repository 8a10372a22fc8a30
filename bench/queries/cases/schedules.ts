import { CreateSchedule, UpdateSchedule } from '../../../src/contracts/schedule.ts';
import type { ScheduleFilter } from '../../../src/contracts/schedule.ts';
import { execute } from '../../../src/db/query.ts';
import { deleteJob } from '../../../src/services/jobs/write-job.ts';
import { getSchedule, listSchedules } from '../../../src/services/schedules/read-schedule.ts';
import { settleSchedule } from '../../../src/services/schedules/settle-schedule.ts';
import { syncSchedule } from '../../../src/services/schedules/sync-schedule.ts';
import { createSchedule, deleteSchedule, pauseSchedule, updateSchedule } from '../../../src/services/schedules/write-schedule.ts';
import { NEW_JOB, OLD_JOB } from '../volume.ts';
import type { World } from '../world.ts';
import { deepCursors, pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const LIMIT = 50;
const SORTS = ['attention', '-attention', 'created', '-created', 'name', '-name', 'next_run', '-next_run'] as const;

const page = (name: string, covers: string, call: QueryCase['call']): QueryCase => ({
  name,
  kind: 'page',
  covers: covers.split(/\s+/),
  call,
});

/** Lists of schedules, changes of them, and what is looked at each minute. */
export const scheduleCases = async ({ db, services, activities, caller, filled }: World): Promise<QueryCase[]> => {
  const { schedules, jobs } = filled;
  const open = schedules.filter(({ isExpired }) => !isExpired);
  const serialOf = (list: typeof schedules, n: number): string => pick(list, n).serial;
  const list = (filter: Partial<ScheduleFilter>) => listSchedules(services, caller, { limit: LIMIT, ...filter });
  const deep = await deepCursors((cursor) => list(cursor));
  const deepByNext = await deepCursors((cursor) => list({ sort: 'next_run', ...cursor }));
  const input = (n: number) => ({ name: `volume ${n}`, when: { every: '1h' }, labels: { team: 'volume' } });
  /** After the row was made another than what Temporal has. */
  const settleChanged = async (n: number, change: string): Promise<void> => {
    const { id } = pick(open, n);
    await execute(db, `UPDATE job_schedules SET ${change}, sync_status = 'pending' WHERE id = $1`, [id]);
    await settleSchedule(services, id);
  };

  return [
    ...SORTS.map((sort) => page(`schedules, by ${sort}`, 'listSchedules', () => list({ sort }))),
    page('schedules, deep', 'listSchedules', (n) => list({ cursor: pick(deep, n) })),
    page('schedules, by next run, deep', 'listSchedules', (n) => list({ sort: 'next_run', cursor: pick(deepByNext, n) })),
    page('schedules, part of the name', 'listSchedules', (n) => list({ search: `dule ${n % 10}` })),
    page('schedules, serial as search', 'listSchedules', (n) => list({ search: serialOf(schedules, n) })),
    page('schedules, by job', 'listSchedules', (n) => list({ job: pick(jobs, n).serial })),
    page('schedules, by status', 'listSchedules', (n) => list({ status: pick(['active', 'paused', 'expired'], n) })),
    page('schedules, by source', 'listSchedules', (n) => list({ source: pick(['api', 'code'], n) })),
    page('schedules, not synced', 'listSchedules', () => list({ sync_status: 'error' })),
    page('schedules, by calendar', 'listSchedules', () => list({ calendar: 'freeze' })),
    page('schedules, by label', 'listSchedules', (n) => list({ label: `team=team-${n % 7}` })),
    {
      name: 'schedule',
      kind: 'row',
      covers: ['getSchedule', 'readSchedule'],
      call: (n) => getSchedule(services, caller, serialOf(schedules, n)),
    },

    page(
      'schedule made, changed and deleted',
      `createSchedule addSchedule insertSchedule updateSchedule editSchedule updateScheduleRow deleteSchedule removeSchedule
       findJob resolveInput readKnownThings scheduleId lockedSchedule settleSoon withPatience`,
      async (n) => {
        const [job, targets] = [pick(jobs, n).serial, [pick(filled.targets, n).serial]];
        const { schedule_serial: serial } = await createSchedule(services, caller, CreateSchedule.parse({ ...input(n), job, targets }));
        await updateSchedule(services, caller, serial, UpdateSchedule.parse({ ...input(n), when: { every: '2h' } }));
        await deleteSchedule(services, caller, serial);
      },
    ),
    page('schedule paused and resumed', 'pauseSchedule', async (n) => {
      const serial = serialOf(open, n);
      await pauseSchedule(services, caller, serial, { paused: true, note: 'volume' });
      await pauseSchedule(services, caller, serial, { paused: false });
    }),
    page('schedules of a job, deleted with it', 'removeSchedulesOf', (n) =>
      deleteJob(services, caller, 'job', jobs[n % 2 === 0 ? NEW_JOB : OLD_JOB]?.serial ?? ''),
    ),

    page(
      'schedule settled',
      'settleSchedule syncSchedule readScheduleRow withScheduleLock lockSchedules announceInstants decideInstants closeDead claimInstant',
      (n) => syncSchedule(services, caller, serialOf(open, n)),
    ),
    page('schedule that was changed, settled', 'settleSchedule withdrawInstants', (n) =>
      settleChanged(n, `definition_hash = repeat('b', 64)`),
    ),
    page('schedule that was deleted, settled', 'settleSchedule endLedger', (n) => settleChanged(n, 'deleted_at = now()')),
    // It reads all schedules; those that have expired for a firing that still runs.
    page('schedules looked at', 'reconcileSchedules createScheduleWork', async () => {
      const { schedules_error: errors = 0 } = await activities.scheduleWork.reconcileSchedules();
      if (errors > 0) throw new Error(`${errors} schedules could not be settled.`);
    }),
  ];
};
