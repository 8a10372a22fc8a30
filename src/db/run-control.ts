import type { Sequelize } from 'sequelize';
import type { HoldReason } from '../contracts/enums.ts';
import type { Batch, RunControl } from '../contracts/run.ts';
import type { Rollout } from '../contracts/rollout.ts';
import { countOf } from '../domain/rollout.ts';
import { noteRun } from './note-run.ts';
import { execute, selectRow } from './query.ts';
import { loadRetries } from './retry-branches.ts';

interface SteeredRow {
  id: number;
  window: number;
  hold: HoldReason | null;
  resumes_in_ms: number | null;
  rollout: Rollout;
  total: number;
  stopped: boolean;
}

const LEAST_WAIT_MS = 100;

/** How a run goes on. Failures that are too many stop it here, once and for all; its row then says so. The root is told of retries, too. */
export const readControl = async (db: Sequelize, execution: string): Promise<RunControl> => {
  const row = await selectRow<SteeredRow>(
    db,
    `SELECT id, max_concurrent_targets AS window, hold_reason AS hold, ceil(extract(epoch FROM resumes_at - clock_timestamp()) * 1000)::float8 AS resumes_in_ms,
       rollout, total_branches AS total, status <> 'running' OR coalesce(error_code IN ('ROLLOUT_STOPPED', 'ROLLOUT_REJECTED'), false) AS stopped
     FROM job_executions WHERE execution_serial = $1`,
    [execution],
  );
  if (row === undefined) return { window: 1, isStopped: true };
  const isStopped = row.stopped || (await stopByFailures(db, row));
  const retries = isStopped ? [] : await loadRetries(db, row.id);
  return {
    window: row.window,
    ...(row.hold !== null && { hold: row.hold }),
    ...(row.resumes_in_ms !== null && { resumesInMs: Math.max(LEAST_WAIT_MS, row.resumes_in_ms) }),
    ...(isStopped && { isStopped }),
    ...(row.rollout.stop_after_failures !== undefined && { stopsOnFailures: true }),
    ...(retries.length > 0 && { retries }),
  };
};

const stopByFailures = async (db: Sequelize, { id, rollout, total }: SteeredRow): Promise<boolean> => {
  if (rollout.stop_after_failures === undefined || total === 0) return false;
  const limit = countOf(rollout.stop_after_failures, total);
  const failed = await selectRow<{ count: number }>(
    db,
    // What was not run has not failed.
    `SELECT count(*)::int AS count FROM job_execution_branches WHERE job_execution_id = $1 AND status = 'failed' AND failure_category <> 'not_started'`,
    [id],
  );
  const count = failed?.count ?? 0;
  if (count < limit) return false;
  const message = `Stopped: ${count} of ${total} targets failed, and the rollout allows no more than ${limit - 1}.`;
  const stopped = await selectRow(
    db,
    `UPDATE job_executions SET failure_category = 'command_execution', error_code = 'ROLLOUT_STOPPED', error_message = $2
     WHERE id = $1 AND status = 'running' AND (error_code IS NULL OR error_code = 'SHARD_STOPPED') RETURNING id`,
    [id, message],
  );
  if (stopped !== undefined) await noteRun(db, id, message, 'error');
  return true;
};

/** `over`: no batch is left. `open`: it may begin. `held`: it waits now. `paused`: a person holds the run, ask again after that. */
export type Gate = 'over' | 'open' | 'held' | 'paused';

/** The run stands between two batches: holds it as its rollout says. */
export const enterGate = async (db: Sequelize, execution: string, after: number): Promise<Gate> => {
  const batch = await nextBatch(db, execution, after);
  if (batch === undefined) return 'over';
  const row = await selectRow<{ id: number; rollout: Rollout; paused: boolean }>(
    db,
    'SELECT id, rollout, paused_at IS NOT NULL AS paused FROM job_executions WHERE execution_serial = $1',
    [execution],
  );
  const between = row?.rollout.between_batches;
  if (row === undefined || row.paused) return 'paused';
  if (between === undefined) return 'open';
  const seconds = 'seconds' in between ? between.seconds : null;
  const held = await selectRow(
    db,
    `UPDATE job_executions SET paused_at = now(), hold_reason = CASE WHEN $2::int IS NULL THEN 'approval' ELSE 'delay' END,
       resumes_at = now() + make_interval(secs => $2::int) WHERE id = $1 AND status = 'running' AND paused_at IS NULL RETURNING id`,
    [row.id, seconds],
  );
  if (held === undefined) return 'paused';
  await noteRun(db, row.id, `Batch ${batch.number} waits ${seconds === null ? 'for an approval' : `${seconds} s`}.`, 'info');
  return 'held';
};

/** The time between two batches is over. */
export const leaveGate = (db: Sequelize, execution: string): Promise<void> =>
  execute(
    db,
    `UPDATE job_executions SET paused_at = NULL, hold_reason = NULL, resumes_at = NULL
     WHERE execution_serial = $1 AND hold_reason = 'delay' AND resumes_at <= now()`,
    [execution],
  );

/** The branches that follow branch number `after`, up to the end of their batch. */
export const nextBatch = (db: Sequelize, execution: string, after: number): Promise<Batch | undefined> =>
  selectRow<Batch>(
    db,
    `WITH run AS (SELECT id FROM job_executions WHERE execution_serial = $1),
     next AS (SELECT b.branch_number, b.batch_number FROM run JOIN job_execution_branches b ON b.job_execution_id = run.id
       WHERE b.branch_number > $2 ORDER BY b.branch_number LIMIT 1)
     SELECT next.batch_number AS number, next.branch_number AS "from", max(b.branch_number) AS "to"
     FROM next, run JOIN job_execution_branches b ON b.job_execution_id = run.id
     WHERE b.branch_number >= next.branch_number AND b.batch_number = next.batch_number GROUP BY 1, 2`,
    [execution, after],
  );
