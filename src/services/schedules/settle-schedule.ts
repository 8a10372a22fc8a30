import type { Transaction } from 'sequelize';
import { JobSchedulesTemporalCounters } from '../../contracts/json/schedules.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { describedDifferences } from '../../domain/schedules/described-differences.ts';
import { announceInstants, withdrawInstants } from './ledger/announce.ts';
import { closeDead, decideInstants } from './ledger/decide.ts';
import { endLedger } from './ledger/end.ts';
import type { ScheduleDeps } from './schedule-deps.ts';
import { isLockTimeout, withScheduleLock } from './schedule-lock.ts';
import { firingRulesOf, readScheduleRow } from './schedule-row.ts';
import type { ScheduleRow } from './schedule-row.ts';
import type { DescribedSchedule, DesiredSchedule } from './temporal-schedules.ts';

/** What was to be done. */
export type Settled = 'same' | 'created' | 'changed' | 'restored' | 'paused' | 'resumed' | 'removed' | 'expired' | 'gone';

const remainingOf = ({ max_executions: most, execution_count: count }: ScheduleRow): number | undefined =>
  most === null ? undefined : Math.max(0, most - count);

const desiredOf = (row: ScheduleRow, paused: boolean, note: string | null): DesiredSchedule => ({
  scheduleUuid: row.schedule_uuid,
  summary: `${row.schedule_serial} ${row.name}`.slice(0, 200),
  jobSerial: row.job_serial,
  rules: firingRulesOf(row),
  overlap: row.overlap_policy,
  catchupWindowSeconds: row.catchup_window_seconds,
  pauseOnFailure: row.pause_on_failure,
  definitionHash: row.definition_hash,
  managedBy: row.definition_source,
  paused,
  note,
  remaining: remainingOf(row),
});

/** Paused or not: what was changed here since Temporal was asked last is sent there, what was changed there is taken. */
const pauseOf = (row: ScheduleRow, described: DescribedSchedule | undefined): { paused: boolean; note: string | null } => {
  const here = { paused: row.status === 'paused', note: row.status_note };
  const { paused: before } = row.temporal_counters;
  if (described === undefined || before === undefined || here.paused !== before) return here;
  return { paused: described.paused, note: described.paused ? described.note : null };
};

const remove = async (deps: ScheduleDeps, row: ScheduleRow, now: Date, transaction: Transaction): Promise<Settled> => {
  await closeDead({ deps, row, now, transaction });
  await deps.schedules.remove(row.temporal_schedule_id);
  await endLedger(deps.db, row.id, { now, reason: 'job_deleted' }, transaction);
  await execute(
    deps.db,
    `UPDATE job_schedules SET sync_status = 'synced', sync_error = NULL, synced_at = now(), next_run_at = NULL WHERE id = $1`,
    [row.id],
    transaction,
  );
  return 'removed';
};

/** What somebody changed in Temporal is put back, and stands in the audit trail. */
const noteRestored = async (
  { db, keyRing }: ScheduleDeps,
  row: ScheduleRow,
  drifted: DescribedSchedule,
  restored: DescribedSchedule,
  transaction: Transaction,
): Promise<void> => {
  const differences = describedDifferences(drifted.described, restored.described);
  await recordAudit(
    db,
    keyRing.auditKey,
    {
      eventType: 'schedule_changed',
      action: 'restore_schedule',
      severity: 'medium',
      actor: { type: 'system' },
      resourceType: 'job_schedules',
      resourceId: row.schedule_serial,
      details: { why: 'It was edited in Temporal.', differences },
    },
    transaction,
  );
};

const notePause = async (
  { db, keyRing }: ScheduleDeps,
  row: ScheduleRow,
  { paused, note }: { paused: boolean; note: string | null },
  transaction: Transaction,
): Promise<void> => {
  const event = {
    eventType: 'schedule_changed',
    action: paused ? 'pause_schedule' : 'resume_schedule',
    actor: { type: 'system' },
    resourceType: 'job_schedules',
    resourceId: row.schedule_serial,
    details: { where: 'Temporal', ...(note !== null && { note }) },
  } as const;
  await recordAudit(db, keyRing.auditKey, event, transaction);
};

interface Change {
  settled: Settled;
  described: DescribedSchedule;
}

