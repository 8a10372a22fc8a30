import type { StoredVariable } from '../../db/load-definition.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { valueProblem } from '../../domain/variable-problems.ts';
import { createBoundedMatch } from '../jobs/bounded-match.ts';

/**
 * The values that are given to a run in place of those of its job.
 * @throws OpsError VALIDATION, VARIABLE_MISSING
 */
export const valuesOfRun = (declared: readonly StoredVariable[], given: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const matches = createBoundedMatch();
  const fields: FieldProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const variable = declared.find((candidate) => candidate.key === key);
    if (variable === undefined) {
      fields.push({ path: `variables.${key}`, message: 'the job declares no such variable' });
      continue;
    }
    const message = valueProblem(variable, value, matches);
    if (message !== undefined) fields.push({ path: `variables.${key}`, message });
    if (value !== null && value !== undefined) values[key] = value;
  }
  if (fields.length > 0) throw new OpsError('VALIDATION', 'The variables of the run do not fit the job.', { fields });
  const missing = declared.filter(
    (variable) =>
      variable.is_required && values[variable.key] === undefined && variable.value === undefined && variable.sealed === undefined,
  );
  if (missing.length > 0) {
    const problems = missing.map(({ key }) => ({ path: `variables.${key}`, message: 'is required and has no value' }));
    throw new OpsError('VARIABLE_MISSING', `The run lacks values for: ${missing.map(({ key }) => key).join(', ')}.`, { fields: problems });
  }
  return values;
};
