import { randomUUID } from 'node:crypto';
import type { Sequelize, Transaction } from 'sequelize';
import type { ActionInput } from '../../contracts/actions/index.ts';
import type { CreateJob, Job } from '../../contracts/job.ts';
import { JobType } from '../../contracts/enums.ts';
import { JobModel } from '../../db/models/jobs/jobs.ts';
import { JobVersionModel } from '../../db/models/jobs/job-versions.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { nextSerials } from '../../db/next-serial.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { changedFields } from './changed-fields.ts';
import { checkActions } from './check-actions.ts';
import { checkCapabilities } from './check-capabilities.ts';
import { checkDefinition } from './check-definition.ts';
import { weakConnections } from './connection-weaknesses.ts';
import type { Expected } from '../revision.ts';
import { assertJobRevision } from './job-revision.ts';
import { readJob } from './read-jobs.ts';
import { storeVariables, valueProblem } from './stored-variables.ts';
import { writeActions } from './write-actions.ts';

const DEFAULT_RETRY_DELAY_SECONDS = 5;

const jobTypeOf = (actions: readonly ActionInput[]): JobType => {
  const kinds = new Set(actions.map((action) => action.action_type));
  const [only] = kinds;
  const kind = JobType.safeParse(only);
  return kinds.size === 1 && kind.success ? kind.data : 'composite';
};

const checkVariables = (input: CreateJob): void => {
  const fields = input.variables.flatMap((variable, index) => valueProblem(variable.type, variable.value, `variables.${index}.value`));
  if (fields.length > 0) throw new OpsError('VALIDATION', 'The value of a variable does not fit its type.', { fields });
};

/** @throws OpsError VALIDATION naming the first serials that are unknown. */
const targetIds = async (db: Sequelize, serials: readonly string[], transaction: Transaction): Promise<number[]> => {
  const rows = await selectRows<{ id: number; target_serial: string }>(
    db,
    'SELECT id, target_serial FROM universal_targets WHERE is_active AND target_serial = ANY($1::text[])',
    [serials],
    transaction,
  );
  const idOf = new Map(rows.map((row) => [row.target_serial, row.id]));
  const unknown = serials.flatMap((serial, index) =>
    idOf.has(serial) ? [] : [{ path: `targets.${index}`, message: `there is no target ${serial}` }],
  );
  if (unknown.length > 0)
    throw new OpsError('VALIDATION', `The job names ${unknown.length} target(s) that do not exist.`, { fields: unknown.slice(0, 20) });
  return [...new Set(serials.flatMap((serial) => idOf.get(serial) ?? []))];
};

const writeTargets = async (db: Sequelize, jobId: number, serials: readonly string[], transaction: Transaction): Promise<void> => {
  const ids = await targetIds(db, serials, transaction);
  await db.query('DELETE FROM job_targets WHERE job_id = $1', { bind: [jobId], transaction });
  await db.query('INSERT INTO job_targets (job_id, target_id) SELECT $1, unnest($2::bigint[])', { bind: [jobId, ids], transaction });
};

const writeVersion = async (
  jobId: number,
  version: number,
  input: CreateJob,
  variables: readonly StoredVariable[],
  facts: { caller: Caller; flat: readonly FlatAction[]; defaultTimeoutSeconds: number; transaction: Transaction },
): Promise<void> => {
  const { transaction, defaultTimeoutSeconds, caller } = facts;
  const { name, description, priority, timeout_seconds, retry_count, settings } = input;
  const definition = { name, description, priority, timeout_seconds, retry_count, variables, settings };
  await JobVersionModel.create({ jobId, definitionVersion: version, definition, createdBy: caller.userId }, { transaction });
  const defaultRetryDelaySeconds = settings.retry_delay_seconds ?? DEFAULT_RETRY_DELAY_SECONDS;
  await writeActions(facts.flat, { jobId, version, defaultTimeoutSeconds, defaultRetryDelaySeconds, transaction });
};

const jobValues = (input: CreateJob, variables: readonly StoredVariable[]) => ({
  name: input.name,
  description: input.description,
  jobType: jobTypeOf(input.actions),
  priority: input.priority,
  timeoutSeconds: input.timeout_seconds,
  retryCount: input.retry_count,
  variables: [...variables],
  settings: { ...input.settings },
});

/** What of a definition an auditor has to see: what was confirmed, and connections that are not protected. */
const auditedFacts = (flat: readonly FlatAction[], dangerous: readonly string[]): { severity: 'low' | 'medium'; details: object } => {
  const weak = weakConnections(flat);
  return {
    severity: weak.length > 0 ? 'medium' : 'low',
    details: { ...(dangerous.length > 0 && { confirmed_dangerous: dangerous }), ...(weak.length > 0 && { weak_connections: weak }) },
  };
};

