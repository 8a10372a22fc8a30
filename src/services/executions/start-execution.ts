import { randomUUID } from 'node:crypto';
import type { Transaction } from 'sequelize';
import type { JobSettings, StartExecution } from '../../contracts/job.ts';
import type { Execution } from '../../contracts/execution.ts';
import { JobExecutionModel } from '../../db/models/jobs/job-executions.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { sealValue } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { childSerial, jobWorkflowId } from '../../domain/serials.ts';
import { variableText } from '../../domain/template/value.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertNoMaintenance } from '../settings/maintenance.ts';
import { checkNamedTargets } from '../jobs/check-capabilities.ts';
import { checkValues } from './check-values.ts';
import { readExecution } from './read-executions.ts';
import { selectTargets } from './select-targets.ts';
import { valuesOfRun } from './values-of-run.ts';

interface JobHead {
  id: number;
  job_serial: string;
  definition_version: number;
  variables: StoredVariable[];
  settings: JobSettings;
  target_selector: string | null;
  is_template: boolean;
}

/**
 * Accepts a run: its row is committed, and is its own outbox; its workflow is started behind the answer. Temporal away? Accepted all the same, the
 * reconciler starts it. The same idempotency key meets the same run for ever.
 * @throws OpsError NOT_FOUND, VALIDATION, NO_TARGETS, TARGET_NOT_ACTIVE, VARIABLE_MISSING, MAINTENANCE; nothing is written then.
 */
export const startExecution = async (
  deps: ServiceDeps,
  caller: Caller,
  jobSerial: string,
  input: StartExecution,
  idempotencyKey: string | undefined,
): Promise<Execution> => {
  authorize(caller, 'jobs.execute');
  const { db } = deps;
  // Before the transaction: with every connection of the pool waiting for the job's row, the settings would wait for one of them.
  const settings = await deps.readSettings();
  assertNoMaintenance(settings);
  const { max_concurrent_targets: defaultWindow } = settings;
  const serial = await db.transaction((transaction) =>
    insertExecution(deps, caller, jobSerial, input, { idempotencyKey, defaultWindow, transaction }),
  );
  deps.notifyRun(serial);
  const execution = await readExecution(db, serial);
  if (execution.status === 'scheduled' && execution.run_id === null) {
    deps.startSoon(execution.workflow_id, serial, execution.trigger_type);
    deps.notifyRun(serial);
  }
  return execution;
};

const insertExecution = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  jobSerial: string,
  input: StartExecution,
  { idempotencyKey, defaultWindow, transaction }: { idempotencyKey: string | undefined; defaultWindow: number; transaction: Transaction },
): Promise<string> => {
  // The lock makes numbers gapless and lets a repeated key see the run that it made.
  const job = await selectRow<JobHead>(
    db,
    `SELECT id, job_serial, definition_version, variables, settings, target_selector, is_template FROM jobs WHERE job_serial = $1 AND deleted_at IS NULL FOR UPDATE`,
    [jobSerial],
    transaction,
  );
  if (job === undefined || job.is_template) throw new OpsError('NOT_FOUND', `There is no job ${jobSerial} that can run.`);
  const key = idempotencyKey === undefined ? null : `${caller.userUuid}/${idempotencyKey}`;
  const known = key === null ? null : await JobExecutionModel.findOne({ where: { jobId: job.id, idempotencyKey: key }, transaction });
  if (known !== null) return known.executionSerial;

  const executionUuid = randomUUID();
  const targetSelection = await selectTargets(db, job, input, transaction);
  await checkNamedTargets(db, job, targetSelection.target_uuids, transaction);
  const variables = sealSecrets(keyRing, executionUuid, job.variables, valuesOfRun(job.variables, input.variables ?? {}));
  await checkValues(db, job, variables, transaction);
  const numbered = await selectRow<{ number: number }>(
    db,
    'UPDATE jobs SET last_execution_number = last_execution_number + 1 WHERE id = $1 RETURNING last_execution_number AS number',
    [job.id],
    transaction,
  );
  const executionNumber = numbered?.number ?? 1;
  const executionSerial = childSerial(job.job_serial, executionNumber);
  await JobExecutionModel.create(
    {
      executionUuid,
      jobId: job.id,
      executionSerial,
      executionNumber,
      definitionVersion: job.definition_version,
      triggerType: caller.actor.type === 'api_token' ? 'api' : 'manual',
      triggeredBy: caller.userId,
      variables,
      targetSelection,
      rollout: input.rollout ?? job.settings.rollout ?? {},
      maxConcurrentTargets: input.max_concurrent_targets ?? job.settings.max_concurrent_targets ?? defaultWindow,
      workflowId: jobWorkflowId(executionSerial),
      idempotencyKey: key,
      scheduledAt: new Date(),
    },
    { transaction },
  );
  const event = { eventType: 'job_executed', action: 'start_execution', actor: caller.actor, resourceType: 'job_executions' } as const;
  const selectors = {
    ...(input.selector !== undefined && { selector: input.selector }),
    ...(job.target_selector !== null && { job_selector: job.target_selector }),
  };
  const details = {
    job: job.job_serial,
    targets: input.targets?.length ?? 'all',
    ...selectors,
    variables: Object.keys(input.variables ?? {}),
  };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: executionSerial, details }, transaction);
  return executionSerial;
};

const sealSecrets = (
  keyRing: KeyRing,
  executionUuid: string,
  declared: readonly StoredVariable[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const secrets = new Set(declared.flatMap(({ key, is_secret: isSecret }) => (isSecret ? [key] : [])));
  const stored = Object.entries(values).map(([key, value]) => {
    const place = { table: 'job_executions', uuid: executionUuid, column: `variables.${key}` };
    return [key, secrets.has(key) ? sealValue(keyRing, variableText(value), place) : value] as const;
  });
  return Object.fromEntries(stored);
};
