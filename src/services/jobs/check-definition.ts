import type { CreateJob } from '../../contracts/job.ts';
import type { Settings } from '../../contracts/settings.ts';
import { referenceProblems } from '../../domain/check-references.ts';
import { dangerousActions } from '../../domain/dangerous-actions.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';

const PROBLEMS_SHOWN = 20;

type Definition = Pick<CreateJob, 'variables' | 'settings'>;

/** What the texts of a job refer to and what will not be there. */
export const missingReferences = (flat: readonly FlatAction[], { variables, settings }: Definition): FieldProblem[] =>
  referenceProblems(
    flat,
    variables.map(({ key }) => key),
    settings.environment,
  );

/**
 * Holds what the texts of a job refer to against what there will be, and asks for a confirmation of dangerous actions.
 * @returns what is dangerous and was confirmed, for the audit
 * @throws OpsError VALIDATION, CONFIRMATION_NEEDED, each problem with its place
 */
export const checkDefinition = (
  flat: readonly FlatAction[],
  definition: Definition,
  { dangerous_command_patterns: patterns }: Pick<Settings, 'dangerous_command_patterns'>,
): string[] => {
  const fields = missingReferences(flat, definition);
  const [first] = fields;
  if (first !== undefined)
    throw new OpsError('VALIDATION', `The job refers to what is not there: ${first.path}: ${first.message}.`, {
      fields: fields.slice(0, PROBLEMS_SHOWN),
    });
  const dangerous = dangerousActions(flat, patterns);
  const [worst] = dangerous;
  if (worst !== undefined && definition.settings.confirm_dangerous !== true)
    throw new OpsError(
      'CONFIRMATION_NEEDED',
      `${worst.path}: ${worst.message}. Look at it again; if it is meant, set confirm_dangerous in the settings of the job to true.`,
      { fields: dangerous.slice(0, PROBLEMS_SHOWN) },
    );
  return dangerous.map(({ path, message }) => `${path}: ${message}`);
};
