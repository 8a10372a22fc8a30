import { randomUUID } from 'node:crypto';
import type { Transaction } from 'sequelize';
import type { StoredVariable } from '../../db/load-definition.ts';
import { JobModel } from '../../db/models/jobs/jobs.ts';
import { nextSerials } from '../../db/next-serial.ts';
import { execute } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { assertCalendars } from '../calendars/assert-calendars.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { checkCapabilities } from './check-capabilities.ts';
import type { Kind } from './job-kind.ts';
import { copyTargets, writeTargets } from './job-targets.ts';
import { auditedFacts } from './prepare-definition.ts';
import type { PreparedDefinition } from './prepare-definition.ts';
import { jobValues, writeVersion } from './write-version.ts';

export interface NewJob {
  kind: Kind;
  prepared: PreparedDefinition;
  /** The variables as they are stored; secrets are sealed for the uuid of the new job. */
  variablesFor: (jobUuid: string) => StoredVariable[];
  /** Id of the job whose list it gets; its input may name others. */
  targetsOf?: number;
  templateId?: number;
  /** What was done, and from what, for the audit. */
  action: string;
  details?: object;
}

/** Makes a job or a template, at version 1. @returns its serial. @throws OpsError VALIDATION */
export const insertJob = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  caller: Caller,
  { kind, prepared, variablesFor, targetsOf, templateId, action, details: origin = {} }: NewJob,
  transaction: Transaction,
): Promise<string> => {
  const { input, flat } = prepared;
  await assertCalendars(db, input.settings.calendars, 'settings.calendars', transaction);
  const jobUuid = randomUUID();
  const variables = variablesFor(jobUuid);
  const [jobSerial = ''] = await nextSerials(db, 'job', 1, transaction);
  const values = { ...jobValues(input, variables), isTemplate: kind === 'template', templateId: templateId ?? null };
  const row = await JobModel.create({ ...values, jobUuid, jobSerial, createdBy: caller.userId }, { transaction });
  await writeVersion(prepared, variables, { jobId: row.id, version: 1, userId: caller.userId, transaction });
  if (input.targets !== undefined) await writeTargets(db, row.id, input.targets, transaction);
  else if (targetsOf !== undefined) await copyTargets(db, targetsOf, row.id, transaction);
  await checkCapabilities(db, row.id, flat, transaction);
  await execute(
    db,
    `INSERT INTO job_execution_logs (job_id, log_phase, log_category, log_message) VALUES ($1, 'creation', 'system', $2)`,
    [row.id, `Created by ${caller.username}.`],
    transaction,
  );
  const { severity, details } = auditedFacts(prepared);
  const event = { eventType: 'job_created', action, severity, actor: caller.actor, resourceType: 'jobs', resourceId: jobSerial } as const;
  const facts = { name: input.name, actions: flat.length, targets: input.targets?.length ?? 0, ...origin, ...details };
  await recordAudit(db, keyRing.auditKey, { ...event, details: facts }, transaction);
  return jobSerial;
};