/** Brings Temporal to what the row says. Instants up to the change are decided by what was there before it. */
const bring = async (deps: ScheduleDeps, row: ScheduleRow, now: Date, transaction: Transaction): Promise<Change> => {
  const { schedules } = deps;
  const before = await schedules.describe(row.temporal_schedule_id);
  const { paused, note } = pauseOf(row, before);
  if (before === undefined) {
    const described = await schedules.put(row.temporal_schedule_id, desiredOf(row, paused, note), undefined);
    return { settled: 'created', described };
  }
  const isDrifted = row.described_hash !== null && row.described_hash !== before.describedHash;
  if (before.definitionHash !== row.definition_hash || isDrifted || row.described_hash === null) {
    // No reconciler may have been there for hours, and Temporal tells of the former spec only until it has the new one.
    const until = await announceInstants(deps, row, before, now, transaction);
    await decideInstants(deps, { ...row, ledger_until: until.toISOString() }, before, now, transaction);
    // Starts that were found only now count against the limit.
    const { execution_count } = (await readScheduleRow(deps.db, row.id, transaction)) ?? row;
    Object.assign(row, { execution_count });
    const described = await schedules.put(row.temporal_schedule_id, desiredOf(row, paused, note), before);
    await withdrawInstants(deps, row, described.lastUpdatedAt, transaction);
    Object.assign(row, { ledger_until: described.lastUpdatedAt.toISOString() });
    if (before.definitionHash !== row.definition_hash || row.described_hash === null) return { settled: 'changed', described };
    await noteRestored(deps, row, before, described, transaction);
    return { settled: 'restored', described };
  }
  if (before.paused === paused) return { settled: 'same', described: before };
  if (paused) {
    await decideInstants(deps, row, before, now, transaction);
    // What passed before the pause is none of it.
    Object.assign(row, { temporal_counters: { ...row.temporal_counters, described_at: now.toISOString() } });
  }
  const described = await schedules.setPaused(row.temporal_schedule_id, paused, note);
  return { settled: paused ? 'paused' : 'resumed', described };
};

/** Nothing will fire any more, and all that was planned is decided. */
const hasEnded = async ({ schedules }: ScheduleDeps, row: ScheduleRow, described: DescribedSchedule, now: Date): Promise<boolean> => {
  if (described.bufferSize > 0) return false;
  if (described.remaining === 0) return true;
  if (described.next.some((at) => at > now)) return false;
  const later = await schedules.instants(
    { id: row.temporal_schedule_id, timezone: row.timezone },
    now,
    new Date(now.getTime() + HORIZON_MS),
    1,
  );
  return later.length === 0;
};

const HORIZON_MS = 100 * 365 * 86_400_000;

const writeRow = async (
  { db }: ScheduleDeps,
  row: ScheduleRow,
  described: DescribedSchedule,
  { now, ended }: { now: Date; ended: boolean },
  transaction: Transaction,
): Promise<void> => {
  const { paused, note } = described;
  const counters = JobSchedulesTemporalCounters.parse({ ...described.counters, described_at: now.toISOString(), paused });
  const next = paused || ended ? undefined : described.next.find((at) => at > now);
  await execute(
    db,
    // Deleted meanwhile with its job, which waits for no lock of schedules: it is still to be removed from Temporal.
    `UPDATE job_schedules SET sync_status = CASE WHEN deleted_at IS NULL THEN 'synced' ELSE 'pending' END, sync_error = NULL, synced_at = now(), described_hash = $2, temporal_counters = $3, next_run_at = $4,
       status = $5, status_note = $6 WHERE id = $1`,
    [
      row.id,
      described.describedHash,
      JSON.stringify(counters),
      next ?? null,
      ended ? 'expired' : paused ? 'paused' : 'active',
      paused && !ended ? (note ?? row.status_note) : null,
    ],
    transaction,
  );
};

const settle = async (deps: ScheduleDeps, row: ScheduleRow, transaction: Transaction): Promise<Settled> => {
  const now = new Date();
  if (row.is_deleted || row.job_is_gone) return remove(deps, row, now, transaction);
  if (row.status === 'expired') {
    await closeDead({ deps, row, now, transaction });
    await execute(deps.db, `UPDATE job_schedules SET sync_status = 'synced', sync_error = NULL WHERE id = $1`, [row.id], transaction);
    return 'expired';
  }
  const wasPaused = row.status === 'paused';
  const { settled, described } = await bring(deps, row, now, transaction);
  if (described.paused !== wasPaused && row.temporal_counters.paused !== undefined) await notePause(deps, row, described, transaction);
  const until = await announceInstants(deps, row, described, now, transaction);
  await decideInstants(deps, { ...row, ledger_until: until.toISOString() }, described, now, transaction);
  const ended = (await hasEnded(deps, row, described, now)) && (await endLedger(deps.db, row.id, { now, reason: undefined }, transaction));
  await writeRow(deps, row, described, { now, ended }, transaction);
  return settled;
};

/**
 * Brings a schedule's row and its Temporal Schedule together, and its ledger up to now: the row wins in what is defined, Temporal in what operators did
 * there (data model, 6.4). May be repeated; two at once wait for each other.
 * @throws what Temporal or the database throws; the row says then why.
 */
export const settleSchedule = async (deps: ScheduleDeps, id: number): Promise<Settled> => {
  try {
    return await withScheduleLock(deps.db, id, async (transaction) => {
      const row = await readScheduleRow(deps.db, id, transaction);
      return row === undefined ? 'gone' : settle(deps, row, transaction);
    });
  } catch (error) {
    if (isLockTimeout(error)) throw error;
    const text = error instanceof Error ? error.message : String(error);
    await execute(
      deps.db,
      // What Temporal was told last it still has.
      `UPDATE job_schedules SET sync_status = CASE WHEN sync_status = 'synced' THEN 'synced' ELSE 'error' END, sync_error = $2 WHERE id = $1`,
      [id, text],
    ).catch(() => undefined);
    throw error;
  }
};
