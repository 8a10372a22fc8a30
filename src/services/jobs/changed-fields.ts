import type { CreateJob, Job } from '../../contracts/job.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';

const FIELDS = [
  'name',
  'description',
  'priority',
  'timeout_seconds',
  'retry_count',
  'settings',
  'variables',
  'actions',
  'targets',
] as const;

/** Names of what an edit changed of a job, for the audit; the versions themselves are kept. A secret that is given anew counts as changed. */
export const changedFields = (before: Job, after: Job, { variables }: Pick<CreateJob, 'variables'>): string[] => {
  const givesSecret = variables.some(({ is_secret: isSecret, value }) => isSecret && value !== null && value !== undefined);
  return FIELDS.filter((field) => (field === 'variables' && givesSecret) || canonicalJson(before[field]) !== canonicalJson(after[field]));
};
