import type { ScheduleCode } from '../../../src/contracts/schedule-code.ts';
import { execute } from '../../../src/db/query.ts';
import { readCodeRows } from '../../../src/services/schedules/code/code-rows.ts';
import { compareSet } from '../../../src/services/schedules/code/compare-set.ts';
import { exportSchedules } from '../../../src/services/schedules/code/export-schedules.ts';
import { findDrift } from '../../../src/services/schedules/code/find-drift.ts';
import { planSchedules } from '../../../src/services/schedules/code/plan-schedules.ts';
import { settlePending } from '../../../src/services/schedules/code/settle-pending.ts';
import { writeChanges } from '../../../src/services/schedules/code/write-changes.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const BUDGET_MS = 30_000;

/** Schedules as files define them. `applySchedules` holds a connection for its lock while its parts use others: they are asked one by one. */
export const scheduleCodeCases = ({ db, services, caller, filled }: World): QueryCase[] => {
  const { schedules, jobs, targets } = filled;
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const jobOf = (jobId: number): string => jobs.find(({ id }) => id === jobId)?.serial ?? '';
  /** Half of what came from code, changed, and one that is new. */
  const definitions = (n: number): ScheduleCode['definitions'] => {
    const known = schedules.filter(({ id, isCode }) => isCode && id % 2 === 0);
    const rest = { when: { every: '2h' }, targets: [pick(targets, n).serial] };
    return [
      ...known.map(({ name, jobId }) => ({ source: 'volume.yaml:1', definition: { name, job: jobOf(jobId), ...rest } })),
      { source: 'volume.yaml:2', definition: { name: `new ${n}`, job: pick(jobs, n).serial, ...rest } },
    ];
  };

  return [
    page('set of definitions planned', ['planSchedules', 'compareSet', 'resolveSet', 'readCodeRows', 'readEvents', 'countPending'], (n) =>
      planSchedules(services, caller, { definitions: definitions(n), prune: true }),
    ),
    page('set of definitions written', ['writeChanges', 'readRowsAgain', 'readTargetSerials'], async (n) => {
      const set = await compareSet(services, definitions(n));
      if (set.problems.length > 0) throw new Error(JSON.stringify(set.problems));
      await writeChanges(services, caller, set, { prune: true, budgetMs: BUDGET_MS });
    }),
    page('what was edited in Temporal looked for', ['findDrift'], async () => {
      await execute(db, `UPDATE job_schedules SET described_hash = repeat('c', 64) WHERE definition_source = 'code'`);
      await findDrift(services, await readCodeRows(db, []));
    }),
    page('schedules of code settled', ['settlePending'], async () => {
      await execute(db, `UPDATE job_schedules SET sync_status = 'pending' WHERE definition_source = 'code' AND status = 'active'`);
      const { failed } = await settlePending(services, BUDGET_MS);
      if (failed.length > 0) throw new Error(JSON.stringify(failed));
    }),
    page('schedules written as files define them', ['exportSchedules'], () => exportSchedules(services, caller, { source: 'code' })),
  ];
};
