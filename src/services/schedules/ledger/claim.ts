import type { Transaction } from 'sequelize';
import type { FiringType, ScheduleExecutionStatus } from '../../../contracts/enums.ts';
import { selectRow } from '../../../db/query.ts';
import { iso } from '../../iso.ts';
import type { ScheduleDeps } from '../schedule-deps.ts';
import type { ScheduleRow } from '../schedule-row.ts';

/** A workflow that Temporal started for a schedule. */
export interface Start {
  workflowId: string;
  runId: string;
  /** Before jitter, as Temporal tells the workflow; of a trigger its request. */
  nominal: Date;
  startedAt: Date;
}

/** A row of the ledger that a workflow has. */
export interface ClaimedRow {
  id: number;
  scheduled_at: string;
  firing_type: FiringType;
  status: ScheduleExecutionStatus;
  run_id: string | null;
  /** Of the run that was started. */
  job_execution_id: number | null;
  started_at: string;
  /** It started a run once, which may be purged. */
  had_run: boolean;
  /** It was claimed just now. */
  isNew: boolean;
}

const COLUMNS = `id, ${iso('scheduled_at')} AS scheduled_at, firing_type, status, run_id, job_execution_id, ${iso('started_at')} AS started_at,
  job_execution_id IS NOT NULL OR result_summary IS NOT NULL AS had_run`;
const TAKE = `workflow_id = $2, run_id = $3, status = 'running', started_at = $4, skip_reason = NULL, completed_at = NULL, error_message = NULL`;

const known = (deps: ScheduleDeps, workflowId: string, transaction: Transaction) =>
  selectRow<Omit<ClaimedRow, 'isNew'>>(
    deps.db,
    `SELECT ${COLUMNS} FROM schedule_executions WHERE workflow_id = $1 FOR UPDATE`,
    [workflowId],
    transaction,
  );

/** The earliest planned instant that may be the one of this nominal time, whatever it was taken for: a start wins over skipped and failed. */
const takePlanned = (deps: ScheduleDeps, row: ScheduleRow, { workflowId, runId, nominal, startedAt }: Start, transaction: Transaction) =>
  selectRow<Omit<ClaimedRow, 'isNew'>>(
    deps.db,
    `UPDATE schedule_executions SET ${TAKE} WHERE id = (
       SELECT id FROM schedule_executions WHERE job_schedule_id = $1 AND workflow_id IS NULL AND firing_type <> 'run_now'
         AND scheduled_at >= $5 AND scheduled_at <= $5::timestamptz + make_interval(secs => $6) ORDER BY scheduled_at LIMIT 1) RETURNING ${COLUMNS}`,
    [row.id, workflowId, runId, startedAt, nominal, row.jitter_seconds],
    transaction,
  );

/** The one that a person asked for, or that was started before and had no run. */
const takeOwn = (deps: ScheduleDeps, id: number, { workflowId, runId, startedAt }: Start, transaction: Transaction) =>
  selectRow<Omit<ClaimedRow, 'isNew'>>(
    deps.db,
    `UPDATE schedule_executions SET ${TAKE} WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, workflowId, runId, startedAt],
    transaction,
  );

const insert = (
  deps: ScheduleDeps,
  row: ScheduleRow,
  { workflowId, runId, startedAt }: Start,
  { at, type }: { at: Date; type: 'planned' | 'run_now' },
  transaction: Transaction,
) =>
  selectRow<Omit<ClaimedRow, 'isNew'>>(
    deps.db,
    `INSERT INTO schedule_executions (job_schedule_id, workflow_id, run_id, started_at, scheduled_at, firing_type, status) VALUES ($1, $2, $3, $4, $5, $6, 'running')
     ON CONFLICT (job_schedule_id, scheduled_at) DO NOTHING RETURNING ${COLUMNS}`,
    [row.id, workflowId, runId, startedAt, at, type],
    transaction,
  );

const announcedFor = async ({ schedules }: ScheduleDeps, row: ScheduleRow, nominal: Date): Promise<Date | undefined> => {
  const to = new Date(nominal.getTime() + row.jitter_seconds * 1_000);
  const [first] = await schedules.instants(
    { id: row.temporal_schedule_id, timezone: row.timezone },
    new Date(nominal.getTime() - 1_000),
    to,
    1,
  );
  return first;
};

const create = async (deps: ScheduleDeps, row: ScheduleRow, start: Start, transaction: Transaction) => {
  const announced = row.is_deleted ? undefined : await announcedFor(deps, row, start.nominal);
  const planned = announced === undefined ? undefined : await insert(deps, row, start, { at: announced, type: 'planned' }, transaction);
  // Nothing is planned for then: somebody triggered it in Temporal.
  return planned ?? insert(deps, row, start, { at: start.startedAt, type: 'run_now' }, transaction);
};

const noteCount = async (
  deps: ScheduleDeps,
  row: ScheduleRow,
  claimed: Omit<ClaimedRow, 'isNew'>,
  isCounted: boolean,
  transaction: Transaction,
) =>
  selectRow(
    deps.db,
    `UPDATE job_schedules SET last_run_at = greatest(last_run_at, $2), execution_count = execution_count + $3, next_run_at = CASE WHEN status = 'active' THEN
       (SELECT min(scheduled_at) FROM schedule_executions WHERE job_schedule_id = $1 AND status = 'scheduled' AND firing_type = 'planned' AND scheduled_at > now()) END
     WHERE id = $1 RETURNING id`,
    [row.id, claimed.scheduled_at, claimed.firing_type === 'planned' && !isCounted ? 1 : 0],
    transaction,
  );

/**
 * The row of a start, claimed for it: its own from before, else the planned one, else a new one. Under the lock of the schedule. One that was started
 * before and had no run (a blackout, maintenance) belongs to a backfill that starts it again; two workflows of one instant are never at work together.
 * @returns undefined when the instant belongs to another run: this start is one too many
 */
export const claimInstant = async (
  deps: ScheduleDeps,
  row: ScheduleRow,
  start: Start,
  transaction: Transaction,
): Promise<ClaimedRow | undefined> => {
  const before = await known(deps, start.workflowId, transaction);
  if (before?.run_id === start.runId) return { ...before, isNew: false };
  const isAgain = before !== undefined && before.run_id !== null;
  if (isAgain && before.had_run) return undefined;
  const claimed =
    (before && (await takeOwn(deps, before.id, start, transaction))) ??
    (await takePlanned(deps, row, start, transaction)) ??
    (await create(deps, row, start, transaction));
  if (claimed === undefined) return undefined;
  await noteCount(deps, row, claimed, isAgain, transaction);
  return { ...claimed, isNew: true };
};
