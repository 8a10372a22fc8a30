import type { Transaction } from 'sequelize';
import type { ActionInput } from '../../contracts/actions/index.ts';
import { JobType } from '../../contracts/enums.ts';
import type { CreateJob } from '../../contracts/job.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { JobVersionModel } from '../../db/models/jobs/job-versions.ts';
import type { PreparedDefinition } from './prepare-definition.ts';
import { writeActions } from './write-actions.ts';

const jobTypeOf = (actions: readonly ActionInput[]): JobType => {
  const kinds = new Set(actions.map((action) => action.action_type));
  const [only] = kinds;
  const kind = JobType.safeParse(only);
  return kinds.size === 1 && kind.success ? kind.data : 'composite';
};

/** The head of a version as it is stored. */
export const headOf = (input: CreateJob, variables: readonly StoredVariable[]) => {
  const { name, description, priority, timeout_seconds, retry_count, settings, target_selector } = input;
  return {
    name,
    description,
    priority,
    timeout_seconds,
    retry_count,
    variables: [...variables],
    settings,
    ...(target_selector !== null && { target_selector }),
  };
};

/** Columns of the job that mirror its current version. */
export const jobValues = (input: CreateJob, variables: readonly StoredVariable[]) => ({
  name: input.name,
  description: input.description,
  jobType: jobTypeOf(input.actions),
  priority: input.priority,
  timeoutSeconds: input.timeout_seconds,
  retryCount: input.retry_count,
  variables: [...variables],
  settings: { ...input.settings },
  targetSelector: input.target_selector,
});

/** Stores one version: its head and its actions. */
export const writeVersion = async (
  { input, flat, defaults }: PreparedDefinition,
  variables: readonly StoredVariable[],
  { jobId, version, userId, transaction }: { jobId: number; version: number; userId: number; transaction: Transaction },
): Promise<void> => {
  const definition = headOf(input, variables);
  const changeNote = input.change_note ?? null;
  await JobVersionModel.create({ jobId, definitionVersion: version, definition, changeNote, createdBy: userId }, { transaction });
  await writeActions(flat, { jobId, version, defaults, transaction });
};
