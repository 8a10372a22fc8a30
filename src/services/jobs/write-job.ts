import type { Transaction } from 'sequelize';
import type { CreateJob, Job } from '../../contracts/job.ts';
import type { CreateTemplate } from '../../contracts/job-template.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Expected } from '../revision.ts';
import { removeSchedulesOf } from '../schedules/remove-with-job.ts';
import { settleSoon } from '../schedules/settle-soon.ts';
import { insertJob } from './insert-job.ts';
import { titleOf } from './job-kind.ts';
import type { Kind } from './job-kind.ts';
import { lockDefinition } from './lock-definition.ts';
import { prepareDefinition } from './prepare-definition.ts';
import { readJob } from './read-jobs.ts';
import { storeVariables } from './stored-variables.ts';

const create = async (deps: ServiceDeps, caller: Caller, kind: Kind, input: CreateJob): Promise<Job> => {
  authorize(caller, 'jobs.write');
  const { db, keyRing } = deps;
  const prepared = prepareDefinition(input, await deps.readSettings());
  const variablesFor = (jobUuid: string) => storeVariables(keyRing, jobUuid, input.variables);
  const made = { kind, prepared, variablesFor, action: `create_${kind}` };
  const serial = await db.transaction((transaction) => insertJob(deps, caller, made, transaction));
  return readJob(db, serial, { kind });
};

/** @throws OpsError VALIDATION, CONFIRMATION_NEEDED; nothing is written then. */
export const createJob = (deps: ServiceDeps, caller: Caller, input: CreateJob): Promise<Job> => create(deps, caller, 'job', input);

/** A pattern for jobs; it has no targets and never runs. @throws OpsError VALIDATION, CONFIRMATION_NEEDED */
export const createJobTemplate = (deps: ServiceDeps, caller: Caller, input: CreateTemplate): Promise<Job> =>
  create(deps, caller, 'template', { ...input, target_selector: null });

/** As deleteJob, inside a transaction. @returns ids of its schedules, which are deleted with it: the reconciler tells Temporal, if nobody does before. */
export const removeJob = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  { kind, serial }: { kind: Kind; serial: string },
  expected: Expected,
  transaction: Transaction,
): Promise<number[]> => {
  const row = await lockDefinition(db, { kind, serial }, expected, transaction);
  const open = await selectRow(
    db,
    `SELECT 1 AS open FROM job_executions WHERE job_id = $1 AND status IN ('scheduled', 'running') LIMIT 1`,
    [row.id],
    transaction,
  );
  if (open !== undefined) throw new OpsError('CONFLICT', `${titleOf(kind)} ${serial} has a run that has not ended. Cancel the run first.`);
  await row.update({ deletedAt: new Date() }, { transaction });
  const schedules = await removeSchedulesOf({ db, keyRing }, caller, { id: row.id, serial }, transaction);
  const event = {
    eventType: 'job_deleted',
    action: `delete_${kind}`,
    actor: caller.actor,
    resourceType: 'jobs',
    resourceId: serial,
  } as const;
  await recordAudit(db, keyRing.auditKey, event, transaction);
  return schedules;
};

/**
 * Soft delete: the record of its runs stays, and so do jobs that were made from a template. Its schedules go with it.
 * @throws OpsError NOT_FOUND, REVISION_MISMATCH, CONFLICT while it runs, or when a deploy manages it or one of its schedules
 */
export const deleteJob = async (deps: ServiceDeps, caller: Caller, kind: Kind, serial: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'jobs.write');
  const schedules = await deps.db.transaction((transaction) => removeJob(deps, caller, { kind, serial }, expected, transaction));
  await settleSoon(deps, schedules);
};
