import type { SchedulePlan } from '../../../contracts/schedule-code.ts';
import { selectRows } from '../../../db/query.ts';
import type { ServiceDeps } from '../../context.ts';
import type { CodeRow } from './code-rows.ts';

type Drift = SchedulePlan['drift'][number];

/** Schedules that Temporal is asked for at once. */
const AT_ONCE = 16;

interface Found extends Drift {
  id: number;
  describedHash: string | null;
}

const kindOf = async ({ schedules }: ServiceDeps, row: CodeRow): Promise<Drift['kind'] | undefined> => {
  const described = await schedules.describe(row.temporal_schedule_id);
  if (described === undefined) return 'missing';
  if (described.describedHash !== row.described_hash) return 'edited';
  const { paused: before = described.paused } = row.temporal_counters;
  if (described.paused === before || (row.status === 'paused') !== before) return undefined;
  return described.paused ? 'paused' : 'resumed';
};

/** Another call, or the reconciler, may have been at them while Temporal was asked. */
const stillSo = async ({ db }: ServiceDeps, found: readonly Found[]): Promise<Found[]> => {
  if (found.length === 0) return [];
  const now = await selectRows<{ id: number; described_hash: string | null }>(
    db,
    `SELECT id, described_hash FROM job_schedules WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL AND sync_status = 'synced' AND status <> 'expired'`,
    [found.map(({ id }) => id)],
  );
  const hashes = new Map(now.map(({ id, described_hash: hash }) => [id, hash]));
  return found.filter(({ id, describedHash }) => hashes.get(id) === describedHash);
};

/** What was done in Temporal to schedules that had been told to it. Of those that are pending or over, nothing is asked. */
export const findDrift = async (
  deps: ServiceDeps,
  rows: readonly CodeRow[],
): Promise<Pick<SchedulePlan, 'drift' | 'drift_unknown'> & { driftedIds: number[] }> => {
  const asked = rows.filter(
    ({ sync_status: sync, status, described_hash: hash }) => sync === 'synced' && status !== 'expired' && hash !== null,
  );
  const found: Found[] = [];
  const state = { isAway: false };
  const lane = async (): Promise<void> => {
    for (let row = asked.pop(); row !== undefined && !state.isAway; row = asked.pop()) {
      const kind = await kindOf(deps, row);
      const { id, schedule_serial, name, described_hash: describedHash } = row;
      if (kind !== undefined) found.push({ id, schedule_serial, name, kind, describedHash });
    }
  };
  const lanes = Array.from({ length: AT_ONCE }, () =>
    lane().catch(() => {
      state.isAway = true;
    }),
  );
  await Promise.all(lanes);
  const drift = (await stillSo(deps, found)).toSorted((a, b) => a.id - b.id);
  return {
    drift: drift.map(({ schedule_serial, name, kind }) => ({ schedule_serial, name, kind })),
    drift_unknown: state.isAway ? 'Temporal does not answer. What was edited there is found, and put back, when it does.' : null,
    driftedIds: drift.map(({ id }) => id),
  };
};
