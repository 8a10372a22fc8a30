import type { CreateJob, Job } from '../../contracts/job.ts';
import type { CloneJob, CloneTemplate, JobFromTemplate } from '../../contracts/job-template.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { JobModel } from '../../db/models/jobs/jobs.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { definitionOf } from './definition-of-job.ts';
import { insertJob } from './insert-job.ts';
import type { Kind } from './job-kind.ts';
import { prepareDefinition } from './prepare-definition.ts';
import { readJob } from './read-jobs.ts';
import { readStoredVersion } from './stored-version.ts';
import { keepSecrets, sealForJob, storeVariables } from './stored-variables.ts';

interface Copy {
  /** What is copied. */
  from: { kind: Kind; serial: string };
  /** What it becomes. */
  kind: Kind;
  action: string;
  /** The definition of the copy, made of that of the original. */
  change: (input: CreateJob) => CreateJob;
  /** The copy goes over the list of the original, unless it names targets. */
  copiesTargets: boolean;
}

const copy = async (deps: ServiceDeps, caller: Caller, { from, kind, action, change, copiesTargets }: Copy): Promise<Job> => {
  authorize(caller, 'jobs.write');
  const { db, keyRing } = deps;
  const known = await deps.readSettings();
  const made = await db.transaction(async (transaction) => {
    const where = { jobSerial: from.serial, deletedAt: null, isTemplate: from.kind === 'template' };
    const row = await JobModel.findOne({ where, transaction, lock: transaction.LOCK.SHARE });
    if (row === null) throw new OpsError('NOT_FOUND', `There is no ${from.kind} ${from.serial}.`);
    const prepared = prepareDefinition(change(definitionOf(await readJob(db, from.serial, { kind: from.kind }, transaction))), known);
    const stored = await readStoredVersion(db, row, row.definitionVersion, transaction);
    const variablesFor = (jobUuid: string): StoredVariable[] =>
      keepSecrets(storeVariables(keyRing, jobUuid, prepared.input.variables), sealForJob(keyRing, stored.variables, row.jobUuid, jobUuid));
    const details = { from: from.serial, version: row.definitionVersion };
    const isFromTemplate = from.kind === 'template' && kind === 'job';
    const origin = isFromTemplate ? { templateId: row.id } : row.templateId === null ? {} : { templateId: row.templateId };
    const list = copiesTargets ? { targetsOf: row.id } : {};
    return insertJob(deps, caller, { kind, prepared, variablesFor, action, details, ...origin, ...list }, transaction);
  });
  return readJob(db, made, { kind });
};

/** A new job like this one, secrets included. @throws OpsError NOT_FOUND, VALIDATION, CONFIRMATION_NEEDED */
export const cloneJob = (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  { target_selector: selector, ...changes }: CloneJob,
): Promise<Job> =>
  copy(deps, caller, {
    from: { kind: 'job', serial },
    kind: 'job',
    action: 'clone_job',
    copiesTargets: true,
    change: (input) => ({ ...input, ...changes, ...(selector !== undefined && { target_selector: selector }) }),
  });

/** A new template like this one. @throws OpsError NOT_FOUND, VALIDATION, CONFIRMATION_NEEDED */
export const cloneJobTemplate = (deps: ServiceDeps, caller: Caller, serial: string, changes: CloneTemplate): Promise<Job> =>
  copy(deps, caller, {
    from: { kind: 'template', serial },
    kind: 'template',
    action: 'clone_template',
    copiesTargets: false,
    change: (input) => ({ ...input, ...changes }),
  });

const withParameters = (input: CreateJob, parameters: Readonly<Record<string, unknown>>): CreateJob['variables'] => {
  const unknown = Object.keys(parameters).filter((key) => !input.variables.some((variable) => variable.key === key));
  const fields = unknown.map((key): FieldProblem => ({ path: `parameters.${key}`, message: 'the template declares no such variable' }));
  if (fields.length > 0) throw new OpsError('VALIDATION', `The template does not know ${unknown.join(', ')}.`, { fields });
  return input.variables.map((variable) => {
    const value = parameters[variable.key];
    return value === undefined ? variable : { ...variable, value: value as CreateJob['variables'][number]['value'] };
  });
};

/**
 * A job by the pattern of a template: its definition, with values for its variables. Later edits of the template do not change it.
 * @throws OpsError NOT_FOUND, VALIDATION, CONFIRMATION_NEEDED
 */
export const createJobFromTemplate = (
  deps: ServiceDeps,
  caller: Caller,
  serial: string,
  { parameters = {}, description, target_selector: selector = null, ...changes }: JobFromTemplate,
): Promise<Job> =>
  copy(deps, caller, {
    from: { kind: 'template', serial },
    kind: 'job',
    action: 'create_job_from_template',
    copiesTargets: false,
    change: (input) => ({
      ...input,
      ...changes,
      ...(description !== undefined && { description }),
      target_selector: selector,
      variables: withParameters(input, parameters),
    }),
  });
