import type { Transaction } from 'sequelize';
import { selectRows } from '../../../db/query.ts';
import type { OverlapPolicy } from '../../../contracts/enums.ts';
import { decideBackfilled, decideInstant } from '../../../domain/schedules/decide-instant.ts';
import type { ScheduleFacts, Verdict } from '../../../domain/schedules/decide-instant.ts';
import { iso } from '../../iso.ts';
import type { ScheduleDeps } from '../schedule-deps.ts';
import type { ScheduleRow } from '../schedule-row.ts';
import type { DescribedSchedule } from '../temporal-schedules.ts';
import { claimInstant } from './claim.ts';
import { closeFiringOfRun, failFiring, skipFiring } from '../../../db/schedules/close-firing.ts';

/** Before that a start may only be late. */
const GRACE_MS = 120_000;
const JUST_ENDED_MS = 60_000;
const NOT_STARTED = 'Temporal did not start it: no cause is known. Its UI shows the schedule; `schedules backfill` starts the instant now.';
const NO_RUN = 'Its workflow ended in Temporal before it had started a run.';

/** What came before this, and says nothing, is decided. */
const decidedUntil = ({ decideAfterMs = GRACE_MS }: ScheduleDeps, now: Date): Date => new Date(now.getTime() - decideAfterMs);

interface LedgerRow {
  id: number;
  at: string;
  status: string;
  skip_reason: string | null;
  firing_type: string;
  workflow_id: string | null;
  started_at: string | null;
  completed_at: string | null;
  /** Of a backfill. */
  overlap: OverlapPolicy | null;
}

interface Look {
  deps: ScheduleDeps;
  row: ScheduleRow;
  described: DescribedSchedule;
  now: Date;
  transaction: Transaction;
}

type DeadLook = Pick<Look, 'deps' | 'now' | 'transaction'> & { row: Pick<ScheduleRow, 'id'> };

/** Firings whose workflow is gone: it was terminated, or its history is lost. What has a run ends with that. */
export const closeDead = async ({ deps, row, now, transaction }: DeadLook): Promise<void> => {
  const rows = await selectRows<{ id: number; workflow_id: string; run: number | null }>(
    deps.db,
    `SELECT f.id, f.workflow_id, e.id AS run FROM schedule_executions f LEFT JOIN job_executions e ON e.id = f.job_execution_id
     WHERE f.job_schedule_id = $1 AND f.status = 'running' AND f.updated_at < $2 AND (e.id IS NULL OR e.completed_at IS NOT NULL)`,
    [row.id, decidedUntil(deps, now)],
    transaction,
  );
  for (const { id, workflow_id: workflowId, run } of rows) {
    if (run !== null) await closeFiringOfRun(deps.db, run, transaction);
    else if ((await deps.describeWorkflow(workflowId)) !== 'running') await failFiring(deps.db, id, NO_RUN, transaction);
  }
};

/** As many starts as a look tells. */
const RECENT = 10;

/** More was started since the last look than this one tells, or there was none. */
const hasMissed = ({ row: { temporal_counters: before }, described: { counters } }: Look): boolean =>
  before.taken === undefined || counters.taken < before.taken || counters.taken - before.taken > RECENT;

/** Clocks of Temporal and of workers are not further apart. */
const SKEW_MS = 3_600_000;

/** Temporal tells the last ten starts, however old: those from before the last look were claimed then, and their rows may be purged. */
const startedSince = ({ row, described }: Look): DescribedSchedule['recent'] => {
  const { described_at: last } = row.temporal_counters;
  return last === undefined
    ? described.recent
    : described.recent.filter(({ startedAt }) => startedAt.getTime() > Date.parse(last) - SKEW_MS);
};

/** Starts that no worker has taken yet. */
const claimStarts = async (look: Look, starts: readonly DescribedSchedule['recent'][number][]): Promise<void> => {
  const { deps, row, transaction } = look;
  const known = await selectRows<{ workflow_id: string }>(
    deps.db,
    'SELECT workflow_id FROM schedule_executions WHERE workflow_id = ANY($1::text[])',
    [starts.map(({ workflowId }) => workflowId)],
    transaction,
  );
  const seen = new Set(known.map(({ workflow_id: id }) => id));
  for (const start of starts) if (!seen.has(start.workflowId)) await claimStart(deps, row, start, transaction);
};

const claimStart = async (
  deps: ScheduleDeps,
  row: ScheduleRow,
  { workflowId, runId, startedAt, scheduledAt }: DescribedSchedule['recent'][number],
  transaction: Transaction,
): Promise<void> => {
  const nominal = new Date(/(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)$/.exec(workflowId)?.[1] ?? scheduledAt);
  await claimInstant(deps, row, { workflowId, runId, nominal, startedAt }, transaction);
};

/** So many starts before the oldest instant that is to be decided are looked at for one that went on at it. */
const STARTS_BEFORE = 100;