/** @throws OpsError VALIDATION; nothing is written then. */
export const createJob = async ({ db, keyRing, readSettings }: ServiceDeps, caller: Caller, input: CreateJob): Promise<Job> => {
  authorize(caller, 'jobs.write');
  checkVariables(input);
  const flat = checkActions(input);
  const known = await readSettings();
  const { command_timeout_seconds: defaultTimeoutSeconds } = known;
  const dangerous = checkDefinition(flat, input, known);
  const jobUuid = randomUUID();
  const variables = storeVariables(keyRing, jobUuid, input.variables);
  const serial = await db.transaction(async (transaction) => {
    const [jobSerial = ''] = await nextSerials(db, 'job', 1, transaction);
    const row = await JobModel.create({ ...jobValues(input, variables), jobUuid, jobSerial, createdBy: caller.userId }, { transaction });
    await writeVersion(row.id, 1, input, variables, { caller, flat, defaultTimeoutSeconds, transaction });
    if (input.targets !== undefined) await writeTargets(db, row.id, input.targets, transaction);
    await checkCapabilities(db, row.id, flat, transaction);
    await db.query(`INSERT INTO job_execution_logs (job_id, log_phase, log_category, log_message) VALUES ($1, 'creation', 'system', $2)`, {
      bind: [row.id, `Created by ${caller.username}.`],
      transaction,
    });
    const { severity, details } = auditedFacts(flat, dangerous);
    const event = {
      eventType: 'job_created',
      action: 'create_job',
      severity,
      actor: caller.actor,
      resourceType: 'jobs',
      resourceId: jobSerial,
      details: { name: input.name, actions: flat.length, targets: input.targets?.length ?? 0, ...details },
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
    return jobSerial;
  });
  return readJob(db, serial);
};

/** Secret variables that come without a value keep the one they have. */
const keepSecrets = (given: readonly StoredVariable[], before: readonly StoredVariable[]): StoredVariable[] =>
  given.map((variable) => {
    const known = before.find((other) => other.key === variable.key && other.is_secret && other.sealed !== undefined);
    return variable.is_secret && variable.sealed === undefined && known?.sealed !== undefined
      ? { ...variable, sealed: known.sealed }
      : variable;
  });

/** An edit is a new version; runs keep the version that they began with. @throws OpsError NOT_FOUND, VALIDATION, REVISION_MISMATCH */
export const updateJob = async (
  { db, keyRing, readSettings }: ServiceDeps,
  caller: Caller,
  serial: string,
  input: CreateJob,
  expected?: Expected,
): Promise<Job> => {
  authorize(caller, 'jobs.write');
  checkVariables(input);
  const flat = checkActions(input);
  const known = await readSettings();
  const { command_timeout_seconds: defaultTimeoutSeconds } = known;
  const dangerous = checkDefinition(flat, input, known);
  await db.transaction(async (transaction) => {
    const row = await JobModel.findOne({ where: { jobSerial: serial, deletedAt: null }, transaction, lock: true });
    if (row === null) throw new OpsError('NOT_FOUND', `There is no job ${serial}.`);
    await assertJobRevision({ db }, serial, expected, transaction);
    const before = await readJob(db, serial, undefined, transaction);
    const latest = await selectRow<{ version: number }>(
      db,
      'SELECT max(definition_version) AS version FROM job_versions WHERE job_id = $1',
      [row.id],
      transaction,
    );
    const version = (latest?.version ?? 0) + 1;
    const variables = keepSecrets(storeVariables(keyRing, row.jobUuid, input.variables), row.variables as StoredVariable[]);
    await writeVersion(row.id, version, input, variables, { caller, flat, defaultTimeoutSeconds, transaction });
    await row.update({ ...jobValues(input, variables), definitionVersion: version }, { transaction });
    if (input.targets !== undefined) await writeTargets(db, row.id, input.targets, transaction);
    await checkCapabilities(db, row.id, flat, transaction);
    const { severity, details } = auditedFacts(flat, dangerous);
    const event = {
      eventType: 'job_updated',
      action: 'update_job',
      severity,
      actor: caller.actor,
      resourceType: 'jobs',
      resourceId: serial,
    } as const;
    const changed = changedFields(before, await readJob(db, serial, undefined, transaction), input);
    await recordAudit(
      db,
      keyRing.auditKey,
      { ...event, details: { from_version: before.definition_version, version, changed, ...details } },
      transaction,
    );
  });
  return readJob(db, serial);
};

/** Soft delete: the record of its runs stays. @throws OpsError NOT_FOUND, REVISION_MISMATCH, CONFLICT while it runs */
export const deleteJob = async ({ db, keyRing }: ServiceDeps, caller: Caller, serial: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'jobs.write');
  await db.transaction(async (transaction) => {
    const row = await JobModel.findOne({ where: { jobSerial: serial, deletedAt: null }, transaction, lock: true });
    if (row === null) throw new OpsError('NOT_FOUND', `There is no job ${serial}.`);
    await assertJobRevision({ db }, serial, expected, transaction);
    const open = await selectRow(
      db,
      `SELECT 1 AS open FROM job_executions WHERE job_id = $1 AND status IN ('scheduled', 'running') LIMIT 1`,
      [row.id],
      transaction,
    );
    if (open !== undefined) throw new OpsError('CONFLICT', `Job ${serial} has a run that has not ended. Cancel the run first.`);
    await row.update({ deletedAt: new Date() }, { transaction });
    const event = {
      eventType: 'job_deleted',
      action: 'delete_job',
      actor: caller.actor,
      resourceType: 'jobs',
      resourceId: serial,
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
  });
};
