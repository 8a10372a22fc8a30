import type { Transaction } from 'sequelize';
import type { CreateJob, Job } from '../../contracts/job.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import type { Difference } from '../../domain/definition-diff.ts';
import { assertCalendars } from '../calendars/assert-calendars.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import type { Expected } from '../revision.ts';
import { checkCapabilities } from './check-capabilities.ts';
import { definitionOf } from './definition-of-job.ts';
import type { Kind } from './job-kind.ts';
import { jobDifferences } from './job-differences.ts';
import { writeTargets } from './job-targets.ts';
import { lockDefinition } from './lock-definition.ts';
import { auditedFacts, prepareDefinition } from './prepare-definition.ts';
import type { PreparedDefinition } from './prepare-definition.ts';
import { readJob } from './read-jobs.ts';
import { readStoredVersion, storedForm } from './stored-version.ts';
import { keepSecrets, storeVariables } from './stored-variables.ts';
import { jobValues, writeVersion } from './write-version.ts';

const PATHS_AUDITED = 50;

type Deps = Pick<ServiceDeps, 'db' | 'keyRing'>;

interface Row {
  id: number;
  jobUuid: string;
  definitionVersion: number;
  update: (values: object, options: { transaction: Transaction }) => Promise<unknown>;
}

interface Edit {
  kind: Kind;
  serial: string;
  prepared: PreparedDefinition;
  variables: StoredVariable[];
  action: string;
  details?: object;
}

/** Makes the next version, if anything of the definition is another. The list of targets is replaced when the input has one. @returns what is another */
const saveEdit = async (deps: Deps, caller: Caller, row: Row, edit: Edit, transaction: Transaction): Promise<Difference[]> => {
  const { db, keyRing } = deps;
  const { serial, prepared, variables, action } = edit;
  const { input, flat } = prepared;
  await assertCalendars(db, input.settings.calendars, 'settings.calendars', transaction);
  const before = await readStoredVersion(db, row, row.definitionVersion, transaction);
  const changed = jobDifferences(keyRing, row.jobUuid, before, storedForm(prepared, variables));
  if (changed.length === 0 && input.targets === undefined) return changed;
  const { definitionVersion: former } = row;
  let version = former;
  if (changed.length > 0) {
    const latest = await selectRow<{ version: number }>(
      db,
      'SELECT max(definition_version) AS version FROM job_versions WHERE job_id = $1',
      [row.id],
      transaction,
    );
    version = (latest?.version ?? 0) + 1;
    await writeVersion(prepared, variables, { jobId: row.id, version, userId: caller.userId, transaction });
    await row.update({ ...jobValues(input, variables), definitionVersion: version }, { transaction });
  }
  const list = input.targets && { targets: input.targets.length, ...(await writeTargets(db, row.id, input.targets, transaction)) };
  await checkCapabilities(db, row.id, flat, transaction);
  const { severity, details: facts } = auditedFacts(prepared);
  const event = { eventType: 'job_updated', action, severity, actor: caller.actor, resourceType: 'jobs', resourceId: serial } as const;
  const details = {
    version,
    before: former,
    changed: changed.slice(0, PATHS_AUDITED).map(({ path }) => path),
    ...list,
    ...edit.details,
    ...facts,
  };
  await recordAudit(db, keyRing.auditKey, { ...event, details }, transaction);
  return changed;
};

/** As updateJob, inside a transaction. @returns in what the new version differs from the one before, no secret in it; nothing, when there is none */
export const editJob = async (
  deps: Deps,
  caller: Caller,
  { kind, serial, prepared }: { kind: Kind; serial: string; prepared: PreparedDefinition },
  expected: Expected,
  transaction: Transaction,
): Promise<Difference[]> => {
  const { db, keyRing } = deps;
  const row = await lockDefinition(db, { kind, serial }, expected, transaction);
  const variables = keepSecrets(storeVariables(keyRing, row.jobUuid, prepared.input.variables), row.variables as StoredVariable[]);
  return saveEdit(deps, caller, row, { kind, serial, prepared, variables, action: `update_${kind}` }, transaction);
};

/**
 * An edit is a new version; runs keep the version that they began with. One that changes nothing makes none.
 * @throws OpsError NOT_FOUND, VALIDATION, CONFIRMATION_NEEDED, REVISION_MISMATCH, CONFLICT when a deploy manages it
 */
export const updateJob = async (
  deps: ServiceDeps,
  caller: Caller,
  kind: Kind,
  serial: string,
  input: CreateJob,
  expected?: Expected,
): Promise<Job> => {
  authorize(caller, 'jobs.write');
  const { db } = deps;
  const prepared = prepareDefinition(input, await deps.readSettings());
  return db.transaction(async (transaction) => {
    await editJob(deps, caller, { kind, serial, prepared }, expected, transaction);
    // Later it may be another's version.
    return readJob(db, serial, { kind }, transaction);
  });
};

/**
 * Makes a former version the next one: its definition with its secrets, as it was; the list of targets stays.
 * @throws OpsError NOT_FOUND, VALIDATION or CONFIRMATION_NEEDED for one that could not be saved today, REVISION_MISMATCH, CONFLICT
 */
export const restoreJobVersion = async (
  deps: ServiceDeps,
  caller: Caller,
  { kind, serial, version }: { kind: Kind; serial: string; version: number },
  changeNote: string | undefined,
  expected?: Expected,
): Promise<Job> => {
  authorize(caller, 'jobs.write');
  const { db } = deps;
  const known = await deps.readSettings();
  return db.transaction(async (transaction) => {
    const row = await lockDefinition(db, { kind, serial }, expected, transaction);
    const former = await readJob(db, serial, { kind, version }, transaction);
    const input = { ...definitionOf(former), change_note: changeNote ?? `Restored from version ${version}.` };
    const { variables } = await readStoredVersion(db, row, version, transaction);
    const prepared = prepareDefinition(input, known);
    const edit = { kind, serial, prepared, variables, action: `restore_${kind}`, details: { restored: version } };
    await saveEdit(deps, caller, row, edit, transaction);
    return readJob(db, serial, { kind }, transaction);
  });
};
