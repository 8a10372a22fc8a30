import type { Sequelize, Transaction } from 'sequelize';
import type { HoldReason } from '../contracts/enums.ts';
import type { Batch } from '../contracts/run.ts';
import type { Rollout } from '../contracts/rollout.ts';
import { noteRun } from './note-run.ts';
import { execute, selectRow } from './query.ts';
import { IS_STOPPED } from './run-control.ts';

/** `over`: no batch is left, or none may begin. `open`: it may begin. `held`: it waits now. `paused`: a person or a calendar holds the run, ask again after that. */
export type Gate = 'over' | 'open' | 'held' | 'paused';

interface GateRow {
  id: number;
  rollout: Rollout;
  hold: HoldReason | null;
  gate_after: number | null;
  stopped: boolean;
}

/**
 * The run stands between two batches, behind branch number `after`: holds it as its rollout says. Each gate is entered once: a repeat, after a worker
 * died before it could tell, finds the run held still, or let go meanwhile.
 */
export const enterGate = (db: Sequelize, execution: string, after: number): Promise<Gate> =>
  db.transaction(async (transaction) => {
    const run = await lockRun(db, execution, transaction);
    const batch = await findBatch(db, execution, after, transaction);
    if (run === undefined || run.stopped || batch === undefined) return 'over';
    const isEntered = run.gate_after === after;
    if (run.hold !== null) return (run.hold === 'user' || run.hold === 'blackout') && !isEntered ? 'paused' : 'held';
    const between = run.rollout.between_batches;
    if (between === undefined || isEntered) return 'open';
    const seconds = 'seconds' in between ? between.seconds : null;
    await execute(
      db,
      `UPDATE job_executions SET paused_at = now(), hold_reason = CASE WHEN $2::int IS NULL THEN 'approval' ELSE 'delay' END,
         resumes_at = now() + make_interval(secs => $2::int), gate_until = now() + make_interval(secs => $2::int), gate_after = $3 WHERE id = $1`,
      [run.id, seconds, after],
      transaction,
    );
    await noteRun(db, run.id, `Batch ${batch.number} waits ${seconds === null ? 'for an approval' : `${seconds} s`}.`, 'info', transaction);
    return 'held';
  });

const lockRun = (db: Sequelize, execution: string, transaction: Transaction): Promise<GateRow | undefined> =>
  selectRow<GateRow>(
    db,
    `SELECT id, rollout, hold_reason AS hold, gate_after, ${IS_STOPPED} AS stopped FROM job_executions WHERE execution_serial = $1 FOR UPDATE`,
    [execution],
    transaction,
  );

/** The time between two batches is over. */
export const leaveGate = (db: Sequelize, execution: string): Promise<void> =>
  execute(
    db,
    `UPDATE job_executions SET paused_at = NULL, hold_reason = NULL, resumes_at = NULL, gate_until = NULL
     WHERE execution_serial = $1 AND hold_reason = 'delay' AND resumes_at <= now()`,
    [execution],
  );

/** Begins the batch that follows branch number `after`: from now on nobody divides it anew. A repeat gives the same one. */
export const beginBatch = (db: Sequelize, execution: string, after: number): Promise<Batch | undefined> =>
  db.transaction(async (transaction) => {
    const run = await lockRun(db, execution, transaction);
    const batch = await findBatch(db, execution, after, transaction);
    if (run === undefined || batch === undefined) return undefined;
    await execute(db, 'UPDATE job_executions SET begun_to = greatest(begun_to, $2) WHERE id = $1', [run.id, batch.to], transaction);
    return batch;
  });

/** The branches that follow branch number `after`, up to the end of their batch. */
const findBatch = (db: Sequelize, execution: string, after: number, transaction: Transaction): Promise<Batch | undefined> =>
  selectRow<Batch>(
    db,
    `WITH run AS (SELECT id FROM job_executions WHERE execution_serial = $1),
     next AS (SELECT b.branch_number, b.batch_number FROM run JOIN job_execution_branches b ON b.job_execution_id = run.id
       WHERE b.branch_number > $2 ORDER BY b.branch_number LIMIT 1)
     SELECT next.batch_number AS number, next.branch_number AS "from", max(b.branch_number) AS "to"
     FROM next, run JOIN job_execution_branches b ON b.job_execution_id = run.id
     WHERE b.branch_number >= next.branch_number AND b.batch_number = next.batch_number GROUP BY 1, 2`,
    [execution, after],
    transaction,
  );
