import type { Sequelize } from 'sequelize';
import type { HoldReason } from '../contracts/enums.ts';
import type { RunControl } from '../contracts/run.ts';
import type { Rollout } from '../contracts/rollout.ts';
import { countOf } from '../domain/rollout.ts';
import { noteRun } from './note-run.ts';
import { selectRow } from './query.ts';
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

/** SQL of a run of which no further branch may begin. */
export const IS_STOPPED = `(status <> 'running' OR coalesce(error_code IN ('ROLLOUT_STOPPED', 'ROLLOUT_REJECTED'), false))`;

/** How a run goes on. Failures that are too many stop it here, once and for all; its row then says so. The root is told of retries, too. */
export const readControl = async (db: Sequelize, execution: string): Promise<RunControl> => {
  const row = await selectRow<SteeredRow>(
    db,
    `SELECT id, max_concurrent_targets AS window, hold_reason AS hold, ceil(extract(epoch FROM resumes_at - clock_timestamp()) * 1000)::float8 AS resumes_in_ms,
       rollout, total_branches AS total, ${IS_STOPPED} AS stopped
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
