import type { AppliedSchedules, ScheduleCode } from '../../../contracts/schedule-code.ts';
import { execute, selectRow } from '../../../db/query.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { authorizeFirings } from '../schedule-edits.ts';
import { compareSet } from './compare-set.ts';
import type { ComparedSet } from './compare-set.ts';
import { findDrift } from './find-drift.ts';
import { countPending, settlePending } from './settle-pending.ts';
import { writeChanges } from './write-changes.ts';

/** How long a call writes, and then how long it tells Temporal of what is pending; the caller calls again for the rest. */
const WRITE_MS = 30_000;
const SETTLE_MS = 20_000;
const RETRY_SECONDS = 5;
const PROBLEMS_TOLD = 500;

/** One apply at a time: of two sets, each would take the other's for schedules that are in no file. @throws OpsError CONFLICT */
const alone = <T>(db: ServiceDeps['db'], work: () => Promise<T>): Promise<T> =>
  db.transaction(async (transaction) => {
    const lock = await selectRow<{ taken: boolean }>(
      db,
      `SELECT pg_try_advisory_xact_lock(hashtext('opsconductor.apply-schedules')) AS taken`,
      [],
      transaction,
    );
    if (lock?.taken === true) return work();
    throw new OpsError('CONFLICT', `Another apply of schedules is at work. Nothing was changed; try again in ${RETRY_SECONDS} s.`, {
      retryAfterSeconds: RETRY_SECONDS,
    });
  });

/** @throws OpsError UNPROCESSABLE */
const assertNoProblems = ({ problems }: ComparedSet): void => {
  if (problems.length === 0) return;
  const count = new Set(problems.map(({ definition }) => definition)).size;
  throw new OpsError('UNPROCESSABLE', `Nothing was applied: ${count} of the definitions cannot be.`, {
    fields: problems
      .slice(0, PROBLEMS_TOLD)
      .map(({ source, path, message }) => ({ path: path === '' ? source : `${source}: ${path}`, message })),
  });
};

/** What somebody edited in Temporal is told to it again: the row says so, whatever becomes of this call. */
const markDrifted = async (deps: ServiceDeps, { compared, left }: ComparedSet): Promise<void> => {
  const { driftedIds } = await findDrift(deps, [...compared.flatMap(({ row }) => row ?? []), ...left]);
  if (driftedIds.length === 0) return;
  await execute(
    deps.db,
    `UPDATE job_schedules SET sync_status = 'pending' WHERE id = ANY($1::bigint[]) AND sync_status = 'synced' AND deleted_at IS NULL`,
    [driftedIds],
  );
};

/**
 * Makes schedules be as the definitions say, and tells Temporal of it, for some seconds: `pending` says how many are left for the next call. May be
 * repeated whatever became of the call before; what is so already is left alone.
 * @throws OpsError UNPROCESSABLE with all problems: nothing is applied then; CONFLICT while another apply is at work
 */
export const applySchedules = async (
  deps: ServiceDeps,
  caller: Caller,
  { definitions, prune }: ScheduleCode,
): Promise<AppliedSchedules> => {
  authorizeFirings(caller);
  return alone(deps.db, async () => {
    const set = await compareSet(deps, definitions);
    assertNoProblems(set);
    // A call that goes on with what is pending needs not to ask for all again.
    if ((await countPending(deps.db)) === 0) await markDrifted(deps, set);
    const { unwritten, ...written } = await writeChanges(deps, caller, set, { prune, budgetMs: WRITE_MS });
    const unchanged = set.compared.filter(({ change }) => change === 'unchanged').length;
    const { pending, ...settled } = await settlePending(deps, SETTLE_MS);
    return { ...written, left: prune ? 0 : set.left.length, unchanged, ...settled, pending: pending + unwritten };
  });
};
