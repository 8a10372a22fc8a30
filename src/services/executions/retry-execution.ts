import { randomUUID } from 'node:crypto';
import type { Transaction } from 'sequelize';
import type { RetryBranches, SteeredExecution } from '../../contracts/steering.ts';
import { SealedValue } from '../../contracts/sealed-value.ts';
import { markHeldBranches } from '../../db/calendars/hold-branches.ts';
import { JobExecutionModel } from '../../db/models/jobs/job-executions.ts';
import { noteRun } from '../../db/note-run.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { countRetries, queueRetries } from '../../db/retry-branches.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { openValue, sealValue } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { childSerial, jobWorkflowId } from '../../domain/serials.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertNoMaintenance } from '../settings/maintenance.ts';
import { assertMayMoveGates, hasApprovers } from './assert-approver.ts';
import { readExecution } from './read-executions.ts';
import { steerRun } from './steer-run.ts';

/** The run's own workflow runs them: its history has room for so many. */
const MOST_RETRIES = 500;

/**
 * Runs branches again that failed, or were cancelled: in this run while it goes on, from the first action or from the one that failed; or in a new run
 * of the same version, variables and rollout, which is linked to this one.
 * @throws OpsError NOT_FOUND, CONFLICT, MAINTENANCE for a new run, FORBIDDEN for who is no approver and would begin a batch that waits for one, VALIDATION naming branches that cannot be run again; nothing is changed then
 */
export const retryExecution = (deps: ServiceDeps, caller: Caller, serial: string, input: RetryBranches): Promise<SteeredExecution> =>
  input.new_run ? retryInNewRun(deps, caller, serial, input) : retryInSameRun(deps, caller, serial, input);

const retryInSameRun = ({ db, ...deps }: ServiceDeps, caller: Caller, serial: string, input: RetryBranches): Promise<SteeredExecution> =>
  steerRun({ db, ...deps }, caller, serial, {
    permission: 'executions.steer',
    note: input.note,
    async change(run, transaction) {
      const { id } = run;
      const mode = input.from === 'failed_action' ? 'resume' : 'restart';
      const ids = await queueRetries(db, id, input.branches, mode, input.repeat_unknown, transaction);
      assertAll(serial, input, ids.length);
      if (hasApprovers(run.rollout) && (await areAhead(db, ids, transaction))) assertMayMoveGates(caller, run);
      if ((await countRetries(db, id, transaction)) > MOST_RETRIES)
        throw new OpsError('CONFLICT', `One run repeats at most ${MOST_RETRIES} branches. Repeat these in a new run (new_run).`);
      await markHeldBranches(db, id, transaction);
      const details = {
        branches: input.branches ?? 'failed',
        count: ids.length,
        from: input.from,
        ...(input.repeat_unknown && { repeat_unknown: true }),
      };
      return { action: 'retry_branches', text: `${ids.length} branch(es) are run again`, details };
    },
  });

/** Is one of these branches of a batch that has not begun? It was cancelled before its turn, and would begin at once. */
const areAhead = async (db: ServiceDeps['db'], ids: readonly number[], transaction: Transaction): Promise<boolean> =>
  (await selectRow(
    db,
    `SELECT 1 AS found FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id
     WHERE b.id = ANY($1::bigint[]) AND b.branch_number > coalesce(e.begun_to, 0) LIMIT 1`,
    [ids],
    transaction,
  )) !== undefined;

const assertAll = (serial: string, { branches }: RetryBranches, found: number): void => {
  const wanted = new Set(branches).size;
  if (found === 0 && branches === undefined)
    throw new OpsError('CONFLICT', `No branch of ${serial} has failed; there is nothing to run again.`);
  if (branches !== undefined && found < wanted)
    throw new OpsError(
      'CONFLICT',
      `${wanted - found} of the branches have not failed and were not cancelled, or are not of ${serial}. None is run again.`,
    );
};

interface FormerRun {
  id: number;
  job_id: number;
  execution_uuid: string;
  definition_version: number;
  variables: Record<string, unknown>;
  rollout: Record<string, unknown>;
  window: number;
}

interface FormerTarget {
  target_uuid: string;
  target_serial: string;
  is_on: boolean;
}

const serialsOf = (targets: readonly FormerTarget[]): string => {
  const names = targets.slice(0, 20).map((target) => target.target_serial);
  return `${names.join(', ')}${targets.length > names.length ? `, … (${targets.length} in all)` : ''}`;
};

const leftText = (serial: string, left: readonly FormerTarget[]): string =>
  `${left.length} target(s) that failed in ${serial} are left out: they are switched off or deleted (${serialsOf(left)}).`;

