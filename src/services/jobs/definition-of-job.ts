import { CreateJob } from '../../contracts/job.ts';
import type { Action, Job } from '../../contracts/job.ts';
import { schemaProblems } from '../../contracts/schema-problems.ts';
import { CONTROL_TYPES } from '../../domain/check-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';

type Shown = Omit<Action, 'action_order'> & { action_order?: number };

const isActions = (value: unknown): value is Shown[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);

const BODIES = ['then', 'else', 'loop', 'actions'];

const parametersOf = ({ action_type: type, action_parameters: parameters }: Shown): object => {
  if (type !== 'condition' && type !== 'parallel') return parameters;
  const fields = Object.entries(parameters).map(([field, value]) => [
    field,
    BODIES.includes(field) && isActions(value) ? value.map(inputOf) : field === 'cases' ? casesOf(value) : value,
  ]);
  return Object.fromEntries(fields);
};

const inputOf = (shown: Shown): object => {
  const { action_order: _, retry_count: retries, timeout_seconds: limit, rollback, ...action } = shown;
  return {
    ...action,
    ...(!CONTROL_TYPES.has(action.action_type) && { timeout_seconds: limit }),
    ...(retries !== null && { retry_count: retries }),
    action_parameters: parametersOf(shown),
    rollback: isActions(rollback) ? rollback.map(inputOf) : [],
  };
};

const casesOf = (cases: unknown): object =>
  Object.fromEntries(Object.entries(cases ?? {}).map(([text, actions]) => [text, isActions(actions) ? actions.map(inputOf) : actions]));

/** As definitionOf, of one that was made when more was allowed, too. */
export const uncheckedDefinitionOf = (job: Omit<Job, 'targets'>): object => {
  const { name, description, priority, timeout_seconds, retry_count, variables, settings, target_selector } = job;
  const head = { name, description, priority, timeout_seconds, retry_count, variables, settings, target_selector };
  return { ...head, actions: job.actions.map(inputOf) };
};

/**
 * The definition by which a job as it is shown would be made again, without its targets and secrets.
 * @throws OpsError VALIDATION for one that was made when more was allowed.
 */
export const definitionOf = (job: Job): CreateJob => {
  const parsed = CreateJob.safeParse(uncheckedDefinitionOf(job));
  if (parsed.success) return parsed.data;
  const fields = schemaProblems(parsed.error).slice(0, 20);
  throw new OpsError(
    'VALIDATION',
    `Version ${job.definition_version} of ${job.job_serial} is not one that could be saved today: ${fields[0]?.path}: ${fields[0]?.message}. Save it anew.`,
    { fields },
  );
};
