import { randomUUID } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import type { JobSettings, StartExecution } from '../../contracts/job.ts';
import type { Execution } from '../../contracts/execution.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectPrepared } from '../../db/query.ts';
import { sealValue } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { variableText } from '../../domain/template/value.ts';
import type { ExecutionTrigger } from '../../contracts/enums.ts';
import type { Actor } from '../../db/record-audit.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertNoMaintenance } from '../settings/maintenance.ts';
import { checkNamedTargets } from '../jobs/check-capabilities.ts';
import { acceptRun } from './accept-runs.ts';
import type { CheckedRun } from './accept-runs.ts';
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
  /** That the same key has made before. */
  known_run: string | null;
}

/** So often a job may be changed while a run of it is checked; then whoever changes it is to blame. */
const MOST_CHECKS = 5;

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
  const settings = await deps.readSettings();
  assertNoMaintenance(settings);
  const key = idempotencyKey === undefined ? null : `${caller.userUuid}/${idempotencyKey}`;
  const triggerType = caller.actor.type === 'api_token' ? 'api' : 'manual';
  const starter = { userId: caller.userId, actor: caller.actor, triggerType } as const;
  const serial = await acceptChecked(deps, starter, jobSerial, { input, key, defaultWindow: settings.max_concurrent_targets });
  deps.notifyRun(serial);
  const execution = await readExecution(db, serial);
  if (execution.status === 'scheduled' && execution.run_id === null) {
    deps.startSoon(execution.workflow_id, serial, execution.trigger_type);
    deps.notifyRun(serial);
  }
  return execution;
};

/** In whose name a run is started, and by what. */
export interface Starter {
  userId: number;
  actor: Actor;
  triggerType: ExecutionTrigger;
}

interface Wanted {
  input: StartExecution;
  /** The same key meets the same run. */
  key: string | null;
  defaultWindow: number;
}

const notThere = (serial: string): OpsError => new OpsError('NOT_FOUND', `There is no job ${serial} that can run.`);

/**
 * Checks without a lock, which starts of the same job would queue up for, and again when the job is another one by then.
 * @returns the serial of the run, whose row is written. @throws OpsError as startExecution
 */
export const acceptChecked = async (
  deps: Pick<ServiceDeps, 'db' | 'keyRing'>,
  starter: Starter,
  jobSerial: string,
  wanted: Wanted,
): Promise<string> => {
  for (let check = 1; check <= MOST_CHECKS; check += 1) {
    const job = await readJobHead(deps.db, jobSerial, wanted.key);
    if (job.known_run !== null) return job.known_run;
    const accepted = await acceptRun(deps, job.id, await checkRun(deps, starter, job, wanted));
    if (accepted === 'gone') throw notThere(jobSerial);
    if (accepted === 'changed') continue;
    if ('error' in accepted) throw accepted.error;
    return accepted.serial;
  }
  throw new OpsError(
    'UNAVAILABLE',
    `Job ${jobSerial} is being changed again and again: it was another one each time when its run was to be written. Nothing was started.`,
    {
      retryAfterSeconds: 1,
    },
  );
};

const readJobHead = async (db: Sequelize, jobSerial: string, key: string | null): Promise<JobHead> => {
  const job = await selectPrepared<JobHead>(
    db,
    'job_to_run',
    `SELECT id, job_serial, definition_version, variables, settings, target_selector,
       (SELECT e.execution_serial FROM job_executions e WHERE e.job_id = j.id AND e.idempotency_key = $2) AS known_run
     FROM jobs j WHERE job_serial = $1 AND deleted_at IS NULL AND NOT is_template`,
    [jobSerial, key],
  );
  if (job === undefined) throw notThere(jobSerial);
  return job;
};

const checkRun = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  { userId, actor, triggerType }: Starter,
  job: JobHead,
  { input, key, defaultWindow }: Wanted,
): Promise<CheckedRun> => {
  const executionUuid = randomUUID();
  const targetSelection = await selectTargets(db, job, input);
  await checkNamedTargets(db, job, targetSelection.target_uuids);
  const variables = sealSecrets(keyRing, executionUuid, job.variables, valuesOfRun(job.variables, input.variables ?? {}));
  await checkValues(db, job, variables);
  return {
    version: job.definition_version,
    idempotencyKey: key,
    executionUuid,
    triggerType,
    userId,
    variables,
    targetSelection,
    rollout: input.rollout ?? job.settings.rollout ?? {},
    maxConcurrentTargets: input.max_concurrent_targets ?? job.settings.max_concurrent_targets ?? defaultWindow,
    actor,
    details: {
      job: job.job_serial,
      targets: input.targets?.length ?? 'all',
      ...(input.selector !== undefined && { selector: input.selector }),
      ...(job.target_selector !== null && { job_selector: job.target_selector }),
      variables: Object.keys(input.variables ?? {}),
    },
  };
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
