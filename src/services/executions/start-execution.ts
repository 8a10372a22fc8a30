import { randomUUID } from 'node:crypto';
import type { Sequelize, Transaction } from 'sequelize';
import type { JobSettings, StartExecution } from '../../contracts/job.ts';
import type { Execution } from '../../contracts/execution.ts';
import { JobExecutionModel } from '../../db/models/jobs/job-executions.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { sealValue } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { childSerial, jobWorkflowId } from '../../domain/serials.ts';
import { variableText } from '../../domain/template/value.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { valueProblem } from '../jobs/stored-variables.ts';
import { checkValues } from './check-values.ts';
import { readExecution } from './read-executions.ts';

interface JobHead {
  id: number;
  job_serial: string;
  definition_version: number;
  variables: StoredVariable[];
  settings: JobSettings;
  is_template: boolean;
}

interface WantedTarget {
  target_serial: string;
  target_uuid: string;
  status: string;
  in_job: boolean;
}

/**
 * Accepts a run: its row is committed, and is its own outbox; then its workflow is started. Temporal away? Accepted all the same, the reconciler
 * starts it. The same idempotency key meets the same run for ever.
 * @throws OpsError NOT_FOUND, VALIDATION, NO_TARGETS, TARGET_NOT_ACTIVE, VARIABLE_MISSING; nothing is written then.
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
  const { max_concurrent_targets: defaultWindow } = await deps.readSettings();
  const serial = await db.transaction((transaction) =>
    insertExecution(deps, caller, jobSerial, input, { idempotencyKey, defaultWindow, transaction }),
  );
  const execution = await readExecution(db, serial);
  if (execution.status === 'scheduled' && execution.run_id === null) {
    await deps.startRun(execution.workflow_id, serial).catch(() => undefined);
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
    `SELECT id, job_serial, definition_version, variables, settings, is_template FROM jobs WHERE job_serial = $1 AND deleted_at IS NULL FOR UPDATE`,
    [jobSerial],
    transaction,
  );
  if (job === undefined || job.is_template) throw new OpsError('NOT_FOUND', `There is no job ${jobSerial} that can run.`);
  const key = idempotencyKey === undefined ? null : `${caller.userUuid}/${idempotencyKey}`;
  const known = key === null ? null : await JobExecutionModel.findOne({ where: { jobId: job.id, idempotencyKey: key }, transaction });
  if (known !== null) return known.executionSerial;

  const executionUuid = randomUUID();
  const targetSelection = await selectTargets(db, job, input, transaction);
  const variables = overrides(keyRing, executionUuid, job.variables, input.variables ?? {});
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
  const details = { job: job.job_serial, targets: input.targets?.length ?? 'all', variables: Object.keys(input.variables ?? {}) };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: executionSerial, details }, transaction);
  return executionSerial;
};

const selectTargets = async (
  db: Sequelize,
  job: JobHead,
  { targets }: StartExecution,
  transaction: Transaction,
): Promise<Record<string, unknown>> => {
  if (targets === undefined) {
    const listed = await selectRow<{ total: number; active: number }>(
      db,
      `SELECT count(*)::int AS total, count(*) FILTER (WHERE t.status = 'active')::int AS active
       FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active`,
      [job.id],
      transaction,
    );
    if (listed === undefined || listed.total === 0)
      throw new OpsError('NO_TARGETS', `Job ${job.job_serial} has no targets. Add some, or name targets for this run.`);
    if (listed.active === 0)
      throw new OpsError(
        'TARGET_NOT_ACTIVE',
        `None of the ${listed.total} target(s) of job ${job.job_serial} is switched on (status active).`,
      );
    return {};
  }
  const rows = await selectRows<WantedTarget>(
    db,
    `SELECT t.target_serial, t.target_uuid, t.status, EXISTS (SELECT 1 FROM job_targets jt WHERE jt.job_id = $2 AND jt.target_id = t.id) AS in_job
     FROM universal_targets t WHERE t.is_active AND t.target_serial = ANY($1::text[])`,
    [targets, job.id],
    transaction,
  );
  const restricted = await selectRow(
    db,
    'SELECT target_id FROM job_targets WHERE job_id = $1 ORDER BY target_id LIMIT 1',
    [job.id],
    transaction,
  );
  checkTargets(targets, rows, job, restricted !== undefined);
  return { target_uuids: rows.map((row) => row.target_uuid) };
};

const checkTargets = (serials: readonly string[], rows: readonly WantedTarget[], job: JobHead, restricted: boolean): void => {
  const known = new Map(rows.map((row) => [row.target_serial, row]));
  const unknown: FieldProblem[] = [];
  const switchedOff: FieldProblem[] = [];
  serials.forEach((serial, index) => {
    const row = known.get(serial);
    const path = `targets.${index}`;
    if (row === undefined) unknown.push({ path, message: `there is no target ${serial}` });
    else if (restricted && !row.in_job) unknown.push({ path, message: `${serial} is not a target of job ${job.job_serial}` });
    else if (row.status !== 'active') switchedOff.push({ path, message: `${serial} is switched off (status ${row.status})` });
  });
  if (unknown.length > 0)
    throw new OpsError('VALIDATION', `The run names ${unknown.length} target(s) that it cannot use.`, { fields: unknown.slice(0, 20) });
  if (switchedOff.length > 0) {
    throw new OpsError(
      'TARGET_NOT_ACTIVE',
      `${switchedOff.length} target(s) of the run are switched off. Switch them on, or leave them out.`,
      { fields: switchedOff.slice(0, 20) },
    );
  }
};

const overrides = (
  keyRing: KeyRing,
  executionUuid: string,
  declared: readonly StoredVariable[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> => {
  const fields: FieldProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const variable = declared.find((candidate) => candidate.key === key);
    if (variable === undefined) {
      fields.push({ path: `variables.${key}`, message: 'the job declares no such variable' });
      continue;
    }
    fields.push(...valueProblem(variable.type, value, `variables.${key}`));
    if (value === null || value === undefined) continue;
    const place = { table: 'job_executions', uuid: executionUuid, column: `variables.${key}` };
    values[key] = variable.is_secret ? sealValue(keyRing, variableText(value), place) : value;
  }
  if (fields.length > 0) throw new OpsError('VALIDATION', 'The variables of the run do not fit the job.', { fields });
  const missing = declared.filter(
    (variable) =>
      variable.is_required && values[variable.key] === undefined && variable.value === undefined && variable.sealed === undefined,
  );
  if (missing.length > 0) {
    const problems = missing.map(({ key }) => ({ path: `variables.${key}`, message: 'is required and has no value' }));
    throw new OpsError('VARIABLE_MISSING', `The run lacks values for: ${missing.map(({ key }) => key).join(', ')}.`, { fields: problems });
  }
  return values;
};
