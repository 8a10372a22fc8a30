import type { Sequelize, Transaction } from 'sequelize';
import { JobExecutionsRollout, JobExecutionsTargetSelection, JobExecutionsVariables } from '../../contracts/json/jobs.ts';
import type { ExecutionTrigger } from '../../contracts/enums.ts';
import { execute, selectRow, selectRows } from '../../db/query.ts';
import { recordAudits } from '../../db/record-audit.ts';
import type { Actor } from '../../db/record-audit.ts';
import { sqlStateOf } from '../../db/sql-state.ts';
import { childSerial, jobWorkflowId } from '../../domain/serials.ts';
import type { ServiceDeps } from '../context.ts';
import { createTogether } from '../together.ts';
import type { Together } from '../together.ts';

/** A run that was checked and lacks only its number. */
export interface CheckedRun {
  /** Of the job, as it was checked. */
  version: number;
  /** Of whoever asks, so that a repeat meets the same run. */
  idempotencyKey: string | null;
  executionUuid: string;
  triggerType: ExecutionTrigger;
  userId: number;
  variables: Record<string, unknown>;
  targetSelection: Record<string, unknown>;
  rollout: Record<string, unknown>;
  maxConcurrentTargets: number;
  actor: Actor;
  /** For the audit event. */
  details: Record<string, unknown>;
}

/** Serial of the run; or what came between check and start: the job was deleted, or has another version now; or what the database has against it. */
export type Accepted = { serial: string } | 'gone' | 'changed' | { error: unknown };

/** A statement stays small. */
const MOST_AT_ONCE = 100;
/** Values that do not fit, and constraints: the fault of one run, not of those that came with it. */
const FAULT_OF_ONE = /^2[23]/;

type AcceptDeps = Pick<ServiceDeps, 'db' | 'keyRing'>;

interface LockedJob {
  job_serial: string;
  definition_version: number;
  last_execution_number: number;
}

// The lock makes numbers gapless and lets a repeated key see the run that it made.
const LOCK = `SELECT job_serial, definition_version, last_execution_number FROM jobs WHERE id = $1 AND deleted_at IS NULL AND NOT is_template FOR UPDATE`;

const KNOWN = `SELECT idempotency_key AS key, execution_serial AS serial FROM job_executions WHERE job_id = $1 AND idempotency_key = ANY($2::text[])`;

const INSERT = `
INSERT INTO job_executions (execution_uuid, job_id, execution_serial, execution_number, definition_version, trigger_type, triggered_by, variables,
  target_selection, rollout, max_concurrent_targets, workflow_id, idempotency_key, scheduled_at)
SELECT execution_uuid, $1, execution_serial, execution_number, definition_version, trigger_type, triggered_by, variables, target_selection, rollout,
  max_concurrent_targets, workflow_id, idempotency_key, now()
FROM jsonb_to_recordset($2::jsonb) AS given (execution_uuid uuid, execution_serial text, execution_number integer, definition_version integer,
  trigger_type text, triggered_by bigint, variables jsonb, target_selection jsonb, rollout jsonb, max_concurrent_targets smallint, workflow_id text,
  idempotency_key text) ORDER BY execution_number`;

const rowOf = (run: CheckedRun, serial: string, number: number): Record<string, unknown> => ({
  execution_uuid: run.executionUuid,
  execution_serial: serial,
  execution_number: number,
  definition_version: run.version,
  trigger_type: run.triggerType,
  triggered_by: run.userId,
  variables: JobExecutionsVariables.parse(run.variables),
  target_selection: JobExecutionsTargetSelection.parse(run.targetSelection),
  rollout: JobExecutionsRollout.parse(run.rollout),
  max_concurrent_targets: run.maxConcurrentTargets,
  workflow_id: jobWorkflowId(serial),
  idempotency_key: run.idempotencyKey,
});

const knownRuns = async (
  db: Sequelize,
  jobId: number,
  runs: readonly CheckedRun[],
  transaction: Transaction,
): Promise<Map<string, string>> => {
  const keys = runs.map(({ idempotencyKey }) => idempotencyKey).filter((key) => key !== null);
  if (keys.length === 0) return new Map();
  const rows = await selectRows<{ key: string; serial: string }>(db, KNOWN, [jobId, keys], transaction);
  return new Map(rows.map(({ key, serial }) => [key, serial]));
};

const insert = async (
  { db, keyRing }: AcceptDeps,
  jobId: number,
  runs: readonly { run: CheckedRun; serial: string; number: number }[],
  transaction: Transaction,
): Promise<void> => {
  const last = runs.at(-1);
  if (last === undefined) return;
  await execute(db, 'UPDATE jobs SET last_execution_number = $2 WHERE id = $1', [jobId, last.number], transaction);
  const rows = runs.map(({ run, serial, number }) => rowOf(run, serial, number));
  await execute(db, INSERT, [jobId, JSON.stringify(rows)], transaction);
  const event = { eventType: 'job_executed', action: 'start_execution', resourceType: 'job_executions' } as const;
  const events = runs.map(({ run: { actor, details }, serial }) => ({ ...event, actor, resourceId: serial, details }));
  await recordAudits(db, keyRing.auditKey, events, transaction);
};

const acceptInOneGo = (deps: AcceptDeps, jobId: number, runs: readonly CheckedRun[]): Promise<Accepted[]> =>
  deps.db.transaction(async (transaction) => {
    const job = await selectRow<LockedJob>(deps.db, LOCK, [jobId], transaction);
    if (job === undefined) return runs.map((): Accepted => 'gone');
    const known = await knownRuns(deps.db, jobId, runs, transaction);
    const inserted: { run: CheckedRun; serial: string; number: number }[] = [];
    const accepted = runs.map((run): Accepted => {
      const { idempotencyKey: key } = run;
      const serial = key === null ? undefined : known.get(key);
      if (serial !== undefined) return { serial };
      if (run.version !== job.definition_version) return 'changed';
      const number = job.last_execution_number + inserted.length + 1;
      const own = childSerial(job.job_serial, number);
      inserted.push({ run, serial: own, number });
      if (key !== null) known.set(key, own);
      return { serial: own };
    });
    await insert(deps, jobId, inserted, transaction);
    return accepted;
  });

/** None of those that came together with a run suffers from it. */
const acceptAll = async (deps: AcceptDeps, jobId: number, runs: readonly CheckedRun[]): Promise<Accepted[]> => {
  try {
    return await acceptInOneGo(deps, jobId, runs);
  } catch (error) {
    if (!FAULT_OF_ONE.test(sqlStateOf(error) ?? '')) throw error;
    if (runs.length === 1) return [{ error }];
    const accepted: Accepted[] = [];
    for (const run of runs) accepted.push(...(await acceptAll(deps, jobId, [run]).catch((failure: unknown) => [{ error: failure }])));
    return accepted;
  }
};

const togetherOf = new WeakMap<Sequelize, Together<CheckedRun, Accepted>>();

/**
 * Numbers a run and writes its row and its audit event. Runs of one job that come at once are written in one transaction: each on its own would wait for
 * the row of the job until the ones before it are on disk.
 */
export const acceptRun = (deps: AcceptDeps, jobId: number, run: CheckedRun): Promise<Accepted> => {
  const known = togetherOf.get(deps.db);
  const together = known ?? createTogether<CheckedRun, Accepted>((id, runs) => acceptAll(deps, id, runs), MOST_AT_ONCE);
  if (known === undefined) togetherOf.set(deps.db, together);
  return together(jobId, run);
};
