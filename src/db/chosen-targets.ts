import { parseSelector } from '../domain/selector.ts';
import type { Bind } from './query.ts';
import { selectorCondition } from './selector-sql.ts';

/** What decides which targets a run goes over that names none. */
export interface TargetChoice {
  jobId: number;
  /** Of the version that runs: these are the job's besides those of its list. */
  jobSelector: string | null;
  /** Of the run: of the job's targets only these; of a job without any, these. */
  runSelector: string | null;
}

/** Part of a statement, and its values. */
interface Condition {
  sql: string;
  bind: Bind;
}

/** The condition of being a target of a job: on its list, or chosen by its selector. @param first number of the first free `$n` */
export const ofJobCondition = ({ jobId, jobSelector }: Omit<TargetChoice, 'runSelector'>, target: string, first: number): Condition => {
  const listed = `SELECT target_id FROM job_targets WHERE job_id = $${first}`;
  if (jobSelector === null) return { sql: `${target}.id IN (${listed})`, bind: [jobId] };
  const selected = selectorCondition(parseSelector(jobSelector, 'target_selector'), 's', first + 1);
  const union = `${listed} UNION SELECT s.id FROM universal_targets s WHERE s.is_active AND ${selected.sql}`;
  return { sql: `${target}.id IN (${union})`, bind: [jobId, ...selected.bind] };
};

/**
 * The condition that the targets of a run meet, also those that are switched off.
 * @param target alias of universal_targets. @param first number of the first `$n` that is free in the statement
 */
export const chosenCondition = (choice: TargetChoice, target: string, first: number): Condition => {
  const { jobSelector, runSelector } = choice;
  const ofJob = ofJobCondition(choice, target, first);
  if (runSelector === null) return ofJob;
  const isFree = jobSelector === null ? ` OR NOT EXISTS (SELECT 1 FROM job_targets WHERE job_id = $${first})` : '';
  const narrowed = selectorCondition(parseSelector(runSelector), target, first + ofJob.bind.length);
  return { sql: `(${target}.is_active AND (${ofJob.sql}${isFree}) AND ${narrowed.sql})`, bind: [...ofJob.bind, ...narrowed.bind] };
};