/** Runs that a person asked for here are none of the schedule's in Temporal; those that somebody triggered there are. */
const openRows = ({ deps, row, now, transaction }: Look): Promise<LedgerRow[]> =>
  selectRows<LedgerRow>(
    deps.db,
    `WITH due AS MATERIALIZED (
       SELECT min(scheduled_at) AS oldest FROM schedule_executions WHERE job_schedule_id = $1 AND status = 'scheduled' AND firing_type <> 'run_now' AND scheduled_at <= $2),
     looked AS (
       SELECT f.* FROM due JOIN schedule_executions f ON f.job_schedule_id = $1 AND f.scheduled_at >= due.oldest AND f.scheduled_at <= $2
       UNION ALL SELECT f.* FROM due CROSS JOIN LATERAL (SELECT * FROM schedule_executions r
         WHERE r.job_schedule_id = $1 AND r.workflow_id IS NOT NULL AND r.scheduled_at < due.oldest ORDER BY r.scheduled_at DESC LIMIT ${STARTS_BEFORE}) f)
     SELECT f.id, ${iso('f.scheduled_at')} AS at, f.status, f.skip_reason, f.firing_type, f.workflow_id, ${iso('f.started_at')} AS started_at, ${iso('f.completed_at')} AS completed_at,
       f.execution_context->>'overlap_policy' AS overlap FROM looked f WHERE f.firing_type <> 'run_now' OR f.workflow_id NOT LIKE '%/now/%' ORDER BY f.scheduled_at`,
    [row.id, now],
    transaction,
  );

const time = (text: string | null): number => (text === null ? Number.NaN : Date.parse(text));

const lastStart = async ({ deps, row, transaction }: Look): Promise<number> => {
  const [last] = await selectRows<{ at: string | null }>(
    deps.db,
    `SELECT ${iso('max(scheduled_at)')} AS at FROM schedule_executions WHERE job_schedule_id = $1 AND workflow_id IS NOT NULL AND firing_type = 'planned'`,
    [row.id],
    transaction,
  );
  return last?.at === null || last === undefined ? -Infinity : Date.parse(last.at);
};

const factsOf = ({ row, described, now }: Look, lastStarted: number): ScheduleFacts => ({
  now: now.getTime(),
  createdAt: described.createdAt.getTime(),
  remaining: described.remaining,
  bufferSize: described.bufferSize,
  firstUnprocessed: described.next[0]?.getTime(),
  paused: described.paused,
  catchupWindowMs: row.catchup_window_seconds * 1_000,
  overlap: row.overlap_policy,
  lastStarted,
});

const verdictOf = (schedule: ScheduleFacts, rows: readonly LedgerRow[], row: LedgerRow): Verdict => {
  const at = time(row.at);
  if (row.firing_type === 'backfill') return decideBackfilled(schedule, row.overlap ?? undefined);
  const later = rows.filter((other) => time(other.at) > at);
  const next = later.find((other) => other.workflow_id !== null);
  const before = rows.filter((other) => other.workflow_id !== null && time(other.at) < at);
  return decideInstant(schedule, {
    at,
    runWasOpen: before.some(({ completed_at: end }) => !(time(end) < at)),
    runHadJustEnded: before.some(({ completed_at: end }) => at - time(end) < JUST_ENDED_MS),
    nextStart: next === undefined ? undefined : time(next.started_at),
    pausedBefore: later.some((other) => other.skip_reason === 'paused' && (next === undefined || time(other.at) < time(next.at))),
  });
};

const write = async ({ deps, transaction }: Look, row: LedgerRow, verdict: Verdict): Promise<void> => {
  if (verdict === 'wait') return;
  if (verdict === 'failed') await failFiring(deps.db, row.id, NOT_STARTED, transaction);
  else await skipFiring(deps.db, row.id, verdict, null, transaction);
};

/** Passed between two looks of which one saw a pause. */
const pausedRows = ({ row, described }: Look, rows: readonly LedgerRow[]): LedgerRow[] => {
  const { described_at: last, paused: wasPaused } = row.temporal_counters;
  if (last === undefined || !(wasPaused === true || described.paused)) return [];
  return rows.filter(({ at, status, firing_type: type }) => status === 'scheduled' && type === 'planned' && time(at) > Date.parse(last));
};

/**
 * Says of each planned instant that has passed and has no run why it has none, once nothing can start it any more. Under the lock of the schedule.
 * The order of the causes, and where it can err: temporal guide, "the ledger".
 */
export const decideInstants = async (
  deps: ScheduleDeps,
  row: ScheduleRow,
  described: DescribedSchedule,
  now: Date,
  transaction: Transaction,
): Promise<void> => {
  const look: Look = { deps, row, described, now, transaction };
  await closeDead(look);
  await claimStarts(look, startedSince(look));
  let rows = await openRows(look);
  const isOld = ({ status, at }: LedgerRow): boolean => status === 'scheduled' && time(at) <= decidedUntil(deps, now).getTime();
  const oldest = rows.find((open) => isOld(open));
  if (oldest !== undefined && hasMissed(look)) {
    const since = new Date(time(oldest.at) - row.jitter_seconds * 1_000);
    await claimStarts(look, await deps.schedules.starts(row.temporal_schedule_id, since));
    rows = await openRows(look);
  }
  for (const paused of pausedRows(look, rows)) {
    await skipFiring(deps.db, paused.id, 'paused', null, transaction);
    Object.assign(paused, { status: 'skipped', skip_reason: 'paused' });
  }
  const facts = factsOf(look, await lastStart(look));
  for (const open of rows.filter(isOld)) await write(look, open, verdictOf(facts, rows, open));
};