/** Those that somebody names must be there; of all that failed, one at least. */
const refuseSwitchedOff = ({ branches }: RetryBranches, on: readonly FormerTarget[], off: readonly FormerTarget[]): void => {
  if (off.length === 0 || (branches === undefined && on.length > 0)) return;
  throw new OpsError(
    'TARGET_NOT_ACTIVE',
    `${off.length} target(s) of the new run are switched off or deleted: ${serialsOf(off)}. Switch them on, or leave them out.`,
  );
};

const retryInNewRun = async (deps: ServiceDeps, caller: Caller, serial: string, input: RetryBranches): Promise<SteeredExecution> => {
  authorize(caller, 'jobs.execute');
  assertNoMaintenance(await deps.readSettings());
  const { db } = deps;
  const next = await db.transaction((transaction) => insertRetry(deps, caller, serial, input, transaction));
  const execution = await readExecution(db, next);
  const acknowledged = await deps.startRun(execution.workflow_id, next, execution.trigger_type).then(
    () => true,
    () => false,
  );
  deps.notifyRun(next);
  return { ...execution, acknowledged };
};

const insertRetry = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  serial: string,
  input: RetryBranches,
  transaction: Transaction,
): Promise<string> => {
  const former = await selectRow<FormerRun>(
    db,
    `SELECT id, job_id, execution_uuid, definition_version, variables, rollout, max_concurrent_targets AS window FROM job_executions WHERE execution_serial = $1`,
    [serial],
    transaction,
  );
  if (former === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${serial}.`);
  const found = await selectRows<FormerTarget>(
    db,
    `SELECT t.target_uuid, t.target_serial, t.is_active AND t.status = 'active' AS is_on FROM job_execution_branches b JOIN universal_targets t ON t.id = b.target_id WHERE b.job_execution_id = $1
       AND CASE WHEN $2::text[] IS NULL THEN b.status = 'failed' ELSE b.status IN ('failed', 'cancelled') AND b.branch_serial = ANY($2::text[]) END`,
    [former.id, input.branches ?? null],
    transaction,
  );
  assertAll(serial, input, found.length);
  const [targets, left] = [found.filter((target) => target.is_on), found.filter((target) => !target.is_on)];
  refuseSwitchedOff(input, targets, left);
  const job = await selectRow<{ job_serial: string; number: number }>(
    db,
    `UPDATE jobs SET last_execution_number = last_execution_number + 1 WHERE id = $1 AND deleted_at IS NULL
     RETURNING job_serial, last_execution_number AS number`,
    [former.job_id],
    transaction,
  );
  if (job === undefined) throw new OpsError('CONFLICT', `The job of ${serial} was deleted; it does not run any more.`);
  const executionSerial = childSerial(job.job_serial, job.number);
  const executionUuid = randomUUID();
  const row = await JobExecutionModel.create(
    {
      executionUuid,
      jobId: former.job_id,
      executionSerial,
      executionNumber: job.number,
      definitionVersion: former.definition_version,
      triggerType: caller.actor.type === 'api_token' ? 'api' : 'manual',
      triggeredBy: caller.userId,
      variables: sealAnew(keyRing, former, executionUuid),
      targetSelection: { target_uuids: targets.map((target) => target.target_uuid) },
      rollout: former.rollout,
      maxConcurrentTargets: former.window,
      workflowId: jobWorkflowId(executionSerial),
      retryOfExecutionId: former.id,
      scheduledAt: new Date(),
    },
    { transaction },
  );
  await noteRun(db, row.id, `Repeats ${targets.length} target(s) of ${serial}, by ${caller.username}.`, 'info', transaction);
  if (left.length > 0) await noteRun(db, row.id, leftText(serial, left), 'warning', transaction);
  const event = { eventType: 'job_executed', action: 'retry_execution', actor: caller.actor, resourceType: 'job_executions' } as const;
  const details = { job: job.job_serial, retry_of: serial, targets: targets.length, ...(input.note !== undefined && { note: input.note }) };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: executionSerial, details }, transaction);
  return executionSerial;
};

/** A sealed value opens in its own row only. */
const sealAnew = (keyRing: KeyRing, { execution_uuid: from, variables }: FormerRun, to: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(variables).map(([key, value]) => {
      const sealed = SealedValue.safeParse(value);
      const place = { table: 'job_executions', column: `variables.${key}` };
      return [
        key,
        sealed.success ? sealValue(keyRing, openValue(keyRing, sealed.data, { ...place, uuid: from }), { ...place, uuid: to }) : value,
      ];
    }),
  );
